import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const SECTIONS = ['get', 'save'];
const read = (...args: readonly string[]) => readOptions(args, SECTIONS);

describe('readOptions', () => {
  it('readOptions() measures everything on all runtimes by default', () => {
    expect(read()).toMatchObject({
      only: [],
      pace: { kind: 'full', million: false, runtimes: ['node', 'workerd', 'deno'] },
    });
  });

  it('readOptions() takes several sections and runtimes by commas', () => {
    expect(read('--only', 'save,get', '--runtime', 'deno,node', '--quick')).toMatchObject({
      only: ['save', 'get'],
      pace: { kind: 'quick', runtimes: ['node', 'deno'] },
    });
  });

  it.each([
    [['--only', 'git'], '--only does not know git: it takes get, save'],
    [['--runtime', 'bun'], '--runtime takes node, workerd, deno or all'],
    [['--rounds', '0'], '--rounds takes a whole number from 1'],
    [['--seconds', 'x'], '--seconds a number above 0'],
    [['--fast'], '--fast'],
    [['--merge'], '--merge wants a file: --json'],
  ])('readOptions() refuses %j', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });

  it('readOptions() takes the rounds of every figure', () => {
    expect(read('--rounds', '2')).toMatchObject({ pace: { rounds: 2, millis: 300 } });
  });

  it('readOptions() knows when help is wanted', () => {
    expect(read('--help')).toBe('help');
  });
});
