import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState } from '../../lib/checkpoint/codec.ts';
import { nextSheet, progress } from '../../lib/checkpoint/progress.ts';
import { settle } from '../../lib/checkpoint/settle.ts';
import type { SheetState } from '../../lib/checkpoint/sheet.ts';
import { knownSheetText } from '../../lib/checkpoint/sheet-texts.ts';
import { applyUpdate, SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { knownSlices, slicedSheets } from '../../lib/checkpoint/sliced-sheets.ts';
import { bytesOfSheet, type StateText } from '../../lib/checkpoint/text/state-text.ts';
import { startSheet } from '../../lib/checkpoint/transitions.ts';
import { maxGrowth, prepareToWrite, writeState } from '../../lib/checkpoint/write.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import { entriesOf } from '../../lib/schema/dictionary.ts';
import { cases } from '../support/effort.ts';

const now = systemClock.now();
const UTF8 = new TextDecoder();

function stateOf(sheets: string, rest = ''): CheckpointState {
  const text = `{"job_id":"j","job_name":"j","total_sheets":5000,"sheets":${sheets}${rest}}`;
  const decoded = decodeState(new TextEncoder().encode(text), { source: 'file', now });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

function sheetsOf(keys: readonly number[], member: (key: number) => string): string {
  return `{${keys.map(key => `"${key}":{"sheet_num":${key}${member(key)}}`).join()}}`;
}

function textOf(parts: readonly Uint8Array[]): string {
  return parts.map(part => UTF8.decode(part)).join('');
}

/** Enough for a text that is kept in parts. */
const MANY = Array.from({ length: 45 }, (_, index) => index + 1);
const LONG = `,"stdout_tail":"${'x'.repeat(200)}"`;

/** What changes from one text of a state to the next. */
const change = fc.record({
  sheet: fc.integer({ min: 1, max: 150 }),
  reads: fc.constantFrom('parts', 'bytes', 'none'),
  isPrepared: fc.boolean(),
});
/** What the members of a sheet may be. */
const member = fc.constantFrom(
  LONG,
  ',"stdout_tail":"\u00e4\u007f\\ud800"',
  ',"estimated_cost":NaN',
  ',"stdout_tail":"Infinity\\n    },\\n    \\"2\\""',
  ',"extra":{"10":{"a":1},"2":[{}]}',
  '',
);
const update = fc.record({
  sheet: fc.integer({ min: 1, max: 35 }),
  change: fc
    .constantFrom(
      { status: 'in_progress' },
      { status: 'completed', stdout: 'done \u00e4', execution_duration_seconds: 1 },
      { status: 'failed', error_type: 'transient', execution_duration_seconds: 'Infinity' },
      { status: 'skipped', reason: 'NaN' },
    )
    .map(made => SheetUpdate.parse(made)),
});
const keys = fc.oneof(
  fc.constant(MANY),
  fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }),
);
/** A member behind the sheets, also one that gives the state a tail. */
const rest = fc.constantFrom(
  '',
  ',"config_snapshot":{"a":NaN}',
  ',"7":1,"3":2',
  ',"error_message":"\u00e9"',
);

