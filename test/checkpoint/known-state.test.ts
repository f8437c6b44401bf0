import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { encodeState, parseStateBody } from '../../lib/checkpoint/codec.ts';
import { parseKnown } from '../../lib/checkpoint/known-state.ts';
import { nextSheet, progress } from '../../lib/checkpoint/progress.ts';
import { skipRemaining } from '../../lib/checkpoint/skip-remaining.ts';
import { knownSlices, type SheetSlices, slicesOf } from '../../lib/checkpoint/sliced-sheets.ts';
import type { Result } from '../../lib/failure.ts';
import { entriesOf } from '../../lib/schema/dictionary.ts';
import { cases } from '../support/effort.ts';

const RUNS = cases(80);

const FIRST = '2026-01-02T03:04:05.000001Z' as Timestamp;
const NOW = '2026-05-06T07:08:09.000002Z' as Timestamp;
const NONE: SheetSlices = new Map();
const LIMITS = { sheets: 10_000, bytes: 32 * 1024 * 1024 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function rarely<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ arbitrary: fc.constant(null), weight: 7 }, { arbitrary: value, weight: 1 });
}

/** A JSON text in parts: values that clients write in their own way. */
const scalar = fc.constantFrom(
  '1',
  '0',
  '-0',
  '1.0',
  '1e400',
  '-1e400',
  '0.00001',
  '12345678901234567890',
  '1E5',
  '"NaN"',
  'null',
  'true',
  '"é\u20ac"',
  '"\\u00e9"',
  '"\\ud800"',
  '"a\\"b,}]"',
  '"{"',
  '"sheets"',
  '"\\n"',
);
const free = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }).map(items => `[${items.join(',')}]`),
  fc
    .array(fc.tuple(fc.constantFrom('a', '2', '1', '__proto__', 'sheets', '', '\\u0031'), scalar), {
      maxLength: 3,
    })
    .map(members => `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`),
);
const member = fc.oneof(
  fc
    .constantFrom('completed', 'failed', 'in_progress', 'pending', 'odd')
    .map(status => `"status":"${status}"`),
  scalar.map(value => `"total_cost_usd":${value}`),
  scalar.map(value => `"stdout_tail":${value}`),
  free.map(value => `"agent_feedback":${value}`),
  fc
    .tuple(fc.constantFrom('x', '7', '__proto__', 'toString'), free)
    .map(([key, value]) => `"${key}":${value}`),
  fc.constantFrom(
    '"started_at":"2026-01-02T03:04:05Z"',
    '"error_history":[{"error_type":"transient","error_code":"E1","error_message":"m","attempt_number":1}]',
    '"attempt_count":"3"',
  ),
);
const valid = fc.constantFrom(
  '"status":"completed"',
  '"status":"completed","completed_at":"2026-01-02T03:04:05Z"',
  '"agent_feedback":{"a":1,"10":2,"9":{"b":1.5}}',
  '"stdout_tail":"done é"',
  '"total_cost_usd":0.25',
);
const sheetText = fc
  .tuple(fc.array(valid, { maxLength: 2 }), rarely(member))
  .map(
    ([some, odd]) => `{${['"sheet_num":1', ...some, ...(odd === null ? [] : [odd])].join(',')}}`,
  );
const entry = fc.tuple(
  fc.oneof(
    { arbitrary: fc.nat({ max: 12 }).map(String), weight: 12 },
    {
      arbitrary: fc.constantFrom('01', '-1', '1.0', 'x', '\\u0031', '4294967295', ' 1'),
      weight: 1,
    },
  ),
  sheetText,
);
const head = fc.constantFrom(
  '"job_id":"j","job_name":"n","total_sheets":12',
  '"job_id":"j","job_name":"é","total_sheets":12,"config_snapshot":{"sheets":{"1":{"sheet_num":1}}}',
  '"job_id":"j","job_name":"n","total_sheets":12,"status":"running","7":1',
  '"sheets":{"1":{"sheet_num":1}},"job_id":"j","job_name":"n","total_sheets":12',
  '"job_id":"j","job_name":"n","total_sheets":0',
);
const tail = fc.constantFrom(
  '',
  ',"pid":7',
  ',"pid":1e400',
  ',"sheets":{"2":{"sheet_num":2}}',
  ',"dalsegno":{"epoch":7}',
  ',"total_estimated_cost":1e400',
  'x',
);

