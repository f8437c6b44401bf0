import { isNonFinite, isOrderedObject, isRawNumber } from './value.ts';

/* About what V8 takes on 64 bits, rounded up. */
const SLOT = 16;
const TEXT = 32;
const RAW_NUMBER = 96;
const LIST = 64;
const OBJECT = 64;
/** Also one whose key no other object has. */
const ENTRY = 96;
const ORDERED_OBJECT = 240;

/** About how many bytes a JSON value takes in memory at most. */
export function valueMemory(value: unknown, bytesPerCharacter: 1 | 2): number {
  if (typeof value === 'string') return SLOT + TEXT + value.length * bytesPerCharacter;
  if (typeof value !== 'object' || value === null || isNonFinite(value)) return SLOT;
  if (isRawNumber(value)) return RAW_NUMBER;
  let bytes = SLOT;
  if (Array.isArray(value)) {
    bytes += LIST;
    for (const item of value) bytes += valueMemory(item, bytesPerCharacter);
    return bytes;
  }
  const isOrdered = isOrderedObject(value);
  const entries = isOrdered ? value : Object.entries(value);
  bytes += isOrdered ? ORDERED_OBJECT : OBJECT;
  for (const [key, item] of entries) {
    bytes += ENTRY + key.length * bytesPerCharacter + valueMemory(item, bytesPerCharacter);
  }
  return bytes;
}
