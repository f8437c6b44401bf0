import { type AccessList, readAccessList } from '../../lib/access/access-list.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { seededRandom } from './random.ts';

/** What follows a digest in an entry of `ACCESS_TOKENS`, by the name that a test gives the token. */
type Entries<Name extends string> = Readonly<Record<Name, string>>;

export interface Tokens<Name extends string> {
  readonly list: AccessList;
  /** As `ACCESS_TOKENS` holds them. */
  readonly setting: string;
  /** The token itself. */
  readonly textOf: (name: Name) => string;
  /** The header that shows it. */
  readonly as: (name: Name) => Readonly<Record<string, string>>;
}

/** Tokens with these entries, such as `{ etl: 'work:etl-' }`. */
export async function tokensOf<Name extends string>(entries: Entries<Name>): Promise<Tokens<Name>> {
  const random = seededRandom(7);
  const lines: string[] = [];
  const texts = new Map<string, string>();
  for (const [name, entry] of Object.entries<string>(entries)) {
    const token = await mintAccessToken(random.secret());
    lines.push(`${token.sha256}:${entry}`);
    texts.set(name, token.text);
  }
  const setting = lines.join(',');
  const textOf = (name: Name) => texts.get(name) ?? '';
  return {
    get list() {
      return accessListIn(setting);
    },
    setting,
    textOf,
    as: name => ({ Authorization: `Bearer ${textOf(name)}` }),
  };
}

/** The list that a setting holds; it must be right. */
export function accessListIn(setting: string): AccessList {
  const read = readAccessList(setting);
  if (!read.ok) throw new Error(read.reason);
  return read.list;
}
