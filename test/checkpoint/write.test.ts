import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { type CheckpointState, newSheet } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState, encodeState } from '../../lib/checkpoint/codec.ts';
import { applyUpdate, SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { sheetOf } from '../../lib/checkpoint/transitions.ts';
import { writeLayout } from '../../lib/json/writer.ts';

const now = systemClock.now();

/** What a text of a state may contain that looks like the place of its sheets. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('\n  "sheets": null', '"sheets": {}', 'NaN', 'ä\ud800', '\u007f'),
);
const document = fc.record({
  job_id: fc.constant('job'),
  job_name: text,
  total_sheets: fc.constant(30),
  config_snapshot: fc.dictionary(text, fc.oneof(text, fc.constant({ sheets: null }))),
  error_message: text,
  sheets: fc.constantFrom({}, { 1: { sheet_num: 1 } }, { 2: { sheet_num: 7 } }),
});
const update = fc
  .record({ status: fc.constantFrom('completed', 'in_progress'), sheetNum: fc.nat({ max: 29 }) })
  .map(({ status, sheetNum }) => ({
    sheetNum: sheetNum + 1,
    update: SheetUpdate.parse({ status }),
  }));

function stateOf(source: unknown): CheckpointState {
  const decoded = decodeState(new TextEncoder().encode(JSON.stringify(source)), {
    source: 'request',
    now,
  });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

/** The texts of the states in their order, as they are written and as the layout writes whole states. */
function written(states: readonly CheckpointState[]) {
  const texts = states.map(state => encodeState(state));
  return {
    actual: texts.map(({ file, strict }) => [file, strict].map(bytes => UTF8.decode(bytes))),
    expected: states.map(state => [writeLayout(state, 'word'), writeLayout(state, 'null')]),
  };
}

const UTF8 = new TextDecoder();

describe('encodeState()', () => {
  it('writes a state from the bytes of its sheets as it writes a whole one', () => {
    fc.assert(
      fc.property(document, fc.array(update, { maxLength: 5 }), (source, updates) => {
        let state = stateOf(source);
        const states = [state, { ...state }];
        for (const { sheetNum, update: change } of updates) {
          state = applyUpdate(state, sheetNum, change, now);
          states.push(state, { ...state });
        }
        const { actual, expected } = written(states);
        expect(actual).toEqual(expected);
      }),
    );
  });

  it('writes a sheet under the key where it is', () => {
    const sheets = { 1: { sheet_num: 1 } };
    const state = stateOf({ job_id: 'job', job_name: 'j', total_sheets: 3, sheets });
    const sheet = sheetOf(state, 1);
    const moved = { ...state, sheets: { 1: sheet, 3: sheet } };
    const { actual, expected } = written([state, { ...state }, moved, { ...state, sheets: {} }]);
    expect(actual).toEqual(expected);
  });

  it('writes numbers that are not finite, in sheets and beside them', () => {
    const file =
      '{"job_id":"j","job_name":"j","total_sheets":2,"total_estimated_cost":NaN,"sheets":{"1":{"sheet_num":1,"estimated_cost":Infinity}}}';
    const decoded = decodeState(new TextEncoder().encode(file), { source: 'file', now });
    if (!decoded.ok) throw new Error('not decoded');
    const { actual, expected } = written([decoded.value, { ...decoded.value }]);
    expect(actual).toEqual(expected);
  });
});

describe('newSheet()', () => {
  it('is what the schema makes of the number alone', () => {
    const state = stateOf({
      job_id: 'j',
      job_name: 'j',
      total_sheets: 9,
      sheets: { 4: { sheet_num: 4 } },
    });
    expect(Object.entries(newSheet(4))).toEqual(Object.entries(Object(state.sheets)['4']));
  });
});
