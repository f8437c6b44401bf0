import { isNonFinite, isObject, isRawNumber, orderedObject, setOwn } from '../json/value.ts';
import { entriesOf, entryAt } from './dictionary.ts';

/**
 * Strict JSON has null in place of NaN and the infinities. A client that sends a received state back must not
 * lose them. So if the sent value is null and the stored one is not finite, the stored value stays.
 */
export function keepNonFinite(sent: unknown, stored: unknown): unknown {
  if (sent === null) return isNonFinite(stored) ? stored : sent;
  if (Array.isArray(sent) && Array.isArray(stored)) {
    return sent.map((item, index) => keepNonFinite(item, stored[index]));
  }
  if (!isObject(sent) || !isObject(stored) || isRawNumber(stored)) return sent;
  const entries = [...entriesOf(sent)].map(
    ([key, item]) => [key, keepNonFinite(item, entryAt(stored, key))] as const,
  );
  if (sent instanceof Map) return orderedObject(entries);
  const object: Record<string, unknown> = {};
  for (const [key, item] of entries) setOwn(object, key, item);
  return object;
}
