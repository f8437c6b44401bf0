import { now } from '../../state/time.ts';
import { countText } from '../../text/count.ts';
import { durationText } from '../../text/duration.ts';
import { millisOf } from '../../text/instant.ts';
import { NO_FILTER } from '../../text/list-filter.ts';
import { hashOf } from '../../text/route.ts';
import type { Stats } from '../../text/stats.ts';
import { STANDINGS, toneOfStanding } from '../../text/status.ts';
import { Bar } from '../bar.tsx';

/** Jobs by standing, and the leases. */
export function CountsPanel({ facts }: { facts: Stats }) {
  const oldest = millisOf(facts.oldest_waiting_at);
  const more = facts.at_least ? '+' : '';
  const rows = Object.entries(STANDINGS).map(([standing, meaning]) => ({
    standing,
    meaning,
    count: facts.standing[standing] ?? 0,
  }));
  return (
    <section class="panel" aria-labelledby="counts-title">
      <h2 id="counts-title">Jobs by standing</h2>
      <table class="plain">
        <thead class="sr-only">
          <tr>
            <th scope="col">Standing</th>
            <th scope="col">Jobs</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ standing, meaning, count }) => (
            <tr key={standing}>
              <th scope="row">
                <a
                  href={hashOf({ page: 'jobs', filter: { ...NO_FILTER, standing: [standing] } })}
                  title={meaning}
                >
                  {standing}
                </a>
              </th>
              <td class="number">{countText(count) + more}</td>
              <td class="share">
                <Bar
                  share={count / Math.max(1, facts.total)}
                  tone={count === 0 ? 'idle' : toneOfStanding(standing)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="facts">
        <div>
          <dt>All jobs</dt>
          <dd class="number">{countText(facts.total) + more}</dd>
        </div>
        <div>
          <dt>Live leases</dt>
          <dd class="number">{countText(facts.leases.live)}</dd>
        </div>
        <div>
          <dt>Of them stalled</dt>
          <dd class="number">{countText(facts.leases.stalled)}</dd>
        </div>
        <div>
          <dt>Longest wait</dt>
          <dd class="number">{oldest === null ? '–' : durationText(now.value - oldest)}</dd>
        </div>
        <div>
          <dt>Corrupt files</dt>
          <dd class={(facts.corrupt ?? 0) > 0 ? 'number tone-bad tone-text' : 'number'}>
            {facts.corrupt === null ? '–' : countText(facts.corrupt)}
          </dd>
        </div>
      </dl>
    </section>
  );
}
