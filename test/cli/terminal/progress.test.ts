import { describe, expect, it } from 'vitest';
import { createProgressDisplay } from '../../../functions/cli/terminal/progress.ts';

const COPYING = { title: 'Copying', unit: 'jobs' };
const VERIFYING = { title: 'Verifying', unit: 'jobs' };

function display(options: { readonly isTTY: boolean; readonly columns?: number }) {
  const written: string[] = [];
  let now = 0;
  const output = { ...options, write: (text: string) => written.push(text) };
  return {
    written,
    advance(ms: number) {
      now += ms;
    },
    ...createProgressDisplay(output, () => now),
  };
}

describe('createProgressDisplay()', () => {
  it('redraws a bar on a terminal', () => {
    const bar = display({ isTTY: true });
    bar.show({ ...COPYING, done: 0, total: 2 });
    bar.advance(100);
    bar.show({ ...COPYING, done: 1, total: 2 });
    bar.end();
    expect(bar.written).toEqual([
      `\rCopying   [${'-'.repeat(30)}] 0/2 0%\u001b[K`,
      `\rCopying   [${'#'.repeat(15)}${'-'.repeat(15)}] 1/2 50%\u001b[K`,
      '\n',
    ]);
  });

  it('does not wrap in a narrow terminal', () => {
    const bar = display({ isTTY: true, columns: 20 });
    bar.show({ ...VERIFYING, done: 1, total: 1 });
    expect(bar.written).toEqual([`\rVerifying [########\u001b[K`]);
  });

  it('assumes the usual width for a terminal without columns', () => {
    const bar = display({ isTTY: true, columns: 0 });
    bar.show({ ...COPYING, done: 0, total: 0 });
    expect(bar.written).toEqual([`\rCopying   [${'#'.repeat(30)}] 0/0 100%\u001b[K`]);
  });

  it('writes a line from time to time elsewhere, and one at each end', () => {
    const lines = display({ isTTY: false });
    lines.show({ ...COPYING, done: 0, total: 3 });
    lines.show({ ...COPYING, done: 1, total: 3 });
    lines.advance(10_000);
    lines.show({ ...COPYING, done: 2, total: 3 });
    lines.show({ ...COPYING, done: 3, total: 3 });
    lines.show({ ...VERIFYING, done: 0, total: 3 });
    lines.end();
    expect(lines.written).toEqual([
      'Copying: 0 of 3 jobs\n',
      'Copying: 2 of 3 jobs\n',
      'Copying: 3 of 3 jobs\n',
      'Verifying: 0 of 3 jobs\n',
    ]);
  });
});
