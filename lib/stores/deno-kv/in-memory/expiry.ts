/** The last instant that Deno can write down, in milliseconds since 1970. */
const LAST_INSTANT = 8_210_266_876_799_999;

/** Refuses at the call what is no number of milliseconds. */
export function requireExpireIn(expireIn: number | undefined): void {
  if (expireIn === undefined || (Number.isInteger(expireIn) && expireIn >= 0)) return;
  throw new TypeError(`expireIn must be a non-negative integer: received ${expireIn}`);
}

/** When an entry that is committed now is gone; null: it stays. */
export function expiryOf(expireIn: number | undefined, now: number): number | null {
  if (expireIn === undefined) return null;
  if (expireIn <= LAST_INSTANT - now) return now + expireIn;
  throw new TypeError(`Invalid mutation: expireIn is too large: ${BigInt(expireIn)}`);
}
