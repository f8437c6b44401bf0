import { isObject } from '../json/value.ts';
import { dictionary, entriesOf } from '../schema/dictionary.ts';
import { redactCredentials } from './redaction.ts';

/** A JSON value with the credentials in its texts replaced. The parser limits its depth. */
export function redactedValue(value: unknown): unknown {
  if (typeof value === 'string') return redactCredentials(value);
  if (Array.isArray(value)) return value.map(redactedValue);
  if (!isObject(value)) return value;
  const entries = new Map<string, unknown>();
  for (const [key, member] of entriesOf<unknown>(value)) entries.set(key, redactedValue(member));
  return dictionary(entries);
}
