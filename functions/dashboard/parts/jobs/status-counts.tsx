import { stats } from '../../state/stats.ts';
import { now } from '../../state/time.ts';
import { countText } from '../../text/count.ts';
import { durationText } from '../../text/duration.ts';
import { millisOf } from '../../text/instant.ts';
import { type ListFilter, NO_FILTER, toggled } from '../../text/list-filter.ts';
import { STANDINGS, STATUSES, toneOfStatus, wordOf } from '../../text/status.ts';

interface Choice {
  readonly filter: ListFilter;
  readonly onFilter: (filter: ListFilter) => void;
}

/** How many jobs have each status; a click shows only those. */
export function StatusCounts({ filter, onFilter }: Choice) {
  const counts = stats.value;
  const more = counts?.at_least === true ? '+' : '';
  return (
    <div class="counts" role="group" aria-label="Status">
      <button
        type="button"
        class="count"
        aria-pressed={filter.status.length === 0}
        onClick={() => onFilter({ ...filter, status: [] })}
      >
        <span class="count-number number">
          {counts === null ? '–' : countText(counts.total) + more}
        </span>
        <span>all</span>
      </button>
      {STATUSES.map(status => (
        <button
          key={status}
          type="button"
          class={`count tone-${toneOfStatus(status)}`}
          aria-pressed={filter.status.includes(status)}
          onClick={() => onFilter({ ...filter, status: toggled(filter.status, status) })}
        >
          <span class="count-number number">
            {counts === null ? '–' : countText(counts.jobs[status] ?? 0) + more}
          </span>
          <span>
            <span class={`glyph glyph-${status}`} aria-hidden="true" />
            {wordOf(status)}
          </span>
        </button>
      ))}
    </div>
  );
}

/** Standings that somebody may have to look at, each with its count. */
const TROUBLE: readonly string[] = ['zombie', 'stalled', 'unleased'];

/** What deserves a look: standings of trouble, and how long the job at the head of the queue has waited. */
export function Attention({ filter, onFilter }: Choice) {
  const counts = stats.value;
  if (counts === null) return null;
  const trouble = TROUBLE.filter(standing => (counts.standing[standing] ?? 0) > 0);
  const oldest = millisOf(counts.oldest_waiting_at);
  if (trouble.length === 0 && oldest === null) return null;
  return (
    <div class="attention">
      {trouble.map(standing => (
        <button
          key={standing}
          type="button"
          class={`chip standing-${standing}`}
          title={STANDINGS[standing] ?? ''}
          aria-pressed={filter.standing.includes(standing)}
          onClick={() =>
            onFilter({ ...filter, standing: toggled(filter.standing, standing), order: 'newest' })
          }
        >
          <span class="number">{countText(counts.standing[standing] ?? 0)}</span> {standing}
        </button>
      ))}
      {oldest === null ? null : (
        <button
          type="button"
          class="chip"
          title="Show the jobs that wait, those that have waited longest first"
          onClick={() => onFilter({ ...NO_FILTER, standing: ['waiting'], order: 'oldest' })}
        >
          longest wait <span class="number">{durationText(now.value - oldest)}</span>
        </button>
      )}
    </div>
  );
}
