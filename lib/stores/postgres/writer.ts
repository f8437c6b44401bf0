import { replacedVersion, StoreError, type Version } from '../../store.ts';
import { columnIn, type PostgresClient, PostgresFault, type Statement } from './client.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';
import { createWriteStatements, type Deletion, type Write } from './write-statements.ts';

export interface Writer {
  /** The new version, or null where the precondition refused. */
  put(attempt: string, write: Write): Promise<Version | null>;
  /** As a durable `put`, in one statement with an empty object under the key. */
  putWithEmpty(attempt: string, write: Write, emptyKey: string): Promise<Version | null>;
  delete(attempt: string, deletion: Deletion): Promise<boolean>;
}

export function createWriter({
  session,
  tables,
  mintId,
  deleted,
}: {
  readonly session: Session;
  readonly tables: Tables;
  /** Another visible ASCII text for each call, 64 bits or more. */
  readonly mintId: () => string;
  /** Called after each deletion. */
  readonly deleted: () => void;
}): Writer {
  const texts = createWriteStatements(tables);

  /**
   * Whether a try without an answer has stored this version, which is of no other write: the object has it, or it was replaced
   * or deleted since. A version that was replaced twice is not found. `isDeleted`: there is no object, and one with another version was
   * deleted lately.
   */
  async function findStored(run: PostgresClient['run'], key: string, version: Version) {
    const [row] = await run(texts.head(key));
    const replaced = columnIn(row, 1);
    if (columnIn(row, 0) === version || replaced === version) return { isStored: true, replaced };
    if ((await run(texts.deletionOf(version))).length > 0) return { isStored: true, replaced };
    const isDeleted = row === undefined && (await run(texts.deletionsOf(key))).length > 0;
    return { isStored: false, replaced, isDeleted };
  }

  function unknown(attempt: string): StoreError {
    return new StoreError(
      `Cannot ${attempt}: a try got no answer, and the stored object does not show whether it succeeded`,
    );
  }

  /** After a refusal. It was another write that replaced what this one was to replace, or nothing shows it. */
  async function settle(
    run: PostgresClient['run'],
    { attempt, write, version }: { attempt: string; write: Write; version: Version },
  ): Promise<Version | null> {
    const { isStored, replaced } = await findStored(run, write.key, version);
    if (isStored) return version;
    if (replaced !== null && replaced === replacedVersion(write.precondition)) return null;
    throw unknown(attempt);
  }

  function putBy(
    statement: Statement,
    { attempt, write, version }: { attempt: string; write: Write; version: Version },
  ): Promise<Version | null> {
    const unclear = createUnclear();
    return session.tries(attempt, async run => {
      // Another try would store what another writer has deleted since.
      if (unclear.isSo()) {
        const { isStored, isDeleted = false } = await findStored(run, write.key, version);
        if (isStored) return version;
        if (isDeleted) throw unknown(attempt);
      }
      const rows = await unclear.note(() => run(statement));
      if (rows.length > 0) return version;
      return unclear.isSo() ? settle(run, { attempt, write, version }) : null;
    });
  }

  return {
    put(attempt, write) {
      const version = mintId() as Version;
      return putBy(texts.put(write, version), { attempt, write, version });
    },

    putWithEmpty(attempt, write, emptyKey) {
      const version = mintId() as Version;
      const empty = { key: emptyKey, version: mintId() as Version };
      return putBy(texts.putWithEmpty(write, version, empty), { attempt, write, version });
    },

    delete(attempt, deletion) {
      const { key, precondition } = deletion;
      if (precondition.kind === 'absent') {
        return session.tries(attempt, async run => (await run(texts.head(key))).length === 0);
      }
      const id = mintId();
      const statement = texts.delete(deletion, id);
      const unclear = createUnclear();
      return session.tries(attempt, async run => {
        // Another try would delete what another writer has stored since.
        if (unclear.isSo() && (await run(texts.deletion(id))).length > 0) return true;
        const rows = await unclear.note(() => run(statement));
        if (rows.length > 0) deleted();
        if (rows.length > 0 || precondition.kind === 'none') return true;
        return unclear.isSo() && (await run(texts.deletion(id))).length > 0;
      });
    },
  };
}

/** Remembers whether a try may have been carried out without an answer. */
function createUnclear(): { note<T>(task: () => Promise<T>): Promise<T>; isSo(): boolean } {
  let unclear = false;
  return {
    async note(task) {
      try {
        return await task();
      } catch (error) {
        if (error instanceof PostgresFault && error.kind === 'unclear') unclear = true;
        throw error;
      }
    },
    isSo: () => unclear,
  };
}
