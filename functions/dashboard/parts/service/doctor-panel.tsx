import type { DoctorAnswer } from '../../../../lib/client/answers.ts';
import type { Dated } from '../../text/stats.ts';
import { CheckLine } from './check-line.tsx';
import { ReportPanel } from './report-panel.tsx';

const BEFORE =
  'This process has not examined its store yet. The examination writes and removes keys of its own, and touches no job.';

/** What the last examination of the store has shown. */
export function DoctorPanel({ verdict }: { verdict: Dated<DoctorAnswer> | null }) {
  return (
    <ReportPanel
      title="Doctor"
      path="/v1/doctor"
      action="Examine the store"
      last={verdict}
      before={BEFORE}
    >
      {({ leases, checks }: DoctorAnswer) => (
        <>
          <p>
            {leases ? (
              <strong class="tone-good tone-text">The store does what it should.</strong>
            ) : (
              <strong class="tone-bad tone-text">This process refuses leases on this store.</strong>
            )}
          </p>
          <ul class="checks">
            {checks.map(({ name, ok, detail }) => (
              <CheckLine key={name} isOk={ok} name={name} text={ok ? '' : detail} />
            ))}
          </ul>
        </>
      )}
    </ReportPanel>
  );
}
