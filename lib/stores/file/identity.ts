import { type BigIntStats, fstatSync } from 'node:fs';
import { statsOf } from './stat.ts';

/** Identifies a file or folder while it is open, even when another one takes its name. */
export type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/** Of the file that has this name now; null when none has it. */
export function identityAt(path: string): Identity | null {
  return statsOf(path);
}

/** Of the open file, independent of its name. */
export function identityOfOpen(fd: number): Identity {
  return fstatSync(fd, { bigint: true });
}

export function isSame(left: Identity, right: Identity | null): boolean {
  return right !== null && left.ino === right.ino && left.dev === right.dev;
}
