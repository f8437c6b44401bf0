import type { ListPage, Rows } from '../../../lib/client/answers.ts';
import type { Exact } from '../../../lib/client/exact.ts';
import type { ListQuery } from '../../../lib/client/query.ts';
import type { Session } from './command.ts';

export interface PageOfRows<Row> extends Exact<ListPage<Row>> {
  readonly isFirst: boolean;
  /** Whether no page follows, be it that there are no more jobs or that there are as many as asked for. */
  readonly isLast: boolean;
}

const ROWS_OF_A_CALL = 1000;
/** Whole states may be large. */
const STATES_OF_A_CALL = 50;

/** The pages of a list with up to `rows` jobs. Ends early where nobody reads the output any more. */
export async function* pagesOf<View extends keyof Rows>(
  { client, io }: Session,
  query: ListQuery<View>,
  rows = Number.POSITIVE_INFINITY,
): AsyncGenerator<PageOfRows<Rows[View]>> {
  const most = query.view === 'full' ? STATES_OF_A_CALL : ROWS_OF_A_CALL;
  let left = rows;
  let cursor: string | undefined;
  let isFirst = true;
  do {
    const page = await client.page({ ...query, limit: Math.min(left, most), cursor });
    left -= page.value.jobs.length;
    cursor = page.value.next_cursor ?? undefined;
    yield { ...page, isFirst, isLast: cursor === undefined || left <= 0 };
    isFirst = false;
  } while (cursor !== undefined && left > 0 && !io.stdout.isClosed);
}
