import { toBase64Url } from './base64url.ts';

/** The only source of randomness. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
  /** A unique name: 128 bits as 32 hexadecimal digits. */
  id(): string;
  /** A secret that cannot be guessed: 256 bits in base64url. */
  secret(): string;
}

const SECRET_BYTES = 32;

export const systemRandom: Random = {
  fraction: () => Math.random(),
  id: () => crypto.randomUUID().replaceAll('-', ''),
  secret: () => toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))),
};
