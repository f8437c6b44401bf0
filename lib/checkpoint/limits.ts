import { type Failure, ok, type Result } from '../failure.ts';
import { sizeOf } from '../schema/dictionary.ts';
import { compareIntegers, type Integer } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';

/** How large the states may be that clients send, or make by what they send. */
export interface StateLimits {
  /** `MAX_SHEETS`. */
  readonly sheets: number;
  /** `MAX_STATE_BYTES`, of the text as it is stored. */
  readonly bytes: number;
}

export const UNLIMITED: StateLimits = {
  sheets: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};

/** Values of all kinds that a body may hold. A sheet that is written out has sixty. */
export const MAX_VALUES = 2 ** 20;
const LEAST_VALUES = 2 ** 17;
const BYTES_PER_VALUE = 16;

/** Fewer where states are to be small: what has little memory must not build much. */
export function valuesAllowed({ bytes }: StateLimits): number {
  return Math.min(MAX_VALUES, Math.max(LEAST_VALUES, Math.floor(bytes / BYTES_PER_VALUE)));
}

/**
 * Values that one part of a body may hold, one sheet or all outside the sheets, but for short whole numbers in
 * lists: they cost next to nothing. A part is parsed and checked in one go, so this bounds how long that takes.
 */
export const MAX_PART_NODES = 2 ** 16;

type TooLarge = Extract<Failure, { code: 'state_too_large' }>;

export function tooLarge(
  unit: TooLarge['unit'],
  asked: Integer,
  limit: number,
): { readonly ok: false; readonly failure: TooLarge } {
  return { ok: false, failure: { code: 'state_too_large', unit, asked, limit } };
}

/**
 * Whether a client may make `after`, of so many bytes, of `before`. A stored job that has more sheets than are
 * allowed stays as it is to be worked on: what it has may be changed, and not grow.
 */
export function allowedWithin(
  limits: StateLimits,
  change: { before: CheckpointState | null; after: CheckpointState; bytes: number },
): Result<null> {
  const { before, after, bytes } = change;
  for (const sheetsOf of [held, announced]) {
    const sheets = sheetsOf(after);
    const isMore = before === null || compareIntegers(sheets, sheetsOf(before)) > 0;
    if (isMore && isAbove(sheets, limits.sheets)) return tooLarge('sheets', sheets, limits.sheets);
  }
  return bytes > limits.bytes ? tooLarge('bytes', bytes, limits.bytes) : ok(null);
}

function held({ sheets }: CheckpointState): Integer {
  return sizeOf(sheets);
}

function announced({ total_sheets }: CheckpointState): Integer {
  return total_sheets;
}

function isAbove(count: Integer, limit: number): boolean {
  return Number.isFinite(limit) && compareIntegers(count, limit) > 0;
}
