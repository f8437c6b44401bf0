import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spreadOf } from '../measure/spread.ts';
import { aFigure, aRun } from './a-run.ts';
import { compareRuns, hasWorsened } from './compare.ts';
import { comparisonTable } from './comparison-table.ts';
import { mergeFigures, readRun, writeRun } from './run-file.ts';

const of = (values: readonly number[], more = {}) =>
  aFigure({ spread: spreadOf(values), value: spreadOf(values).median, ...more });

function verdictOf(before: readonly number[], after: readonly number[], more = {}) {
  const [change] = compareRuns(aRun([of(before, more)]), aRun([of(after, more)]));
  return change?.verdict;
}

describe('compareRuns', () => {
  it('compareRuns() calls a ratio better when its middle half lies above', () => {
    expect(verdictOf([0.4, 0.5, 0.6], [0.8, 0.9, 1])).toBe('better');
    expect(verdictOf([0.8, 0.9, 1], [0.4, 0.5, 0.6])).toBe('worse');
  });

  it('compareRuns() calls it the same when the middle halves touch', () => {
    expect(verdictOf([0.1, 0.5, 0.9], [0.4, 0.8, 1.2])).toBe('same');
  });

  it('compareRuns() calls it the same when the medians are within 5 %, however narrow the spread', () => {
    expect(verdictOf([1, 1, 1], [0.96, 0.96, 0.96])).toBe('same');
    expect(verdictOf([1, 1, 1], [0.94, 0.94, 0.94])).toBe('worse');
  });

  it('compareRuns() wants less of seconds, bytes and operations', () => {
    expect(verdictOf([2, 2, 2], [1, 1, 1], { unit: 'seconds' })).toBe('better');
    expect(verdictOf([2, 2, 2], [3, 3, 3], { unit: 'bytes' })).toBe('worse');
  });

  it('compareRuns() has what only one of the runs has', () => {
    const before = aRun([aFigure({ name: 'old' }), aFigure({ name: 'both' })]);
    const after = aRun([aFigure({ name: 'both' }), aFigure({ name: 'young' })]);
    const verdicts = compareRuns(before, after).map(({ figure, verdict }) => [
      figure.name,
      verdict,
    ]);
    expect(verdicts).toEqual([
      ['both', 'same'],
      ['young', 'new'],
      ['old', 'gone'],
    ]);
  });

  it('compareRuns() does not mix up runtimes', () => {
    const before = aRun([aFigure({ runtime: 'deno', value: 1 })]);
    const after = aRun([aFigure({ runtime: 'node', value: 5 })]);
    expect(compareRuns(before, after).map(({ verdict }) => verdict)).toEqual(['new', 'gone']);
  });

  it('hasWorsened() is true for one worse figure among better ones', () => {
    const before = aRun([of([1, 1, 1], { name: 'a' }), of([1, 1, 1], { name: 'b' })]);
    const after = aRun([of([2, 2, 2], { name: 'a' }), of([0.5, 0.5, 0.5], { name: 'b' })]);
    const changes = compareRuns(before, after);
    expect(hasWorsened(changes)).toBe(true);
    expect(hasWorsened(changes.slice(0, 1))).toBe(false);
    expect(comparisonTable(changes)).toMatch(
      /b \/ bare Hono .*WORSE[^]*1 better, 1 worse, 0 the same/,
    );
  });
});

describe('run files', () => {
  function place(): string {
    const folder = mkdtempSync(join(tmpdir(), 'dalsegno-run-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return join(folder, 'run.json');
  }

  it('readRun() returns what writeRun() wrote, with null for NaN', () => {
    const path = place();
    const run = aRun([aFigure({ value: 0.5 })]);
    writeRun(path, { ...run, figures: [{ ...aFigure({ value: 0.5 }), value: NaN }] });
    expect(readRun(path)).toEqual({
      ...run,
      figures: [{ ...aFigure({ value: 0.5 }), value: null }],
    });
  });

  it('mergeFigures() keeps the sections that were not measured again', () => {
    const earlier = [aFigure({ section: 'get', name: 'old' }), aFigure({ section: 'save' })];
    const later = [aFigure({ section: 'get', name: 'new' })];
    const merged = mergeFigures(earlier, later).map(({ section, name }) => [section, name]);
    expect(merged).toEqual([
      ['save', aFigure().name],
      ['get', 'new'],
    ]);
  });

  it.each([
    ['{}', /is no run of the bench: format/],
    ['{', /is no JSON/],
  ])('readRun() says what is wrong when the file is %j', (text, message) => {
    const path = place();
    writeFileSync(path, text);
    expect(() => readRun(path)).toThrow(message);
  });
});
