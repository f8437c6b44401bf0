import { crc32 } from 'node:zlib';
import type { Version } from '../../../store.ts';

/** The label of a file, and which content of the file it belongs to. */
export interface FileLabel {
  readonly key: string;
  readonly version: Version;
  /**
   * The time of the last change of the file or of its data (`ctime`), in nanoseconds since 1970. No program can set it,
   * so it differs also where another content has the time, size and inode of the earlier one.
   */
  readonly changedAtNs: string;
  readonly text: string;
}

/** Shows damage: a label is used only with the checksum that it was stored with. */
export function checksumOf({ key, version, changedAtNs, text }: FileLabel): number {
  return crc32(`${key}\n${version}\n${changedAtNs}\n${text}`);
}

/** What identifies a content of a file, with times in milliseconds. */
interface RoughStats {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly ino: number;
}

/** Numbers of milliseconds since 1970 are exact to a quarter of it. */
const MICROSECOND_MS = 0.001;
const NS_PER_MS = 1e6;

/**
 * Whether the label is one of the file with these stats, without the digits below a microsecond. A label is stored only
 * where its content was read 50 ms after the last change of the file. So every later change has another time, and no program can set
 * `ctime`. The inode must not be rounded.
 */
export function isRoughlySame(stats: RoughStats, { version, changedAtNs }: FileLabel): boolean {
  if (!isSameTime(stats.ctimeMs, Number(changedAtNs))) return false;
  const size = version.indexOf('-');
  const ino = version.lastIndexOf('-');
  return (
    Number.parseInt(version.slice(ino + 1), 36) === stats.ino &&
    Number.parseInt(version.slice(size + 1, ino), 36) === stats.size &&
    isSameTime(stats.mtimeMs, Number.parseInt(version.slice(0, size), 36))
  );
}

function isSameTime(ms: number, ns: number): boolean {
  return Math.abs(ms - ns / NS_PER_MS) < MICROSECOND_MS;
}

/** How long a system takes at most to write changed data to the disk on its own. */
const SETTLED_NS = 600_000_000_000n;

/**
 * A crash of the machine may take away the data of a file and leave its times. So under another run of the machine
 * only labels of files count that were not changed for ten minutes before something was last stored here.
 */
export function settledBefore(seenAtNs: string): string {
  const settled = BigInt(seenAtNs) - SETTLED_NS;
  return String(settled > 0n ? settled : 0n).padStart(NS_DIGITS, '0');
}

/** Nanoseconds as text whose order is that of the times. */
export function nsText(ns: bigint): string {
  return String(ns).padStart(NS_DIGITS, '0');
}

const NS_DIGITS = 19;
