import {
  type GroupCounts,
  type OrderedLists,
  type PageQuery,
  type PlacedEntry,
  placedOrder,
  StoreError,
} from '../../store.ts';
import type { ShardCounts, ShardPage } from '../shard-port.ts';
import { merged, type Source } from './merged.ts';
import type { ShardClient } from './shard-client.ts';

/** Beyond its share of a page each shard is asked for so many standard deviations more. */
const MARGIN = 1.5;

/** Pages and counts of the catalogues of all shards. */
export function createOrderedPages(
  clients: readonly ShardClient[],
  { knowComplete }: { readonly knowComplete: (isComplete: boolean) => void },
): Pick<OrderedLists, 'page'> & { countGroups(folder: string): Promise<GroupCounts> } {
  function check<Answer extends ShardPage | ShardCounts>(answer: Answer): Answer {
    if (answer.isComplete) return answer;
    knowComplete(false);
    throw new StoreError('Cannot list by place: a shard has not found all objects yet');
  }

  function sourceOf(client: ShardClient, folder: string, query: PageQuery): Source<PlacedEntry> {
    const share = query.limit / clients.length;
    const first = Math.ceil(share + (clients.length === 1 ? 0 : MARGIN * Math.sqrt(share)));
    let { after } = query;
    let limit = Math.min(first, query.limit);
    let isEnd = limit === 0;
    return {
      async more() {
        if (isEnd) return [];
        const asked = { ...query, after, limit };
        const answer = await client.call(`list "${folder}"`, port => port.page(folder, asked));
        const { entries } = check(answer);
        const last = entries.at(-1);
        isEnd = entries.length < limit;
        if (last !== undefined) after = { order: last.order, key: last.key };
        limit = Math.max(Math.ceil(share / 2), 1);
        return entries;
      },
    };
  }

  return {
    async page(folder, query) {
      const sources = clients.map(client => sourceOf(client, folder, query));
      const entries: PlacedEntry[] = [];
      if (query.limit === 0) return entries;
      for await (const entry of merged(sources, placedOrder(query.descending))) {
        entries.push(entry);
        if (entries.length === query.limit) break;
      }
      return entries;
    },

    async countGroups(folder) {
      const answers = await Promise.all(
        clients.map(client => client.call(`count "${folder}"`, port => port.count(folder))),
      );
      const groups = new Map<string, number>();
      let unplaced = 0;
      for (const answer of answers.map(check)) {
        unplaced += answer.unplaced;
        for (const [group, count] of answer.groups) {
          groups.set(group, (groups.get(group) ?? 0) + count);
        }
      }
      return { groups, unplaced };
    },
  };
}
