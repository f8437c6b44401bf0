import { effect, useSignal } from '@preact/signals';
import { useCallback, useEffect, useMemo } from 'preact/hooks';
import { Fault } from '../parts/fault.tsx';
import { BulkMenu } from '../parts/jobs/bulk-menu.tsx';
import { CorruptFiles } from '../parts/jobs/corrupt-files.tsx';
import { NoJobs, NoMatches } from '../parts/jobs/empty-list.tsx';
import { FilterBar } from '../parts/jobs/filter-bar.tsx';
import { JobTable } from '../parts/jobs/job-table.tsx';
import { Attention, StatusCounts } from '../parts/jobs/status-counts.tsx';
import { useKeys } from '../parts/keyboard.ts';
import { createJobList } from '../state/job-list.ts';
import { replaceRoute } from '../state/navigation.ts';
import { pageLoader } from '../state/page-loader.ts';
import { addTask } from '../state/polling.ts';
import { stats } from '../state/stats.ts';
import { amountText } from '../text/count.ts';
import { filterText, isNarrow, type ListFilter, NO_FILTER, paramsOf } from '../text/list-filter.ts';

/** All jobs, or those of a filter. */
export function JobsPage({ filter }: { filter: ListFilter }) {
  const key = paramsOf(filter).toString();
  const list = useMemo(() => createJobList(abort => pageLoader(filter, abort)), [key]);
  // While the list of a new filter loads, the one before stays, so that nothing jumps.
  const shown = useSignal(list);
  useEffect(() => addTask(list.load), [list]);
  useEffect(
    () =>
      effect(() => {
        if (list.rows.value !== null || list.fault.value !== null) shown.value = list;
      }),
    [list],
  );
  useKeys({ j: () => focusRow(1), k: () => focusRow(-1) });

  const onFilter = useCallback(
    (next: ListFilter) => replaceRoute({ page: 'jobs', filter: next }),
    [],
  );
  const { rows, fault, hasMore, corrupt, show } = shown.value;
  const isLoading = shown.value !== list;
  return (
    <>
      <h1 class="sr-only">Jobs</h1>
      <StatusCounts filter={filter} onFilter={onFilter} />
      <FilterBar filter={filter} onFilter={onFilter}>
        <BulkMenu filter={filter} />
      </FilterBar>
      <div class="list-head">
        <span class="muted small number" role="status">
          {rows.value === null ? 'Loading…' : shownText(rows.value.length, hasMore.value, filter)}
        </span>
        <Attention filter={filter} onFilter={onFilter} />
      </div>
      <CorruptFiles files={corrupt.value} />
      <div class={isLoading ? 'is-loading' : ''} aria-busy={isLoading}>
        {fault.value !== null ? (
          <Fault fault={fault.value} />
        ) : rows.value === null ? null : rows.value.length > 0 ? (
          <JobTable rows={rows.value} hasMore={hasMore.value} onShow={show} />
        ) : isNarrow(filter) ? (
          <NoMatches text={filterText(filter)} onClear={() => onFilter(NO_FILTER)} />
        ) : (
          <NoJobs />
        )}
      </div>
    </>
  );
}

function shownText(count: number, hasMore: boolean, filter: ListFilter): string {
  if (count === 0) return '';
  if (!isNarrow(filter)) return amountText(Math.max(count, stats.peek()?.total ?? 0), 'job');
  return `${hasMore ? 'more than ' : ''}${amountText(count, 'job')} match`;
}

/** Gives the focus to the row behind or before the one that has it, or to the first that can be seen. */
function focusRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('.job-link')];
  const current = document.activeElement?.closest('.row')?.querySelector<HTMLElement>('.job-link');
  const index = current === null || current === undefined ? -1 : links.indexOf(current);
  const next = index < 0 ? links.find(isInView) : links[index + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function isInView(element: HTMLElement): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}
