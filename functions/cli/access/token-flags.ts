import * as z from 'zod';
import { isName, NAME_FORM, readExpiry } from '../../../lib/access/access-entry.ts';
import { Scope } from '../../../lib/access/scope.ts';
import { fromUnixMicros, type Timestamp, toUnixMicros } from '../../../lib/base/timestamp.ts';

const MICROS_A_DAY = 86_400_000_000n;
/** A hundred years. */
const MAX_DAYS = 36_500;

const Flags = z.object({
  // Only what a worker needs.
  scope: z.string().default('work').pipe(Scope),
  name: z
    .string()
    .refine(isName, `A name is ${NAME_FORM}`)
    .optional()
    .transform(name => name ?? null),
  // Commas and line breaks separate entries, and spaces around an entry are dropped.
  prefix: z
    .string()
    .default('')
    .refine(
      prefix => !/[,\r\n]/.test(prefix) && prefix.trim() === prefix,
      'A prefix has no comma, no line break, and no spaces around it',
    ),
  expires: z.string().optional(),
  days: z.string().optional(),
});

/** The requested token. */
export interface TokenRequest {
  readonly scope: Scope;
  readonly name: string | null;
  readonly prefix: string;
  readonly expiresAt: Timestamp | null;
}

/** The options of `dalsegno token` as they were given. */
export interface GivenTokenOptions {
  readonly scope?: string | undefined;
  readonly name?: string | undefined;
  readonly prefix?: string | undefined;
  readonly expires?: string | undefined;
  readonly days?: string | undefined;
}

/** The token that the options of `dalsegno token` request, or an error text. */
export function readTokenFlags(given: GivenTokenOptions, now: Timestamp): TokenRequest | string {
  const flags = Flags.safeParse(given);
  if (!flags.success) {
    return flags.error.issues
      .map(({ path, message }) => `--${path.join('.')}: ${message}`)
      .join('\n');
  }
  const { scope, name, prefix, expires, days } = flags.data;
  const expiresAt = readExpiresAt({ expires, days }, now);
  return typeof expiresAt === 'object'
    ? { scope, name, prefix, expiresAt: expiresAt.at }
    : expiresAt;
}

/** When the token expires, or an error text. */
function readExpiresAt(
  { expires, days }: { expires: string | undefined; days: string | undefined },
  now: Timestamp,
): { readonly at: Timestamp | null } | string {
  if (expires !== undefined && days !== undefined)
    return '--days: Give --expires or --days, not both';
  if (days !== undefined) {
    const count = /^[1-9][0-9]{0,4}$/.test(days) ? Number(days) : 0;
    if (count < 1 || count > MAX_DAYS)
      return `--days: Expected a whole number from 1 to ${MAX_DAYS}`;
    // In whole seconds: entries have no fractions.
    const from = toUnixMicros(now) - (toUnixMicros(now) % 1_000_000n);
    return { at: fromUnixMicros(from + BigInt(count) * MICROS_A_DAY) };
  }
  if (expires === undefined) return { at: null };
  const at = readExpiry(expires);
  if (at === null)
    return '--expires: Expected a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z';
  if (toUnixMicros(at) <= toUnixMicros(now)) return `--expires: ${at} is in the past`;
  return { at };
}
