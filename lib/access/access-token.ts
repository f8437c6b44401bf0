import { sha256Base64Url, sha256Hex } from '../base/digest.ts';

/**
 * `dsa_<secret><checksum>`. Scanners for leaked secrets recognize the prefix. The checksum distinguishes a
 * mistyped token from an unknown one. The configuration contains only the SHA-256 of the whole text.
 */
export interface AccessToken {
  readonly text: string;
  readonly sha256: string;
}

const PREFIX = 'dsa_';
const SECRET_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
const TOKEN = new RegExp(
  `^${PREFIX}([0-9A-Za-z_-]{${SECRET_CHARACTERS}})([0-9A-Za-z_-]{${CHECKSUM_CHARACTERS}})$`,
);

/** `secret` is 256 random bits in base64url. */
export async function mintAccessToken(secret: string): Promise<AccessToken> {
  const text = `${PREFIX}${secret}${await checksumOf(secret)}`;
  return { text, sha256: await sha256Hex(text) };
}

/** The digest of a token. Null for other text: a truncated or mistyped token, or a different kind of text. */
export async function accessDigestOf(text: string): Promise<string | null> {
  const [, secret, checksum] = TOKEN.exec(text) ?? [];
  if (secret === undefined || checksum !== (await checksumOf(secret))) return null;
  return sha256Hex(text);
}

async function checksumOf(secret: string): Promise<string> {
  const digest = await sha256Base64Url(`${PREFIX}${secret}`);
  return digest.slice(0, CHECKSUM_CHARACTERS);
}
