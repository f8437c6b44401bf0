import { syncFolder } from '../sync-folder.ts';
import { type JournalRecord, openDeadJournal } from './dead-journal.ts';
import { journalNames } from './journal-names.ts';
import { filesOf, type SyncFiles } from './sync-files.ts';
import { TOMBSTONE_NS } from './tombstones.ts';

/**
 * Takes over the journals of processes that died in this run of the machine. Their files are complete, and only have to
 * be synced. A journal with young deletions stays for a while, if there are others: see `Tombstones`.
 */
export function createAdoption(parts: {
  readonly folder: string;
  readonly bootId: string | null;
  readonly sync: SyncFiles;
  readonly nowNs: () => bigint;
}): () => Promise<void> {
  const { folder, bootId, sync, nowNs } = parts;
  /** The synced journals that stay, and until when. */
  const kept = new Map<string, bigint>();

  async function adopt(name: string): Promise<void> {
    const keptUntil = kept.get(name);
    const mustStay = () => journalNames(folder).some(other => other !== name);
    if (keptUntil !== undefined && nowNs() < keptUntil && mustStay()) return;
    const journal = await openDeadJournal(`${folder}/${name}`);
    if (journal === null) return;
    try {
      // What another run of the machine has left is replayed when a store opens.
      if (journal.header !== null && journal.header.bootId !== bootId) return;
      if (keptUntil === undefined) {
        const deletedAtNs = await syncRecords(await journal.readRecords());
        if (nowNs() < deletedAtNs + TOMBSTONE_NS && mustStay()) {
          kept.set(name, deletedAtNs + TOMBSTONE_NS);
          return;
        }
      }
      journal.remove();
      syncFolder(folder);
    } finally {
      journal.close();
    }
  }

  /** Returns when the last durable deletion was. */
  async function syncRecords(records: readonly JournalRecord[]): Promise<bigint> {
    await sync(filesOf(records.filter(({ isSynced }) => !isSynced)));
    return records
      .filter(({ kind }) => kind === 'delete')
      .reduce((latest, { stampNs }) => (stampNs > latest ? stampNs : latest), -TOMBSTONE_NS);
  }

  return async () => {
    const names = journalNames(folder);
    for (const name of kept.keys()) {
      if (!names.includes(name)) kept.delete(name);
    }
    for (const name of names) await adopt(name);
  };
}
