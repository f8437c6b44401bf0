import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { encodeState, parseStateBody } from '../../lib/checkpoint/codec.ts';
import { type StateLimits, UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { cases } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';
import { randomText, type Shape } from './random-text.ts';

const CASES = cases(100);
const NOW = '2026-05-06T07:08:09.000002Z' as Timestamp;
/** So low that the length of a body alone does not show that it is within: its outline is needed. */
const LOW: StateLimits = { sheets: 60_000, bytes: 1_000_000 };
const SHAPES: readonly Shape[] = [
  { wildness: 0, fill: 1 },
  { wildness: 0.003, fill: 0.3 },
  { wildness: 0.02, fill: 0.1 },
];

async function answerTo(body: Uint8Array<ArrayBuffer>, limits: StateLimits): Promise<unknown> {
  const parsed = await parseStateBody(body, { now: NOW, limits });
  if (!parsed.ok) return parsed;
  const { file, strict } = encodeState(parsed.value);
  return [file, strict].map(bytes => new TextDecoder().decode(bytes));
}

describe('parseStateBody()', () => {
  it.each(SHAPES)('parses a small body by its sheets as it parses it whole: %o', async shape => {
    let accepted = 0;
    for (let seed = 1; seed <= CASES; seed++) {
      const text = randomText(CheckpointState, seededRandom(seed), shape);
      const body = new TextEncoder().encode(text);
      const whole = await answerTo(body, UNLIMITED);
      expect(await answerTo(body, LOW), `seed ${seed}`).toEqual(whole);
      if (Array.isArray(whole)) accepted += 1;
    }
    expect(accepted).toBeGreaterThan(0);
  });

  const one = '{"sheet_num":1,"x":1.0}';
  const two = '{"sheet_num":2,"status":"completed"}';
  it.each([
    `"sheets":{"01":${one},"2":${two}}`,
    `"sheets":{"1":${one},"01":${two}}`,
    `"sheets":{"1":${one},"1":${two}}`,
    `"sheets":{"2":${two},"1":${one}}`,
    `"sheets":{"1":${one}},"sheets":{"2":${two}}`,
    `"sheets":{"1":${one}},"she\\u0065ts":{"2":${two}}`,
    `"other":{"sheets":{"1":${one}}},"sheets":{"2":${two}}`,
    `"sheets":{"1":${one},"x":${two}},"total_sheets":"x"`,
    `"sheets":{"1":${one}},"config_snapshot":{"2":1,"1":1e400}`,
    `"sheets":{"1":${one}},"config_snapshot":{"a":[12345678901234567890,0.00001]`,
  ])('parses it by its sheets as it parses it whole: %s', async members => {
    const padding = `"error_message":"${'a'.repeat(600)}"`;
    const text = `{"job_id":"j","job_name":"x","total_sheets":3,${padding},${members}}`;
    const body = new TextEncoder().encode(text);
    expect(await answerTo(body, LOW)).toEqual(await answerTo(body, UNLIMITED));
  });
});
