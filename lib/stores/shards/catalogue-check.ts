import type { ObjectStore, StoredEntry } from '../../store.ts';
import type { ShardClient } from './shard-client.ts';

/** Where a comparison of the bodies with the catalogues continues. Plain data. */
export interface CheckCursor {
  readonly after: string;
  /** One of each shard. */
  readonly moments: readonly string[];
}

export interface CheckReport {
  /** Null when all bodies were compared. */
  readonly cursor: CheckCursor | null;
  readonly compared: number;
  readonly corrected: number;
}

/**
 * Compares up to `limit` bodies with the catalogues, behind a cursor, and corrects the catalogues. Rejects with a `StoreError`.
 * A complete run makes the catalogues complete.
 */
export async function checkCatalogues(
  {
    bodies,
    clients,
    folder,
    ownerOf,
  }: {
    readonly bodies: Pick<ObjectStore, 'list'>;
    readonly clients: readonly ShardClient[];
    readonly folder: string;
    /** The index of the client of a key. Keys without a client are left out. */
    readonly ownerOf: (key: string) => number;
  },
  { cursor, limit }: { readonly cursor: CheckCursor | null; readonly limit: number },
): Promise<CheckReport> {
  const prefix = `${folder}/`;
  const attempt = `compare "${prefix}"`;

  async function compareAll(
    part: { after: string | null; upTo: string | null; entries: readonly StoredEntry[] },
    moments: readonly string[] | null,
  ): Promise<{ moments: readonly string[]; corrected: number }> {
    const answers = await Promise.all(
      clients.map((client, index) => {
        const entries = part.entries.filter(({ key }) => ownerOf(key) === index);
        const asked = { ...part, folder, entries, moment: moments?.[index] ?? null };
        return client.call(attempt, port => port.compare(asked));
      }),
    );
    const corrected = answers.reduce((sum, answer) => sum + answer.corrected, 0);
    return { moments: answers.map(({ moment }) => moment), corrected };
  }

  // The shards have to know of what changes from now on before the list begins.
  const known = cursor ?? {
    after: prefix,
    moments: (await compareAll({ after: null, upTo: prefix, entries: [] }, null)).moments,
  };
  const entries: StoredEntry[] = [];
  let isEnd = true;
  for await (const entry of bodies.list(prefix, known.after)) {
    if (entries.length === limit) {
      isEnd = false;
      break;
    }
    entries.push(entry);
  }
  const upTo = isEnd ? null : (entries.at(-1)?.key ?? known.after);
  const { moments, corrected } = await compareAll(
    { after: known.after, upTo, entries },
    known.moments,
  );
  return {
    cursor: upTo === null ? null : { after: upTo, moments },
    compared: entries.length,
    corrected,
  };
}
