import {
  type JointVersions,
  type JointWrite,
  replacedVersion,
  StoreError,
  type Version,
} from '../../store.ts';
import { columnIn, type PostgresClient, PostgresFault, type Statement, textIn } from './client.ts';
import { REFUSED } from './joint-text.ts';
import { labelIn } from './label.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';
import {
  createWriteStatements,
  type Deletion,
  type JointPart,
  type Write,
} from './write-statements.ts';

export interface Writer {
  /** The new version, or null where the precondition refused. */
  put(attempt: string, write: Write): Promise<Version | null>;
  /** As a durable `put`, in one statement with the others. */
  putWith(
    attempt: string,
    write: Omit<Write, 'durability'>,
    others: readonly JointWrite[],
  ): Promise<JointVersions | null>;
  delete(attempt: string, deletion: Deletion): Promise<boolean>;
  /** The receipts of the deletions of this key that are recorded. */
  receiptsOf(attempt: string, key: string): Promise<readonly string[]>;
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
    { attempt, write, version }: { attempt: string; write: Put; version: Version },
  ): Promise<Version | null> {
    const { isStored, replaced } = await findStored(run, write.key, version);
    if (isStored) return version;
    if (replaced !== null && replaced === replacedVersion(write.precondition)) return null;
    throw unknown(attempt);
  }

  function partOf(write: JointWrite): JointPart {
    if (write.kind === 'delete') {
      const { receipt } = write;
      const id = receipt === undefined ? mintId() : `${RECEIPT}${receipt}`;
      return { kind: 'delete', deletion: write, id };
    }
    const version = mintId() as Version;
    return { kind: 'put', write: { ...write, label: labelIn(write.label) }, version };
  }

  function putBy(
    statement: Statement,
    { attempt, write, version }: { attempt: string; write: Put; version: Version },
  ): Promise<Version | null> {
    const unclear = createUnclear();
    return session.tries(attempt, async run => {
      // Another try would store what another writer has deleted since.
      if (unclear.isSo()) {
        const { isStored, isDeleted = false } = await findStored(run, write.key, version);
        if (isStored) return version;
        if (isDeleted) throw unknown(attempt);
      }
      const rows = await unclear.note(() => rowsOf(run, statement));
      if (rows.length > 0) return version;
      return unclear.isSo() ? settle(run, { attempt, write, version }) : null;
    });
  }

  return {
    put(attempt, write) {
      const version = mintId() as Version;
      return putBy(texts.put(write, version), { attempt, write, version });
    },

    async putWith(attempt, write, others) {
      const version = mintId() as Version;
      const parts = others.map(partOf);
      const statement = texts.putWith(write, version, parts);
      const stored = await putBy(statement, { attempt, write, version });
      if (stored === null) return null;
      if (parts.some(({ kind }) => kind === 'delete')) deleted();
      return {
        version,
        others: parts.map(part => (part.kind === 'put' ? part.version : null)),
      };
    },

    async receiptsOf(attempt, key) {
      const rows = await session.run(attempt, texts.deletionsOf(key));
      const ids = rows.map(row => textIn(row, 0)).filter(id => id.startsWith(RECEIPT));
      return ids.map(id => id.slice(RECEIPT.length));
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

/** Before a receipt in the place of an id, which has none of it. */
const RECEIPT = 'receipt ';

type Put = Pick<Write, 'key' | 'precondition'>;

/** None where an object is there that must not be. */
async function rowsOf(run: PostgresClient['run'], statement: Statement) {
  try {
    return await run(statement);
  } catch (error) {
    if (error instanceof PostgresFault && error.code === REFUSED) return [];
    throw error;
  }
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
