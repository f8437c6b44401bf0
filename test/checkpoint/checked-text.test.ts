import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateOfChecked } from '../../lib/checkpoint/checked-text.ts';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState, textsOf } from '../../lib/checkpoint/codec.ts';
import type { SheetState } from '../../lib/checkpoint/sheet.ts';
import { slicesOf } from '../../lib/checkpoint/sliced-sheets.ts';
import { entriesOf } from '../../lib/schema/dictionary.ts';
import { frozenClock } from '../support/clock.ts';
import { cases } from '../support/effort.ts';

const NOW = frozenClock().now();
const STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'skipped'];
const DECOYS = [
  '\n      "status": "failed"',
  '"status": "failed"',
  '\n    }\n  }',
  '"sheets": {',
  'é\u2028',
];

/** A state of more than the 24 KB from which on sheets are slices. */
function stateOf(input: {
  readonly snapshot: unknown;
  readonly sheets: readonly { readonly status: string; readonly text: string }[];
  readonly extra: Readonly<Record<string, unknown>>;
}): CheckpointState {
  const sheets = input.sheets.map(({ status, text }, index) => [
    index + 1,
    {
      sheet_num: index + 1,
      status,
      stdout_tail: text,
      agent_feedback: { status: 'failed', nested: { status: text } },
    },
  ]);
  const document = {
    job_id: 'job',
    job_name: 'sheets',
    total_sheets: input.sheets.length,
    config_snapshot: { sheets: { '1': { status: 'failed' } }, value: input.snapshot },
    error_message: 'x'.repeat(30_000),
    sheets: Object.fromEntries(sheets),
    ...input.extra,
  };
  const body = new TextEncoder().encode(JSON.stringify(document));
  const decoded = decodeState(body, { source: 'request', now: NOW });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(...DECOYS));
const input = fc.record({
  snapshot: fc.jsonValue({ maxDepth: 4 }),
  sheets: fc.array(fc.record({ status: fc.constantFrom(...STATUSES), text }), {
    minLength: 1,
    maxLength: 12,
  }),
  extra: fc.dictionary(fc.constantFrom('later', 'zeta', 'sheets2'), fc.jsonValue()),
});

describe('stateOfChecked()', () => {
  it('is the state that the whole text is parsed as', () => {
    let sliced = 0;
    fc.assert(
      fc.property(input, made => {
        const body = textsOf(stateOf(made)).file.toBytes();
        const whole = decodeState(body, { source: 'file', now: NOW });
        const state = stateOfChecked(body);
        if (!whole.ok || state === null) return;
        sliced += 1;
        const expected = [...entriesOf<SheetState>(whole.value.sheets)];
        const slices = [...(slicesOf(state.sheets) ?? [])];
        expect(slices.map(([key, { status }]) => [key, status])).toEqual(
          expected.map(([key, { status }]) => [key, status]),
        );
        expect([...entriesOf<SheetState>(state.sheets)]).toEqual(expected);
        expect({ ...state, sheets: null }).toEqual({ ...whole.value, sheets: null });
        expect(textsOf(state).file.toBytes()).toEqual(body);
      }),
      { numRuns: cases(50), seed: 4 },
    );
    expect(sliced).toBeGreaterThan(cases(50) / 2);
  });

  it('is null for a short text', () => {
    const sheets = [{ status: 'pending', text: '' }];
    const state = { ...stateOf({ snapshot: 1, sheets, extra: {} }), error_message: null };
    expect(stateOfChecked(textsOf(state).file.toBytes())).toBeNull();
  });

  it('is null where the sheets are not in the order of their numbers', () => {
    const state = stateOf({
      snapshot: null,
      sheets: [
        { status: 'pending', text: '' },
        { status: 'failed', text: '' },
      ],
      extra: {},
    });
    const written = new TextDecoder().decode(textsOf(state).file.toBytes());
    const [before = '', after = ''] = written.split('\n    "2": ');
    const swapped = `${before.replace('\n    "1": ', '\n    "3": ')}\n    "2": ${after}`;
    expect(stateOfChecked(new TextEncoder().encode(swapped))).toBeNull();
  });
});
