import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { encodeState } from '../../lib/checkpoint/codec.ts';
import { parseFast, parseSlow } from '../../lib/checkpoint/parse.ts';
import { settle } from '../../lib/checkpoint/settle.ts';
import { writeState } from '../../lib/checkpoint/write.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import { files, loads } from '../recordings/recording.ts';
import { cases } from '../support/effort.ts';

const now = systemClock.now();

/** The text of a state with one free-form value, one sheet order, and one typed value of any kind. */
function stateText(parts: { free: string; sheets: readonly string[]; typed: string }): string {
  const sheets = parts.sheets.map(key => `"${key}":{"sheet_num":1,"total_cost_usd":1}`);
  return `{"job_id":"case","job_name":"n","total_sheets":3,"config_snapshot":{"v":${parts.free}},"sheets":{${sheets.join(',')}},"total_estimated_cost":${parts.typed}}`;
}

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => JSON.stringify(value)),
  fc.constantFrom('1.0', '-0', '-0.0', '1e3', '1e-7', '1e400', '123456789012345678901234567890'),
  fc.constantFrom('9007199254740993', '0.5', '1E5', '12345678.25'),
);
const key = fc.oneof(fc.constantFrom('1', '2', '10', '01', 'a', '', '__proto__', '\\u0031'));
const { free } = fc.letrec<{ free: string }>(tie => ({
  free: fc.oneof(
    { maxDepth: 3 },
    number,
    fc.constantFrom('null', 'true', '"x\\"2\\":"', '"\\ud800"'),
    fc.array(tie('free'), { maxLength: 3 }).map(items => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(key, tie('free')), { maxLength: 4 })
      .map(entries => `{${entries.map(([name, item]) => `"${name}":${item}`).join(',')}}`),
  ),
}));
const text = fc
  .record({
    free,
    sheets: fc.array(fc.constantFrom('1', '2', '3', '10', '01', 'x'), { maxLength: 4 }),
    typed: number,
  })
  .map(stateText)
  .chain(compact => fc.constantFrom(compact, inLayout(compact)));

/** The same text with the indentation of files. The free-form values do not change, numbers included. */
function inLayout(compact: string): string {
  return compact
    .replace('{"job_id"', '{\n  "job_id"')
    .replace(',"sheets":{', ',\n  "sheets": {\n    ')
    .replace(/\},"total_estimated_cost"/, '\n  },\n  "total_estimated_cost"');
}

describe('parseFast()', () => {
  it('agrees with the exact path wherever it answers at all', () => {
    let answered = 0;
    fc.assert(
      fc.property(text, source => {
        const fast = parseFast(source, 'file');
        const exact = parseSlow(source, 'file');
        if (fast === null) return;
        answered++;
        expect(fast.ok).toBe(exact.ok);
        expect(fast.ok && written(fast)).toEqual(exact.ok && written(exact));
      }),
      { seed: 11, numRuns: cases(1500) },
    );
    expect(answered).toBeGreaterThan(cases(1500) / 5);
  });

  it.each([
    ['a float that is whole', '{"v": 1.0}'],
    ['an integer, which might be one', '{"v": 1}'],
    ['a large integer', '{"v": 123456789012345678901234567890}'],
    ['a small float', '{"v": 1e-7}'],
    ['keys that the engine sorts', '{"10": "a", "2": "b"}'],
    ['keys of two kinds', '{"a": "x", "2": "y"}'],
    ['escaped digits in keys', '{"\\u0032": "x", "1": "y"}'],
  ])('leaves %s to the exact path', (_, snapshot) => {
    const source = `{"job_id":"a","job_name":"n","total_sheets":1,"config_snapshot":${snapshot}}`;
    expect(parseFast(source, 'file')).toBeNull();
    const feedback = `{"1": {"sheet_num": 1, "agent_feedback": ${snapshot}}\n  }`;
    const layout = `{\n  "job_id":"a","job_name":"n","total_sheets":1,"sheets": ${feedback}}`;
    expect(parseFast(layout, 'file')).toBeNull();
  });

  it('answers for texts that need nothing more', () => {
    const source = stateText({ free: '"x"', sheets: ['1', '2', '3'], typed: '0.0' });
    expect(parseFast(source, 'file')).not.toBeNull();
  });

  it.each([
    ['is the last object', ''],
    ['is followed by another object', ',\n  "synthesis_results": {\n    "a": {}\n  }'],
  ])('answers for a job without sheets whose "sheets" %s', (_, rest) => {
    const source = `{\n  "job_id": "a",\n  "job_name": "n",\n  "total_sheets": 1,\n  "sheets": {}${rest}\n}`;
    expect(parseFast(source, 'file')).toEqual(parseSlow(source, 'file'));
  });

  it.each(files)('agrees with the exact path on $name', ({ text: source }) => {
    const exact = parseSlow(source, 'file');
    expect(exact.ok).toBe(true);
    expect(parseFast(source, 'file') ?? exact).toEqual(exact);
  });

  it.each(loads.filter(load => load.file !== null))('agrees on the load "$name"', load => {
    const exact = parseSlow(load.file ?? '', 'file');
    const fast = parseFast(load.file ?? '', 'file') ?? exact;
    expect(fast.ok).toBe(exact.ok);
    expect(fast.ok && written(fast)).toEqual(exact.ok && written(exact));
  });
});

describe('writeState()', () => {
  it('puts together what writeLayout() writes in one piece', () => {
    fc.assert(
      fc.property(text, source => {
        const parsed = parseSlow(source, 'file');
        if (!parsed.ok) return;
        const state = settle(parsed.value, now);
        const expected = writeLayout(state, 'word');
        expect(new TextDecoder().decode(writeState(state).toBytes())).toBe(expected);
        const other = { ...state, job_name: 'other' };
        expect(new TextDecoder().decode(writeState(other).toBytes())).toBe(
          writeLayout(other, 'word'),
        );
      }),
      { seed: 13, numRuns: cases(300) },
    );
  });
});

describe('encodeState()', () => {
  it('writes what is read back as the same bytes', () => {
    fc.assert(
      fc.property(text, source => {
        const first = parseSlow(source, 'file');
        if (!first.ok) return;
        const once = written(first);
        const again = parseSlow(once, 'file');
        expect(again.ok && written(again)).toBe(once);
      }),
      { seed: 12, numRuns: cases(600) },
    );
  });
});

function written(parsed: { value: Parameters<typeof encodeState>[0] }): string {
  return new TextDecoder().decode(encodeState(settle(parsed.value, now)).file);
}
