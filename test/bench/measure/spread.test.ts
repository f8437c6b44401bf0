import { describe, expect, it } from 'vitest';
import { medianOf, quantileOf, spreadOf } from './spread.ts';

describe('spreadOf', () => {
  it('spreadOf() has the middle half between low and high, whatever the order', () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, min: 1, low: 2, high: 4, max: 5 });
  });

  it('spreadOf() takes the middle of two values for their median', () => {
    expect(spreadOf([1, 2])).toEqual({ median: 1.5, min: 1, low: 1.25, high: 1.75, max: 2 });
  });

  it('spreadOf() is NaN when there are no values', () => {
    expect(Object.values(spreadOf([]))).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
});

describe('quantiles', () => {
  it('quantileOf() lies on the line between two values', () => {
    expect(quantileOf([0, 10, 20], 0.99)).toBeCloseTo(19.8);
    expect(quantileOf([7], 0.99)).toBe(7);
  });

  it('medianOf() is not moved by one far value', () => {
    expect(medianOf([1, 2, 1000])).toBe(2);
  });
});
