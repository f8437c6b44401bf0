import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { Time } from '../schema/timestamp.ts';
import { Scope } from './scope.ts';

/** The rights of a token: the scope, the jobs and the expiry. */
export interface Access {
  /** The name in the log: the name of the entry, or the start of its digest. */
  readonly name: string;
  readonly scope: Scope;
  /** The prefix of the ids of the jobs. Empty for all jobs. */
  readonly prefix: string;
  /** Null for a token that does not expire. */
  readonly expiresAt: Timestamp | null;
}

/** One token in the configuration. */
export interface AccessEntry extends Access {
  readonly sha256: string;
  /** Whether the entry contains the name. A name made from the digest is not checked for duplicates. */
  readonly isNamed: boolean;
}

/** The parts from which an entry is written. */
export interface EntryParts {
  readonly sha256: string;
  readonly scope: Scope;
  readonly name: string | null;
  readonly expiresAt: Timestamp | null;
  readonly prefix: string;
}

/** The form of an entry, for messages. */
export const ENTRY_FORM =
  '<sha256>:<read, work or admin>[;name=<name>][;expires=<date or time in UTC>][:<prefix of job ids>]';

/** The form of a name, for messages. */
export const NAME_FORM = '1 to 64 letters, digits, ".", "_" or "-", a letter or digit first';

const NAME = '[0-9A-Za-z][0-9A-Za-z._-]{0,63}';
const WHOLE_NAME = new RegExp(`^${NAME}$`);
const ENTRY = new RegExp(
  `^([0-9a-f]{64}):(read|work|admin)(?:;name=(${NAME}))?(?:;expires=([0-9T:-]{1,19}Z?))?(?::(.*))?$`,
  'su',
);
const DIGEST_CHARACTERS = 8;

/** Null if the line is not an entry. */
export function readEntry(line: string): AccessEntry | null {
  const [, sha256, scope, name, expires, prefix = ''] = ENTRY.exec(line) ?? [];
  const parsed = Scope.safeParse(scope);
  const expiresAt = expires === undefined ? null : readExpiry(expires);
  if (sha256 === undefined || !parsed.success) return null;
  if (expires !== undefined && expiresAt === null) return null;
  return {
    sha256,
    scope: parsed.data,
    // A name cannot contain a colon, so the two kinds of names differ.
    name: name ?? `sha256:${sha256.slice(0, DIGEST_CHARACTERS)}`,
    isNamed: name !== undefined,
    expiresAt,
    prefix,
  };
}

export function writeEntry({ sha256, scope, name, expiresAt, prefix }: EntryParts): string {
  const named = name === null ? '' : `;name=${name}`;
  const expires = expiresAt === null ? '' : `;expires=${expiresAt}`;
  return `${sha256}:${scope}${named}${expires}${prefix === '' ? '' : `:${prefix}`}`;
}

export function isName(text: string): boolean {
  return WHOLE_NAME.test(text);
}

const EXPIRY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$/;

/** Reads `2027-01-31`, which means the first moment of that day in UTC, or `2027-01-31T12:00:00Z`. Null for other text. */
export function readExpiry(text: string): Timestamp | null {
  const time = EXPIRY.test(text) ? Time.safeParse(text) : null;
  return time?.success === true ? fromUnixMicros(toUnixMicros(time.data)) : null;
}

/** From its expiry on a token gives no access. */
export function isExpired({ expiresAt }: Access, now: Timestamp): boolean {
  return expiresAt !== null && toUnixMicros(now) >= toUnixMicros(expiresAt);
}
