import { describe, expect, it } from 'vitest';
import { aFigure, aRun } from './a-run.ts';
import { pageWith } from './page.ts';

const PAGE =
  '# Title\n\n<!-- figures:begin -->\n\nold | figures\n\n<!-- figures:end -->\n\nThe end\n';
const RUN = aRun([aFigure({ value: 0.5 }), aFigure({ name: 'of no interest', goal: null })]);

describe('pageWith', () => {
  it('pageWith() replaces what is between the comments and nothing else', () => {
    const page = pageWith(PAGE, RUN);
    expect(page).toMatch(/^# Title\n\n<!-- figures:begin -->\n\nMeasured on 2026-01-02/);
    expect(page).toMatch(/\n\n<!-- figures:end -->\n\nThe end\n$/);
    expect(page).not.toContain('old | figures');
  });

  it('pageWith() gives the same page when it is called again', () => {
    expect(pageWith(pageWith(PAGE, RUN), RUN)).toBe(pageWith(PAGE, RUN));
  });

  it('pageWith() has a row for each figure with a goal', () => {
    const rows = pageWith(PAGE, RUN)
      .split('\n')
      .filter(line => line.startsWith('|'));
    expect(rows).toHaveLength(3);
    expect(rows[2]).toContain(
      '| GET, 32 connections, 14 KB | bare Hono | **0.50** | 0.50 to 0.50 | >= 0.75 |',
    );
  });

  it('pageWith() has the earlier value beside when there is an earlier run', () => {
    const page = pageWith(PAGE, RUN, aRun([aFigure({ value: 0.25 })]));
    expect(page).toContain('| bare Hono | 0.25 | **0.50** |');
  });

  it('pageWith() throws when the page has no place for the figures', () => {
    expect(() => pageWith('# Title\n', RUN)).toThrow('figures:begin');
  });
});
