import { countText } from '../../text/count.ts';
import type { Dated, SweepReport } from '../../text/stats.ts';
import { ReportPanel } from './report-panel.tsx';

const COUNTS = ['examined', 'recovered', 'failed', 'cancelled', 'skipped', 'errors'] as const;
const BEFORE =
  'No report yet. A sweep takes jobs from holders whose leases have expired, so that another worker can claim them.';

/** What the last pass over the leases did. */
export function SweepPanel({ report }: { report: Dated<SweepReport> | null }) {
  return (
    <ReportPanel title="Sweep" path="/v1/sweep" action="Sweep now" last={report} before={BEFORE}>
      {(shown: SweepReport) => (
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
    </ReportPanel>
  );
}
