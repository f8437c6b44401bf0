/** The last instant that Deno can store, in milliseconds since 1970. */
const LAST_INSTANT = 8_210_266_876_799_999;

/** Throws at the call if the value is not a number of milliseconds. */
export function requireExpireIn(expireIn: number | undefined): void {
  if (expireIn === undefined || (Number.isInteger(expireIn) && expireIn >= 0)) return;
  throw new TypeError(`expireIn must be a non-negative integer: received ${expireIn}`);
}

/** When an entry that is committed now expires; null: never. */
export function expiryOf(expireIn: number | undefined, now: number): number | null {
  if (expireIn === undefined) return null;
  if (expireIn <= LAST_INSTANT - now) return now + expireIn;
  throw new TypeError(`Invalid mutation: expireIn is too large: ${BigInt(expireIn)}`);
}
