/** The limits of Deno's KV. `@deno/kv` takes 10 checks, one byte more of a key that is read, and counts keys once. */
export const MAX_KEYS_PER_READ = 10;
export const MAX_ENTRIES_PER_READ = 1_000;
export const MAX_CHECKS = 100;
export const MAX_MUTATIONS = 1_000;
const MAX_WRITTEN_KEY_BYTES = 2_048;
const MAX_READ_KEY_BYTES = 2_049;
const MAX_VALUE_BYTES = 65_536;
const MAX_COMMIT_BYTES = 819_200;
const MAX_COMMIT_KEY_BYTES = 81_920;

export function requireAtMost(most: number, count: number, things: string): void {
  if (count > most) throw new TypeError(`Too many ${things} (max ${most})`);
}

/** For the bound of a range to read. */
export function requireReadableBytes(bytes: string): void {
  if (bytes.length <= MAX_READ_KEY_BYTES) return;
  throw new TypeError(`Key too large for read (max ${MAX_READ_KEY_BYTES} bytes)`);
}

/** For a key of a commit, to be written or checked. */
export function requireWritable(bytes: string): void {
  if (bytes.length === 0) throw new TypeError('key cannot be empty');
  if (bytes.length <= MAX_WRITTEN_KEY_BYTES) return;
  throw new TypeError(`Key too large for write (max ${MAX_WRITTEN_KEY_BYTES} bytes)`);
}

export function requireValueSize(bytes: number): void {
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new TypeError(`Value too large (max ${MAX_VALUE_BYTES} bytes)`);
}

export function requireCommitSize(size: {
  readonly all: number;
  readonly keysOfValues: number;
}): void {
  if (size.all > MAX_COMMIT_BYTES) {
    throw new TypeError(`Total mutation size too large (max ${MAX_COMMIT_BYTES} bytes)`);
  }
  if (size.keysOfValues > MAX_COMMIT_KEY_BYTES) {
    throw new TypeError(`Total key size too large (max ${MAX_COMMIT_KEY_BYTES} bytes)`);
  }
}
