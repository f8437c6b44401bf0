import { closeSync } from 'node:fs';
import { StoreError } from '../../../store.ts';
import { readBodySync } from '../body.ts';
import type { Permissions } from '../permissions.ts';
import { removeFile } from '../remove-file.ts';
import { statsOf } from '../stat.ts';
import { syncFolder } from '../sync-folder.ts';
import { createTemporaryIn } from '../temporaries/new-file.ts';
import { renameTemporary, writeTemporary } from '../temporaries/temporary.ts';
import { SYSTEM_WRITES } from '../temporaries/write-body.ts';
import { type DeadJournal, openDeadJournal } from './dead-journal.ts';
import { journalNames } from './journal-names.ts';
import { judgeFile, mergeRecords } from './verdict.ts';

export interface ReplayParts {
  readonly folder: string;
  readonly bootId: string | null;
  readonly permissions: Permissions;
  readonly placeOf: (key: string) => { readonly folder: string; readonly path: string };
  readonly makeFolder: (path: string) => void;
}

/**
 * Brings the files to what the journals of an earlier run of the machine say, and removes those journals. Must run alone
 * on the folder. It may be repeated after a crash at any moment. Journals of this run of the machine stay.
 */
export async function replayJournals(parts: ReplayParts): Promise<void> {
  const { folder, bootId } = parts;
  const journals: DeadJournal[] = [];
  try {
    for (const name of journalNames(folder)) {
      const journal = await openDeadJournal(`${folder}/${name}`);
      if (journal === null) continue;
      if (journal.header === null || journal.header.bootId !== bootId) journals.push(journal);
      else journal.close();
    }
    if (journals.length === 0) return;
    await applyRecords(journals, parts);
    for (const journal of journals) journal.remove();
    syncFolder(folder);
  } finally {
    for (const journal of journals) journal.close();
  }
}

async function applyRecords(journals: readonly DeadJournal[], parts: ReplayParts): Promise<void> {
  const read = [];
  for (const journal of journals) read.push(await journal.readRecords());
  const folders = new Set<string>();
  for (const [key, records] of mergeRecords(read)) {
    const place = placeOrNull(parts, key);
    if (place === null || isNoFile(place.path)) continue;
    const found = readBodySync(place.path);
    const verdict = judgeFile(
      records,
      found === null ? null : { modifiedAtNs: found.stats.mtimeNs, body: found.body },
    );
    // Also where nothing is to do: an earlier replay may have been interrupted before it synced the folder.
    folders.add(place.folder);
    if (verdict.kind === 'remove') removeFile(place.path);
    if (verdict.kind !== 'write') continue;
    parts.makeFolder(place.folder);
    await writeWhole(place, verdict.record, parts.permissions);
  }
  for (const folder of folders) {
    parts.makeFolder(folder);
    syncFolder(folder);
  }
}

/** Null for a key that leads out of the directory. */
function placeOrNull(
  { placeOf }: ReplayParts,
  key: string,
): ReturnType<ReplayParts['placeOf']> | null {
  try {
    return placeOf(key);
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

async function writeWhole(
  { folder, path }: { readonly folder: string; readonly path: string },
  { body, modifiedAtNs }: { readonly body: Uint8Array; readonly modifiedAtNs: bigint },
  permissions: Permissions,
): Promise<void> {
  const content = { body, modifiedAtNs, permissions, writes: SYSTEM_WRITES, reach: () => {} };
  const file = createTemporaryIn(folder, permissions.file);
  const temporary = await writeTemporary(file, { ...content, isSynced: true });
  try {
    renameTemporary(temporary, path);
  } finally {
    closeSync(temporary.fd);
  }
}

/** A folder or a special file of another program. */
function isNoFile(path: string): boolean {
  const stats = statsOf(path);
  return stats !== null && !stats.isFile();
}
