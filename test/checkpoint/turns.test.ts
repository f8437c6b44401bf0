import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import {
  decodeStateInTurns,
  encodeState,
  parseBodyInTurns,
  parseStateBody,
} from '../../lib/checkpoint/codec.ts';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { EFFORT } from '../support/effort.ts';
import { leastOf } from '../support/measure/least.ts';
import { cpuMs } from '../support/measure/processor-time.ts';

const now = systemClock.now();
const limits = { sheets: 10_000, bytes: 32 * 1024 * 1024 };
const HEAD = '"job_id":"job-1","job_name":"x","total_sheets":10000';
/** The bodies have up to 30 times as many bytes. */
const MB = EFFORT < 3 ? 200_000 : 1_000_000;
/** Of a processor, not of a clock. Bodies of megabytes are worked through in parts, and a part is short. */
const LONGEST_MS = 400;
/** Of as much as is let in and then handled at once. A busy machine, whose caches are cold, takes three times as long. */
const LONGEST_AT_ONCE_MS = 500;

/** The longest time of the processor between two turns of the event loop while a task runs. */
async function longestTurnMs(task: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let runs = true;
  let last = cpuMs();
  const turn = () => {
    const time = cpuMs();
    longest = Math.max(longest, time - last);
    last = time;
    if (runs) setImmediate(turn);
  };
  setImmediate(turn);
  await task();
  await new Promise(resolve => setImmediate(resolve));
  runs = false;
  return longest;
}

function sheets(count: number, rest = ''): string {
  return Array.from(
    { length: count },
    (_, at) => `"${at + 1}":{"sheet_num":${at + 1}${rest}}`,
  ).join();
}

const keys = (count: number) => Array.from({ length: count }, (_, at) => `"k${at}":1`).join();

/** What a body of megabytes may be full of; what the text of a state says beyond its first members. */
const BODIES: readonly (readonly [string, () => string])[] = [
  ['very many sheets', () => `"sheets":{${sheets(MB)}}`],
  ['very many sheets under another key', () => `"other":{${sheets(MB)}}`],
  ['ten thousand sheets', () => `"sheets":{${sheets(10_000)}}`],
  [
    'ten thousand sheets with numbers of all kinds',
    () => `"sheets":{${sheets(10_000, ',"a":[1.0,1e400,12345678901234567890]')}}`,
  ],
  [
    'the same sheet very many times',
    () => `"sheets":{${'"1":{"sheet_num":1},'.repeat(MB)}"1":{"sheet_num":1}}`,
  ],
  [
    'very many faulty sheets',
    () => `"sheets":{${Array.from({ length: MB }, (_, at) => `"${at}":1`).join()}}`,
  ],
  ['sheets of very many members', () => `"sheets":{${sheets(4, `,${keys(MB * 0.06)}`)}}`],
  ['very many keys', () => `"config_snapshot":{${keys(MB)}}`],
  ['very many numbers', () => `"config_snapshot":{"a":[${'1,'.repeat(MB)}1]}`],
  ['very many faults', () => `"instruments_used":[${'1,'.repeat(MB)}1]`],
  [
    'brackets within brackets',
    () => `"a":[${`${'['.repeat(150)}${']'.repeat(150)},`.repeat(MB * 0.05)}1]`,
  ],
  [
    'brackets that are let in',
    () => `"a":[${`${'['.repeat(150)}${']'.repeat(150)},`.repeat(430)}1]`,
  ],
  ['open brackets', () => `"a":${'['.repeat(30 * MB)}`],
  ['an integer of very many digits', () => `"pid":${'9'.repeat(MB)}`],
  ['an integer of very many digits in a text', () => `"pid":"${'9'.repeat(30 * MB)}"`],
  ['a float with very many underscores', () => `"total_estimated_cost":"${'1_'.repeat(15 * MB)}1"`],
  ['white space in a number', () => `"total_estimated_cost":"${' '.repeat(30 * MB)}1"`],
  ['digits in a time', () => `"created_at":"${'0'.repeat(30 * MB)}"`],
  ['integers of 4300 digits', () => `"a":[${`${'9'.repeat(4300)},`.repeat(6000)}1]`],
  ['a long text', () => `"error_message":"${'a'.repeat(30 * MB)}"`],
  ['escaped quotes', () => `"error_message":"${'\\"'.repeat(15 * MB)}"`],
  ['backslashes', () => `"error_message":"${'\\\\'.repeat(15 * MB)}"`],
  ['escapes', () => `"error_message":"${'\\u0001'.repeat(5 * MB)}"`],
  ['characters that are stored as escapes', () => `"error_message":"${'\u00e9'.repeat(15 * MB)}"`],
  [
    'patterns from a text',
    () => `"sheets":{"1":{"sheet_num":1,"applied_pattern_ids":"${'a'.repeat(3 * MB)}"}}`,
  ],
  ['white space', () => `"a":1${' '.repeat(30 * MB)}`],
  ['line breaks before a fault', () => `"a":1${'\n'.repeat(30 * MB)}x`],
];

const AT_ONCE: typeof BODIES = [
  ['as many keys as are let in', () => `"config_snapshot":{${keys(65_000)}}`],
  ['as many unknown members as are let in', () => keys(65_000)],
];

/** The longest turn while a state that is full of this is parsed and encoded. */
async function longestOf(rest: () => string): Promise<number> {
  const body = new TextEncoder().encode(`{${HEAD},${rest()}}`);
  return longestTurnMs(async () => {
    const state = await parseStateBody(body, { now, limits });
    if (state.ok) encodeState(state.value);
  });
}

describe('no body stops the others for long', () => {
  it.each(BODIES)('%s', async (_, rest) => {
    expect(await leastOf(LONGEST_MS, () => longestOf(rest))).toBeLessThan(LONGEST_MS);
  });

  it.each(AT_ONCE)('%s', async (_, rest) => {
    const longest = await leastOf(LONGEST_AT_ONCE_MS, () => longestOf(rest));
    expect(longest).toBeLessThan(LONGEST_AT_ONCE_MS);
  });

  it('a stored state of more sheets than are allowed', async () => {
    const body = new TextEncoder().encode(`{${HEAD},"sheets":{${sheets(40_000)}}}`);
    let isRead = false;
    const read = async () => {
      isRead = (await decodeStateInTurns(body, { source: 'file', now })).ok;
    };
    const longest = await leastOf(LONGEST_MS, () => longestTurnMs(read));
    expect(isRead).toBe(true);
    expect(longest).toBeLessThan(LONGEST_MS);
  });

  it('long output that is full of credentials', async () => {
    const output =
      'Authorization: Bearer abcdefghijklmnop0 sk-ant-abcdefghijklmnopqrst -----BEGIN ';
    const text = JSON.stringify({ status: 'completed', stdout: output.repeat(MB * 0.38) });
    const body = new TextEncoder().encode(text);
    const parse = () => parseBodyInTurns(body, SheetUpdate);
    const longest = await leastOf(LONGEST_MS, () => longestTurnMs(parse));
    expect(longest).toBeLessThan(LONGEST_MS);
  });
});
