import { type Failure, ok, type Result } from '../failure.ts';
import { sizeOf } from '../schema/dictionary.ts';
import { compareIntegers, type Integer } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';

/** The largest state that a client may send, or create with an update. */
export interface StateLimits {
  /** `MAX_SHEETS`. */
  readonly sheets: number;
  /** `MAX_STATE_BYTES`, for the stored text. */
  readonly bytes: number;
}

export const UNLIMITED: StateLimits = {
  sheets: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};

/** The most values of all kinds in a body. A sheet with all its fields has sixty. */
export const MAX_VALUES = 2 ** 20;
const MIN_VALUES_LIMIT = 2 ** 17;
const BYTES_PER_VALUE = 16;

/** The most values in a body. A smaller byte limit allows fewer, because it indicates little memory. */
export function maxValues({ bytes }: StateLimits): number {
  return Math.min(MAX_VALUES, Math.max(MIN_VALUES_LIMIT, Math.floor(bytes / BYTES_PER_VALUE)));
}

/**
 * The most values in one part of a body. A part is one sheet, or everything outside the sheets. Short integers
 * in lists do not count, because they cost almost nothing. A part is parsed and checked without a pause, so
 * this limit bounds the time that it blocks other requests.
 */
export const MAX_PART_NODES = 2 ** 16;

/** Whether the length of a body alone tells that it exceeds no limit. To count its values would find nothing. */
export function isWithinAll(limits: StateLimits, characters: number): boolean {
  const mostEntries = Math.min(limits.sheets, maxValues(limits), MAX_PART_NODES);
  // Each character begins at most one value, which the layout indents by two spaces a level.
  return characters <= mostEntries && 4 * characters * characters <= limits.bytes;
}

type TooLarge = Extract<Failure, { code: 'state_too_large' }>;

export function tooLarge(
  unit: TooLarge['unit'],
  asked: Integer,
  limit: number,
): { readonly ok: false; readonly failure: TooLarge } {
  return { ok: false, failure: { code: 'state_too_large', unit, asked, limit } };
}

/**
 * Checks whether a client may change `before` to `after`, which is stored in `bytes` bytes. A stored job may
 * already have more sheets than the limit. Its sheets may then change, but their number may not grow.
 */
export function checkLimits(
  limits: StateLimits,
  change: { before: CheckpointState | null; after: CheckpointState; bytes: number },
): Result<null> {
  const { before, after, bytes } = change;
  for (const sheetsOf of [sheetCount, totalSheets]) {
    const sheets = sheetsOf(after);
    const isMore = before === null || compareIntegers(sheets, sheetsOf(before)) > 0;
    if (isMore && isAbove(sheets, limits.sheets)) return tooLarge('sheets', sheets, limits.sheets);
  }
  return bytes > limits.bytes ? tooLarge('bytes', bytes, limits.bytes) : ok(null);
}

function sheetCount({ sheets }: CheckpointState): Integer {
  return sizeOf(sheets);
}

function totalSheets({ total_sheets }: CheckpointState): Integer {
  return total_sheets;
}

function isAbove(count: Integer, limit: number): boolean {
  return Number.isFinite(limit) && compareIntegers(count, limit) > 0;
}
