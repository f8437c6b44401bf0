import type { StoredEntry } from '../../store.ts';
import { merged, type Source } from './merged.ts';
import type { ShardClient } from './shard-client.ts';

/** Most lists are read for their first entries. */
const FIRST = 64;
const LATER = 1_000;

/** The keys of several shards as one list. */
export function listOf(
  clients: readonly ShardClient[],
  query: { readonly prefix: string; readonly after: string; readonly tag: string | null },
  attempt: string,
): AsyncGenerator<StoredEntry> {
  return merged(
    clients.map(client => sourceOf(client, query, attempt)),
    (left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)),
  );
}

function sourceOf(
  client: ShardClient,
  {
    prefix,
    after,
    tag,
  }: { readonly prefix: string; readonly after: string; readonly tag: string | null },
  attempt: string,
): Source<StoredEntry> {
  let next: string | null = after;
  let limit = FIRST;
  return {
    async more() {
      while (next !== null) {
        const query = { prefix, after: next, tag, limit };
        const page = client.valueOf(await client.call(attempt, port => port.list(query)));
        next = page.next;
        limit = LATER;
        if (page.entries.length > 0) return page.entries;
      }
      return [];
    },
  };
}
