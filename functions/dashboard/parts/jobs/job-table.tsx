import { useLayoutEffect, useRef } from 'preact/hooks';
import { stats } from '../../state/stats.ts';
import type { JobRow } from '../../text/job-row.ts';
import { useVisibleRange } from '../visible-range.ts';
import { Row } from './row.tsx';
import { useRowHeight } from './row-height.ts';

const COLUMNS = ['Job', 'Status', 'Standing', 'Progress', 'Holder', 'Lease or wait', 'Activity'];

/** The rows that can be seen of all loaded jobs. */
export function JobTable({
  rows,
  hasMore,
  onShow,
}: {
  rows: readonly JobRow[];
  hasMore: boolean;
  onShow: (end: number) => void;
}) {
  const body = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const { start, end } = useVisibleRange(body, { count: rows.length, rowHeight });
  const oldestWaiting = stats.value?.oldest_waiting_at ?? null;

  useStillRows(body, rows, rowHeight);
  useLayoutEffect(() => onShow(end), [end, rows.length, onShow]);

  return (
    <div
      class="table"
      role="table"
      aria-label="Jobs"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={COLUMNS.length}
    >
      <div class="table-head" role="rowgroup">
        <div class="row" role="row" aria-rowindex={1}>
          {COLUMNS.map(name => (
            <div key={name} role="columnheader">
              {name}
            </div>
          ))}
        </div>
      </div>
      <div
        ref={body}
        class="table-body"
        role="rowgroup"
        style={{ height: `${rows.length * rowHeight}px` }}
      >
        {rows.slice(start, end).map((job, offset) => (
          <Row
            key={job.job_id}
            job={job}
            index={start + offset}
            top={(start + offset) * rowHeight}
            isOldest={oldestWaiting !== null && job.waiting_since === oldestWaiting}
          />
        ))}
      </div>
    </div>
  );
}

/**
 * Keeps what somebody reads in its place: when jobs come to the top of the list, the page scrolls by as much. At the top
 * itself new jobs push the others down.
 */
function useStillRows(
  body: { readonly current: HTMLElement | null },
  rows: readonly JobRow[],
  rowHeight: number,
): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = rows;
    if (old === rows || body.current === null) return;
    const { top } = body.current.getBoundingClientRect();
    const first = Math.floor(-top / rowHeight);
    if (first <= 0) return;
    const places = new Map(rows.map(({ job_id }, index) => [job_id, index]));
    for (let index = first; index < Math.min(old.length, first + 40); index++) {
      const place = places.get(old[index]?.job_id ?? '');
      if (place === undefined || Math.abs(place - index) > 500) continue;
      if (place !== index)
        globalThis.scrollBy({ top: (place - index) * rowHeight, behavior: 'instant' });
      return;
    }
  }, [body, rows, rowHeight]);
}
