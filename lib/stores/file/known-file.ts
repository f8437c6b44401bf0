import { hash } from 'node:crypto';
import type { StoredObject, Version } from '../../store.ts';
import { ownText } from '../own-text.ts';
import { readBodySync } from './body.ts';
import { isMissing, reasonOf } from './errno.ts';
import { nsText } from './labels/file-label.ts';
import { type FileStats, statsOf, versionOf } from './stat.ts';

/** What a follower has reported of one file. For almost all files this is only the version. */
export type KnownFile =
  | Version
  | YoungFile
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Modified too recently to trust the version: the digest shows whether the bytes are the same. */
interface YoungFile {
  readonly kind: 'young';
  readonly version: Version;
  readonly digest: string;
}

/** The result of checking a file. */
export type Finding =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly known: KnownFile; readonly reason: string }
  | (Read & { readonly kind: 'stored'; readonly object: StoredObject })
  /** Read again and unchanged. Only its age differs. */
  | (Read & { readonly kind: 'confirmed' });

interface Read {
  readonly known: Version | YoungFile;
  /** As in a `FileLabel`. Null where it does not tell this content from a later one. */
  readonly changedAtNs: string | null;
}

// File clocks tick every few milliseconds (4 on many kernels). If another program writes the same number of bytes
// again within one tick, then time, size and inode are unchanged.
const YOUNG_MS = 50;
const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** Checks a file, and reads it only if it may have changed. */
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
  const stats = statsOf(path);
  return stats !== null && versionOf(stats) === known;
}

function readAgain(path: string, known: KnownFile | undefined, nowMs: number): Finding {
  const found = readBodySync(path);
  if (found === null) return { kind: 'gone' };
  const { body, stats } = found;
  const version = ownText(versionOf(stats));
  const before = typeof known === 'object' && known.kind === 'young' ? known : null;
  const stillYoung = isYoung(stats, nowMs);
  // Most files are old enough to need no digest.
  const digest = stillYoung || before !== null ? hash('sha256', body, 'base64url') : '';
  const changedAtNs = changeTimeOf(stats, nowMs);
  const next = stillYoung ? { kind: 'young' as const, version, digest } : version;
  if (before?.version === version && before.digest === digest) {
    return { kind: 'confirmed', known: next, changedAtNs };
  }
  return { kind: 'stored', known: next, changedAtNs, object: { body, version } };
}

function isYoung({ mtimeNs, ctimeNs }: FileStats, nowMs: number): boolean {
  const limitNs = youngLimitNs(nowMs);
  return mtimeNs > limitNs && ctimeNs > limitNs;
}

/** Some file systems have times in whole seconds: too coarse to tell two changes apart. */
function changeTimeOf({ ctimeNs }: FileStats, nowMs: number): string | null {
  return ctimeNs > youngLimitNs(nowMs) || ctimeNs % NS_PER_SECOND === 0n ? null : nsText(ctimeNs);
}

function youngLimitNs(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs - YOUNG_MS)) * NS_PER_MS;
}
