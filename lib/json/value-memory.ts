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
  if (Array.isArray(value)) {
    let bytes = SLOT + LIST;
    for (const item of value) bytes += valueMemory(item, bytesPerCharacter);
    return bytes;
  }
  if (isRawNumber(value)) return RAW_NUMBER;
  if (!isOrderedObject(value)) return SLOT + OBJECT + membersMemory(value, bytesPerCharacter);
  let bytes = SLOT + ORDERED_OBJECT;
  for (const [key, item] of value) {
    bytes += ENTRY + key.length * bytesPerCharacter + valueMemory(item, bytesPerCharacter);
  }
  return bytes;
}

function membersMemory(object: object, bytesPerCharacter: 1 | 2): number {
  const members = object as Readonly<Record<string, unknown>>;
  let bytes = 0;
  // Lists of entries would take more time than all else. Their prototypes have no enumerable members.
  for (const key in members) {
    bytes += ENTRY + key.length * bytesPerCharacter + valueMemory(members[key], bytesPerCharacter);
  }
  return bytes;
}

/** As `valueMemory` for the members of an object whose keys very many others have, too. */
export function sharedMembersMemory(object: object, bytesPerCharacter: 1 | 2): number {
  const members = object as Readonly<Record<string, unknown>>;
  let bytes = 0;
  for (const key in members) {
    const value = members[key];
    // Most are not objects, and then no call is needed.
    bytes += value === null ? SLOT : valueMemory(value, bytesPerCharacter);
  }
  return bytes;
}
