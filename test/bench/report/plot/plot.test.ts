import { describe, expect, it } from 'vitest';
import { aFigure, aRun } from '../a-run.ts';
import { plotOf } from './plot.ts';
import { element, text } from './svg.ts';

const POINTS = [
  { at: 10, wallMicros: 90, cpuMicros: 80, operations: 3 },
  { at: 10_000, wallMicros: 95, cpuMicros: 100, operations: 4 },
];
const SERIES = aFigure({
  section: 'growth',
  name: 'sheets: GET next-sheet, 10,000',
  against: 'at 10',
  unit: 'times',
  goal: { atMost: 3 },
  points: POINTS,
});
const RUN = aRun([
  aFigure(),
  aFigure({ name: 'a <b> & "c"', value: 40 }),
  aFigure({
    name: 'unmeasured',
    spread: { median: null, min: null, low: null, high: null, max: null },
  }),
  aFigure({ section: 'runtimes', runtime: 'deno', name: 'on Deno', goal: null }),
  aFigure({ name: 'without a goal', goal: null }),
  SERIES,
]);

/** The elements that are open at the end of a document, and whether one was ended that was not the last one begun. */
function openElements(svg: string): { open: string[]; crossed: string[] } {
  const open: string[] = [];
  const crossed: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g,
    (_, end, name, _attributes, empty) => {
      if (end === '/') crossed.push(...(open.pop() === name ? [] : [name]));
      else if (empty === '') open.push(name);
      return '';
    },
  );
  return { open, crossed: [...crossed, ...(rest.match(/<[^]{0,40}/) ?? [])] };
}

describe('plotOf', () => {
  it('plotOf() is well formed, whatever the names are', () => {
    expect(openElements(plotOf(RUN, RUN))).toEqual({ open: [], crossed: [] });
    expect(plotOf(RUN)).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
  });

  it('plotOf() has numbers for all places', () => {
    expect(plotOf(RUN, RUN)).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('plotOf() shows ratios with a goal, all of the runtimes, and series', () => {
    const svg = plotOf(RUN);
    expect(svg).toContain('GET, 32 connections, 14 KB');
    expect(svg).toContain('on Deno');
    expect(svg).toContain('80.0 µs → 100 µs, 3 → 4 ops');
    expect(svg).not.toContain('without a goal');
  });

  it('plotOf() has colours for light and for dark pages', () => {
    expect(plotOf(RUN)).toMatch(
      /@media \(prefers-color-scheme: dark\)[^]*\.ground \{ fill: #0d1117/,
    );
  });

  it('plotOf() ends a bar that is faster than the axis at its end', () => {
    const widths = [...plotOf(RUN).matchAll(/<rect x="400" [^>]*width="(\d+)/g)].map(Number);
    const bars = [...plotOf(RUN).matchAll(/<rect x="400" [^>]*width="([\d.]+)"/g)];
    expect(widths.length).toBeGreaterThan(0);
    expect(Math.max(...bars.map(([, width]) => Number(width)))).toBe(440);
  });

  it('plotOf() shows an earlier run as circles and dashed lines', () => {
    expect(plotOf(RUN)).not.toContain('class="before"');
    expect(plotOf(RUN, RUN)).toContain('class="before"');
    expect(plotOf(RUN, RUN)).toContain('class="old"');
  });

  it('plotOf() of a run without figures is a picture too', () => {
    expect(openElements(plotOf(aRun([])))).toEqual({ open: [], crossed: [] });
  });
});

describe('element', () => {
  it('element() refuses a place that is no number', () => {
    expect(() => element('rect', { x: Number.NaN })).toThrow(RangeError);
  });

  it('text() escapes what it says', () => {
    expect(text(1, 2, '<&>')).toBe('<text x="1" y="2" class="label">&lt;&amp;&gt;</text>');
  });
});