interface Document {
  readonly head: string;
  readonly sheets: readonly (readonly [string, string])[];
  readonly tail: string;
}

const document: fc.Arbitrary<Document> = fc.record({
  head: fc.oneof(
    { arbitrary: fc.constant('"job_id":"j","job_name":"n","total_sheets":12'), weight: 3 },
    { arbitrary: head, weight: 1 },
  ),
  sheets: fc.oneof(
    {
      arbitrary: fc
        .array(sheetText, { minLength: 3, maxLength: 8 })
        .map(all => all.map((value, index) => [String(index + 1), value] as const)),
      weight: 6,
    },
    { arbitrary: fc.array(entry, { minLength: 1, maxLength: 4 }), weight: 1 },
  ),
  tail: fc.oneof({ arbitrary: fc.constant(''), weight: 3 }, { arbitrary: tail, weight: 1 }),
});

/** What happens to a document from one save to the next. */
const change = fc.oneof(
  fc.tuple(fc.nat(), sheetText).map(
    ([at, to]) =>
      (now: Document): Document => ({
        ...now,
        sheets: now.sheets.map((one, index) =>
          index === at % now.sheets.length ? [one[0], to] : one,
        ),
      }),
  ),
  fc.nat().map(
    at =>
      (now: Document): Document => ({
        ...now,
        sheets: now.sheets.filter((_, index) => index !== at % now.sheets.length),
      }),
  ),
  entry.map(
    added =>
      (now: Document): Document => ({ ...now, sheets: [...now.sheets, added] }),
  ),
  fc.constant((now: Document): Document => ({ ...now, sheets: now.sheets.toReversed() })),
  head.map(
    to =>
      (now: Document): Document => ({ ...now, head: to }),
  ),
  tail.map(
    to =>
      (now: Document): Document => ({ ...now, tail: to }),
  ),
  fc.constant((now: Document): Document => now),
);

/** How a client writes a document. */
const form = fc.constantFrom<(doc: Document) => string>(
  ({ head: first, sheets, tail: last }) =>
    `{${first},"sheets":{${sheets.map(([key, value]) => `"${key}":${value}`).join(',')}}${last}}`,
  ({ head: first, sheets, tail: last }) =>
    `{${first}, "sheets" : {\n${sheets.map(([key, value]) => `"${key}" :\t${value} `).join(',\r')}\n}${last}}\n`,
);

/** The text of the stored state, or the text itself where there is none. */
async function stored(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const state = await parseStateBody(body, { now: FIRST, limits: LIMITS });
  return state.ok ? encodeState(state.value).strict : body;
}

function view(result: Result<CheckpointState>): unknown {
  if (!result.ok) return result;
  const state = result.value;
  const { file, strict } = encodeState(state);
  const skipped = encodeState(skipRemaining(state, NOW)).strict;
  return {
    file: decoder.decode(file),
    strict: decoder.decode(strict),
    skipped: decoder.decode(skipped),
    progress: progress(state),
    next: nextSheet(state),
    sheets: [...entriesOf(state.sheets)].length,
  };
}

