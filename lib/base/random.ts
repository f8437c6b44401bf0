import { toBase64Url } from './base64url.ts';

/** The one source of randomness. */
export interface Random {
  /** From 0 up to 1. */
  fraction(): number;
  /** 128 bits as 32 hexadecimal digits: a name that no one else has. */
  id(): string;
  /** 256 bits in base64url: what no one guesses. */
  secret(): string;
}

const SECRET_BYTES = 32;

export const systemRandom: Random = {
  fraction: () => Math.random(),
  id: () => crypto.randomUUID().replaceAll('-', ''),
  secret: () => toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))),
};
