import { useState } from 'preact/hooks';
import { countText } from '../../text/count.ts';
import type { Dated, SweepReport } from '../../text/stats.ts';
import { Ago } from '../time.tsx';
import { RunButton } from './run-button.tsx';

const COUNTS = ['examined', 'recovered', 'failed', 'cancelled', 'skipped', 'errors'] as const;

/** What the last pass over the leases did. */
export function SweepPanel({ report }: { report: Dated<SweepReport> | null }) {
  const [own, setOwn] = useState<(SweepReport & { readonly at?: string }) | null>(null);
  const shown = own ?? report;
  return (
    <section class="panel" aria-labelledby="sweep-title">
      <div class="panel-head">
        <h2 id="sweep-title">Sweep</h2>
        {shown?.at === undefined ? null : (
          <span class="muted small">
            <Ago instant={shown.at} />
          </span>
        )}
        <span class="spread" />
        <RunButton
          path="/v1/sweep"
          name="Sweep now"
          onReport={fresh => setOwn(fresh as unknown as SweepReport)}
        />
      </div>
      {shown === null ? (
        <p class="muted">
          No report yet. A sweep takes jobs from holders whose leases have expired, so that another
          worker can claim them.
        </p>
      ) : (
        <>
          <dl class="facts">
            {COUNTS.map(name => (
              <div key={name}>
                <dt>{name}</dt>
                <dd
                  class={
                    name === 'errors' && shown.errors > 0 ? 'number tone-bad tone-text' : 'number'
                  }
                >
                  {countText(shown[name])}
                </dd>
              </div>
            ))}
            <div>
              <dt>late renewals</dt>
              <dd class="number">{countText(shown.late_renewals.count)}</dd>
            </div>
          </dl>
          {shown.faults.length === 0 ? null : (
            <ul>
              {shown.faults.map(({ path, reason }) => (
                <li key={path}>
                  <code>{path}</code> <span class="muted">{reason}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}