describe('parseStateBody() with known sheets', () => {
  it('gives what it gives without them, whatever changes from one body to the next', async () => {
    let found = 0;
    const property = fc.asyncProperty(
      document,
      fc.array(fc.tuple(fc.array(change, { maxLength: 1 }), form, fc.boolean()), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom(LIMITS, { sheets: 4, bytes: 8000 }, { sheets: 6, bytes: 1_000_000 }),
      rarely(fc.tuple(fc.nat(), fc.constantFrom(...Array.from('{}[],:"\\ 1\u0000\u00ff')))),
      async (first, saves, limits, flip) => {
        let current = first;
        let known = NONE;
        for (const [changes, write, isEcho] of saves) {
          for (const apply of changes) {
            if (current.sheets.length > 0) current = apply(current);
          }
          const sent = encoder.encode(write(current));
          const body = isEcho ? await stored(sent) : sent;
          if (flip !== null) body[flip[0] % body.byteLength] = flip[1].charCodeAt(0);
          const options = { now: NOW, limits };
          const expected = await parseStateBody(body.slice(), options);
          if ((await parseKnown(body, known, options)) !== null) found += 1;
          const actual = await parseStateBody(body, { ...options, known });
          expect(view(actual)).toStrictEqual(view(expected));
          if (actual.ok) known = knownSlices(actual.value.sheets);
        }
      },
    );
    await fc.assert(property, { numRuns: RUNS });
    expect(found).toBeGreaterThan(RUNS / 16);
  });
});

/** A state of many sheets as clients write it; `text` is a member of each sheet. */
function bodyOf(sheets: number, texts: Readonly<Record<number, string>> = {}): string {
  const all = Array.from({ length: sheets }, (_, index) => [
    index + 1,
    { sheet_num: index + 1, status: 'pending', stdout_tail: texts[index + 1] ?? 'x'.repeat(500) },
  ]);
  return JSON.stringify({
    job_id: 'j',
    job_name: 'n',
    total_sheets: sheets,
    sheets: Object.fromEntries(all),
  });
}

async function parsed(text: string, known: SheetSlices): Promise<CheckpointState> {
  const options = { now: NOW, limits: LIMITS, known };
  const state = await parseStateBody(encoder.encode(text), options);
  if (!state.ok) throw new Error(JSON.stringify(state.failure));
  return state.value;
}

function textsOf(state: CheckpointState) {
  const texts = [...(slicesOf(state.sheets)?.values() ?? [])].map(({ text }) => text);
  return new Set(texts);
}

describe('the sheets of a body', () => {
  it.each([
    ['as JSON.stringify writes them', (text: string) => text],
    [
      'as Python writes them',
      (text: string) => text.replaceAll('":', '": ').replaceAll(',"', ', "'),
    ],
    ['as they are stored', (text: string) => JSON.stringify(JSON.parse(text), null, 2)],
  ])('are known if their bytes are those of the last body, %s', async (_, write) => {
    const first = await parsed(write(bodyOf(50)), NONE);
    const next = await parsed(write(bodyOf(50, { 7: 'other' })), knownSlices(first.sheets));
    const known = textsOf(first);
    expect([...textsOf(next)].filter(text => known.has(text))).toHaveLength(49);
  });

  it('are known as they are stored, after a client has read them', async () => {
    const first = await parsed(bodyOf(50), NONE);
    const read = decoder.decode(encodeState(first).strict);
    const changed = read.replace('"sheet_num": 7', '"sheet_num": 8');
    const next = await parsed(changed, knownSlices(first.sheets));
    const known = textsOf(first);
    expect([...textsOf(next)].filter(text => known.has(text))).toHaveLength(49);
    expect(progress(next)).toStrictEqual([0, 50]);
  });

  it('keep the last body alone in memory', async () => {
    let state = await parsed(bodyOf(50), NONE);
    for (let sheet = 1; sheet <= 20; sheet++) {
      state = await parsed(bodyOf(50, { [sheet]: `text ${sheet}` }), knownSlices(state.sheets));
    }
    const slices = [...(slicesOf(state.sheets)?.values() ?? [])];
    expect(new Set(slices.map(({ sent }) => sent?.source)).size).toBe(1);
  });

  it('are sent again where the time of the request has become a part of them', async () => {
    const text =
      '{"job_id":"j","job_name":"n","total_sheets":2,"sheets":{"1":{"sheet_num":1},"2":{"sheet_num":2,"status":"completed"}}}';
    const first = await parsed(text, NONE);
    const options = { now: FIRST, limits: LIMITS, known: knownSlices(first.sheets) };
    const again = await parseStateBody(encoder.encode(text), options);
    expect(again.ok && [...entriesOf(again.value.sheets)][1]?.[1].completed_at).toBe(FIRST);
  });
});
