/** The one source of randomness. */
export interface Random {
  /** From 0 up to 1. */
  fraction(): number;
  /** 128 bits as 32 hexadecimal digits: a name that no one else has. */
  id(): string;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  id: () => crypto.randomUUID().replaceAll('-', ''),
};
