import type * as z from 'zod';
import { type Check, IRREGULAR } from '../schema/regular.ts';
import {
  CheckpointFromEngine,
  CheckpointState,
  SheetFromEngine,
  SheetFromExact,
} from './checkpoint.ts';
import { sheetCheck, stateCheck } from './generated/regular-checks.ts';

interface Entry {
  readonly check: Check;
  /** Whether the exact parser makes the values, else the engine's parser does. */
  readonly exact: boolean;
}

const CHECKS = new Map<z.core.$ZodType, Entry>([
  [CheckpointFromEngine, { check: stateCheck, exact: false }],
  [CheckpointState, { check: stateCheck, exact: true }],
  [SheetFromEngine, { check: sheetCheck, exact: false }],
  [SheetFromExact, { check: sheetCheck, exact: true }],
]);

/**
 * What the schema of a state or of a sheet makes of a regular value, and null if the schema must decide. Changes the value
 * in place: nothing else may hold it.
 */
export function regularValue<T>(schema: z.ZodType<T>, value: unknown): T | null {
  const entry = CHECKS.get(schema);
  if (entry === undefined) return null;
  const checked = entry.check(value, entry.exact);
  return checked === IRREGULAR ? null : (checked as T);
}
