import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import type { Decoded } from '../../lib/checkpoint/check.ts';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeStateInTurns, encodeState, parseStateBody } from '../../lib/checkpoint/codec.ts';
import { parseSlow } from '../../lib/checkpoint/parse.ts';
import { settle } from '../../lib/checkpoint/settle.ts';
import { seededRandom } from '../support/random.ts';
import { pick } from './random-text.ts';

const now = systemClock.now();
const SHEETS = 40;
const REFUSED: unknown = expect.objectContaining({ code: expect.any(String) });
const LIMITS = { sheets: SHEETS + 9, bytes: 2 ** 20 };

/** The text of a file of more than 64 KB. */
const FILE = fileText();

function fileText(): string {
  const numbers = Array.from({ length: SHEETS }, (_, at) => at + 1);
  const sheets = numbers.map(num => [
    num,
    {
      sheet_num: num,
      stdout_tail: 'a line of output\n'.repeat(20),
      agent_feedback: num % 9 === 0 ? { score: 1 } : null,
      execution_duration_seconds: 1.5 * num,
    },
  ]);
  const text = JSON.stringify({
    job_id: 'case',
    job_name: 'n',
    total_sheets: SHEETS,
    config_snapshot: { timeout: 1800, nested: { sheets: { '1': {} } } },
    sheets: Object.fromEntries(sheets),
    synthesis_results: { a: { sheet_outputs: { '1': 'x' } } },
  });
  const parsed = parseSlow(text, 'file');
  if (!parsed.ok) throw new Error(parsed.faults[0]?.reason);
  return new TextDecoder().decode(encodeState(settle(parsed.value, now)).file);
}

/** What stands in the place of some characters, so that it is often a layout still. */
const PIECES = [
  '',
  ',',
  '}',
  '{',
  '"',
  '1',
  '1.0',
  'NaN',
  'null',
  '\n',
  '\n  }',
  '\n    }',
  '\n    "7": {',
  '\n  "sheets": {\n    "1": {}\n  }',
  '"x": {\n    }',
  '\\u0031',
  '"sheet_num": 2',
  '[]',
];

function edited(seed: number): string {
  const random = seededRandom(seed);
  const lines = FILE.split(pick(random, ['\n', ',', '": ']));
  const at = Math.floor(random.fraction() * lines.length);
  const place = lines.slice(0, at).join('').length + at;
  const length = pick(random, [0, 1, 2, lines[at]?.length ?? 0]);
  return FILE.slice(0, place) + pick(random, PIECES) + FILE.slice(place + length);
}

function shown(decoded: Decoded<CheckpointState>): unknown {
  if (!decoded.ok) return decoded.errorType;
  return new TextDecoder().decode(encodeState(decoded.value).file);
}

it('decodeStateInTurns() answers for a large file as the exact parser does, also where the file was edited', async () => {
  expect(FILE.length).toBeGreaterThan(64 * 1024);
  let good = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const text = seed === 1 ? FILE : edited(seed);
    const own = await decodeStateInTurns(new TextEncoder().encode(text), { source: 'file', now });
    const exact = parseSlow(text, 'file');
    const whole = exact.ok ? { ok: true as const, value: settle(exact.value, now) } : exact;
    if (whole.ok) good++;
    expect(shown(own), `seed ${seed}`).toEqual(shown(whole));
  }
  expect(good).toBeGreaterThan(4);
});

it('decodeStateInTurns() takes the last member `sheets` of a large file, also where only the first is in the layout', async () => {
  const text = FILE.replace(/\}$/, ',"sheets": {"7": {"sheet_num": 7}}}');
  const decoded = await decodeStateInTurns(new TextEncoder().encode(text), { source: 'file', now });
  expect(shown(decoded)).toEqual(shown(parseSlow(text, 'file')));
});

/** Without the indentation of a member, the sheets are not where those of the layout are. */
function outsideLayout(text: string): string {
  return text.replace('\n  "sheets": ', '\n "sheets": ');
}

async function bodyAnswer(text: string): Promise<unknown> {
  const result = await parseStateBody(new TextEncoder().encode(text), { now, limits: LIMITS });
  return result.ok ? shown(result) : result.failure;
}

describe('parseStateBody()', () => {
  it('answers for a large body in the layout as for any other, also where it was edited', async () => {
    let good = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const text = seed === 1 ? FILE : edited(seed);
      const answer = await bodyAnswer(text);
      if (typeof answer === 'string') good++;
      const plain = parseSlow(text, 'request');
      const expected = plain.ok ? shown({ ok: true, value: settle(plain.value, now) }) : REFUSED;
      expect(answer, `seed ${seed}`).toEqual(expected);
    }
    expect(good).toBeGreaterThan(4);
  });

  it.each([
    ['deep lists', `[${'['.repeat(90)}${'1,'.repeat(7_000)}1${']'.repeat(90)}]`],
    ['one long part', `[${'"",'.repeat(70_000)}1]`],
    ['many values', `[${'1,'.repeat(140_000)}1]`],
  ])('refuses %s in the layout with the same counts as elsewhere', async (_, value) => {
    const text = FILE.replace('"agent_feedback": null', `"agent_feedback": {"a": ${value}}`);
    const answer = await bodyAnswer(text);
    expect(answer).toMatchObject({ code: 'state_too_large' });
    expect(answer).toEqual(await bodyAnswer(outsideLayout(text)));
  });

  it('refuses more sheets than allowed in the layout', async () => {
    const zeros = '\n    "0": {\n    },'.repeat(10);
    const more = FILE.replace('\n  "sheets": {', `\n  "sheets": {${zeros}`);
    expect(await bodyAnswer(more)).toMatchObject({ code: 'state_too_large', asked: SHEETS + 10 });
  });
});
