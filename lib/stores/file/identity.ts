import { type BigIntStats, fstatSync } from 'node:fs';
import { stampOf } from './stat.ts';

/** Tells a file or folder from another one that took its name, as long as it is held open. */
export type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/** What has this name now; null when nothing has it. */
export function identityAt(path: string): Identity | null {
  return stampOf(path);
}

/** What is open, whatever its name is by now. */
export function identityOfOpen(fd: number): Identity {
  return fstatSync(fd, { bigint: true });
}

export function isSame(left: Identity, right: Identity | null): boolean {
  return right !== null && left.ino === right.ino && left.dev === right.dev;
}
