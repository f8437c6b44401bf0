import { hash } from 'node:crypto';
import type { StoredObject, Version } from '../../store.ts';
import { ownText } from '../own-text.ts';
import { readBodySync } from './body.ts';
import { isMissing, reasonOf } from './errno.ts';
import { type Stamp, stampOf, versionOf } from './stat.ts';

/** What a follower has told of one file: of almost all of them no more than the version. */
export type KnownFile =
  | Version
  /** Too young to be sure of: the digest tells whether it is still the same. */
  | { readonly kind: 'young'; readonly version: Version; readonly digest: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What a look at a file found. */
export type Finding =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly known: KnownFile; readonly reason: string }
  | { readonly kind: 'stored'; readonly known: KnownFile; readonly object: StoredObject }
  /** Read again and found the same; only what is known of its age differs. */
  | { readonly kind: 'confirmed'; readonly known: KnownFile };

// Clocks of files tick every few milliseconds (4 on many kernels). Within one tick another program may
// write the same number of bytes again, and neither time nor size nor inode tells.
const YOUNG_MS = 50;
const NS_PER_MS = 1_000_000n;

/** Looks at a file and reads it only where what is known of it may no longer be so. */
export function examine(path: string, known: KnownFile | undefined, nowMs: number): Finding {
  try {
    return isCurrent(path, known) ? { kind: 'unchanged' } : readAgain(path, known, nowMs);
  } catch (error) {
    if (isMissing(error)) return { kind: 'gone' };
    const reason = reasonOf(error);
    const wasUnreadable = typeof known === 'object' && known.kind === 'unreadable';
    if (wasUnreadable && known.reason === reason) return { kind: 'unchanged' };
    return { kind: 'unreadable', reason, known: { kind: 'unreadable', reason } };
  }
}

function isCurrent(path: string, known: KnownFile | undefined): boolean {
  if (typeof known !== 'string') return false;
  const stamp = stampOf(path);
  return stamp !== null && versionOf(stamp) === known;
}

function readAgain(path: string, known: KnownFile | undefined, nowMs: number): Finding {
  const found = readBodySync(path);
  if (found === null) return { kind: 'gone' };
  const { body, stamp } = found;
  const version = ownText(versionOf(stamp));
  const before = typeof known === 'object' && known.kind === 'young' ? known : null;
  const stillYoung = isYoung(stamp, nowMs);
  // Of the many files that are old enough no digest is made.
  const digest = stillYoung || before !== null ? hash('sha256', body, 'base64url') : '';
  const next: KnownFile = stillYoung ? { kind: 'young', version, digest } : version;
  if (before?.version === version && before.digest === digest) {
    return { kind: 'confirmed', known: next };
  }
  return { kind: 'stored', known: next, object: { body, version } };
}

function isYoung({ mtimeNs, ctimeNs }: Stamp, nowMs: number): boolean {
  const limitNs = BigInt(Math.floor(nowMs - YOUNG_MS)) * NS_PER_MS;
  return mtimeNs > limitNs && ctimeNs > limitNs;
}
