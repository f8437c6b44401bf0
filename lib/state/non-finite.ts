import { isNonFinite, isObject, isRawNumber, orderedObject, setOwn } from '../layout/value.ts';
import { entriesOf, entryAt } from '../schema/dictionary.ts';

/**
 * Strict JSON shows NaN and the infinities as null. A client that sends back what it was shown must
 * not lose them: where the sent value is null and the stored one not finite, the stored one stays.
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
