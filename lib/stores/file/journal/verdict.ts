import type { JournalRecord } from './dead-journal.ts';

/** What a file looks like after a crash of the machine. */
export interface FoundFile {
  readonly modifiedAtNs: bigint;
  readonly body: Uint8Array;
}

/** What has to happen to a file so that it is as its writers know it. */
export type Verdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'remove' }
  | { readonly kind: 'write'; readonly record: JournalRecord };

const KEEP: Verdict = { kind: 'keep' };

/**
 * The records of each key from all journals, the oldest first. Writes that did not happen are left out, and so are puts
 * whose files were synced, with all that came before them: a process that was killed leaves records of writes that did not
 * happen. Deletions stay: another journal may have an older put of the key.
 */
export function mergeRecords(
  journals: readonly (readonly JournalRecord[])[],
): Map<string, JournalRecord[]> {
  const byKey = Map.groupBy(journals.flat(), ({ key }) => key);
  for (const [key, records] of byKey) {
    const voided = new Set(
      records.filter(({ kind }) => kind === 'void').map(({ modifiedAtNs }) => modifiedAtNs),
    );
    const written = records.filter(({ kind, stampNs }) => kind !== 'void' && !voided.has(stampNs));
    const syncedNs = written
      .filter(({ kind, isSynced }) => kind === 'put' && isSynced)
      .reduce<bigint | null>((last, { stampNs }) => maxOf(last, stampNs), null);
    const left = written
      .filter(({ stampNs }) => syncedNs === null || stampNs > syncedNs)
      .toSorted((one, other) => Number(one.stampNs - other.stampNs));
    if (left.length === 0) byKey.delete(key);
    else byKey.set(key, left);
  }
  return byKey;
}

function maxOf(one: bigint | null, other: bigint): bigint {
  return one === null || other > one ? other : one;
}

/** Judges the file of a key by its records, as `mergeRecords` returns them. Pure. */
export function judgeFile(records: readonly JournalRecord[], found: FoundFile | null): Verdict {
  const last = records.at(-1);
  if (last === undefined) return KEEP;
  const isOwn = found !== null && isRecorded(records, found);
  if (last.kind !== 'put') return isOwn ? { kind: 'remove' } : KEEP;
  if (found === null) return isCreated(records) ? { kind: 'write', record: last } : KEEP;
  // Another program has written it since.
  if (!isOwn && found.modifiedAtNs > last.modifiedAtNs) return KEEP;
  const isLast = found.modifiedAtNs === last.modifiedAtNs && isTornOf(found.body, last.body);
  const isWhole =
    found.body.byteLength === last.body.byteLength && isSameBody(found.body, last.body);
  return isLast && isWhole ? KEEP : { kind: 'write', record: last };
}

/** Whether the file was written, or replaced, by one of the records. */
function isRecorded(records: readonly JournalRecord[], found: FoundFile): boolean {
  return records.some(
    ({ kind, modifiedAtNs, replacedNs, body }) =>
      modifiedAtNs === found.modifiedAtNs ||
      replacedNs === found.modifiedAtNs ||
      (kind === 'put' && isTornOf(found.body, body)),
  );
}

/**
 * Whether the last object of the key began within the records, or shortly before: another program that adds a file may
 * not sync its name. Only then the name may be missing after a crash. One that was there for longer, and is gone, was
 * deleted.
 */
function isCreated(records: readonly JournalRecord[]): boolean {
  const lastDeletion = records.findLastIndex(({ kind }) => kind !== 'put');
  const first = records[0];
  return lastDeletion >= 0 || first?.replacedNs === null || first?.replacesYoung === true;
}

/** Whether this can be what a crash has left of a body: some bytes are missing, or zero. */
function isTornOf(found: Uint8Array, body: Uint8Array): boolean {
  return (
    found.byteLength <= body.byteLength &&
    found.every((byte, index) => byte === 0 || byte === body[index])
  );
}

function isSameBody(found: Uint8Array, body: Uint8Array): boolean {
  return Buffer.compare(found, body) === 0;
}