describe('writeState()', () => {
  it('writes what writeLayout() writes, after any changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.array(member, { minLength: 1, maxLength: 7 }),
        rest,
        fc.array(change, { maxLength: 12 }),
        async (sheetKeys, members, behind, changes) => {
          let state = stateOf(
            sheetsOf(sheetKeys, key => members[key % members.length] ?? ''),
            behind,
          );
          const texts: [StateText, string][] = [];
          for (const { sheet, reads, isPrepared } of changes) {
            state = startSheet(state, sheet, now);
            if (isPrepared) await prepareToWrite(state);
            const text = writeState(state);
            texts.push([text, writeLayout(state, 'word')]);
            if (reads === 'parts') text.parts();
            if (reads === 'bytes') text.toBytes();
          }
          for (const [text, expected] of texts) {
            expect(textOf(text.parts())).toBe(expected);
            expect(UTF8.decode(text.toBytes())).toBe(expected);
            expect(text.byteLength).toBe(expected.length);
            expect(text.nonFinite || !/[ [] *-?(NaN|Infinity),?$/m.test(expected)).toBe(true);
          }
        },
      ),
      { seed: 29, numRuns: cases(16) },
    );
  });

  it('writes the same for sliced sheets, after any updates', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.array(update, { maxLength: 10 }),
        (sheetKeys, members, updates) => {
          const sheets = sheetsOf(sheetKeys, key => members[key % members.length] ?? '');
          let plain = stateOf(sheets);
          // A state with a number that is not finite is not sliced.
          writeState(plain);
          const slices = knownSlices(plain.sheets);
          let sliced = { ...plain };
          if (slices.size === sheetKeys.length) sliced = { ...plain, sheets: slicedSheets(slices) };
          for (const { sheet, change: made } of updates) {
            const before = sliced;
            plain = applyUpdate(plain, sheet, made, now);
            sliced = applyUpdate(sliced, sheet, made, now);
            const expected = writeLayout(plain, 'word');
            expect(textOf(writeState(sliced).parts())).toBe(expected);
            expect(writeLayout(sliced, 'word')).toBe(expected);
            expect(progress(sliced)).toEqual(progress(plain));
            expect(nextSheet(sliced)).toEqual(nextSheet(plain));
            const growth = writeState(sliced).byteLength - writeState(before).byteLength;
            expect(maxGrowth(before, sliced)).toBeGreaterThanOrEqual(growth);
            expect(settle(sliced, now)).toEqual({ ...settle(plain, now), sheets: sliced.sheets });
          }
        },
      ),
      { seed: 31, numRuns: cases(24) },
    );
  });

  it('keeps the texts of sheets that did not change', () => {
    const state = stateOf(sheetsOf(MANY, () => LONG));
    const before = writeState(state);
    const after = writeState(startSheet(state, 7, now));
    const shared = before.slices?.sheets.filter(sheet => after.slices?.sheets.includes(sheet));
    expect(shared?.map(({ key }) => Number(key))).toEqual(MANY.filter(key => key !== 7));
  });

  it('writes no sheet that is gone, though its text is between others', () => {
    const state = stateOf(sheetsOf(MANY, () => LONG));
    writeState(state).toBytes();
    const left = [...entriesOf<SheetState>(state.sheets)].filter(([key]) => Number(key) % 3 > 0);
    const less = { ...state, sheets: Object.fromEntries(left) };
    const expected = writeLayout(less, 'word');
    expect(textOf(writeState(less).parts())).toBe(expected);
    expect(UTF8.decode(writeState(less).toBytes())).toBe(expected);
  });

  it('copies nothing of a long text for its parts', () => {
    const state = startSheet(stateOf(sheetsOf(MANY, () => LONG)), 7, now);
    const text = writeState(state);
    const places = new Set(text.slices?.sheets.map(({ source }) => source.buffer));
    const parts = text
      .parts()
      .slice(1, -1)
      .filter(({ byteLength }) => byteLength > 1);
    expect(parts.every(({ buffer }) => places.has(buffer))).toBe(true);
  });

  it('copies a text in very many parts once, and keeps no other bytes of its sheets', () => {
    let state = stateOf(
      sheetsOf(
        Array.from({ length: 200 }, (_, index) => index + 1),
        () => LONG,
      ),
    );
    let most = 0;
    for (let sheet = 1; sheet <= 200; sheet += 2) {
      writeState(state).parts();
      state = startSheet(state, sheet, now);
      most = Math.max(most, writeState(state).parts().length);
    }
    expect(most).toBeLessThan(300);
    const text = writeState(state);
    const bytes = text.toBytes();
    expect(text.slices?.sheets.every(({ source }) => source === bytes)).toBe(true);
  });

  it('knows where the text of each sheet is', () => {
    const state = stateOf(sheetsOf(MANY, () => LONG));
    writeState(state).toBytes();
    for (const [key, sheet] of entriesOf<SheetState>(state.sheets)) {
      const known = knownSheetText(key, sheet);
      expect(known === null ? '' : UTF8.decode(bytesOfSheet(known))).toMatch(
        new RegExp(`^\\n    "${key}": \\{[^]*\\n    \\}$`),
      );
    }
  });
});
