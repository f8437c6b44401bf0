import { useState } from 'preact/hooks';
import type { DoctorAnswer } from '../../../../lib/client/answers.ts';
import type { Dated } from '../../text/stats.ts';
import { Ago } from '../time.tsx';
import { CheckLine } from './check-line.tsx';
import { RunButton } from './run-button.tsx';

/** What the last examination of the store has shown. */
export function DoctorPanel({ verdict }: { verdict: Dated<DoctorAnswer> | null }) {
  const [own, setOwn] = useState<(DoctorAnswer & { readonly at?: string }) | null>(null);
  const shown = verdict ?? own;
  return (
    <section class="panel" aria-labelledby="doctor-title">
      <div class="panel-head">
        <h2 id="doctor-title">Doctor</h2>
        {shown?.at === undefined ? null : (
          <span class="muted small">
            <Ago instant={shown.at} />
          </span>
        )}
        <span class="spread" />
        <RunButton
          path="/v1/doctor"
          name="Examine the store"
          onReport={report => setOwn(report as unknown as DoctorAnswer)}
        />
      </div>
      {shown === null ? (
        <p class="muted">
          This process has not examined its store yet. The examination writes and removes keys of
          its own, and touches no job.
        </p>
      ) : (
        <>
          <p>
            {shown.leases ? (
              <strong class="tone-good tone-text">The store does what it should.</strong>
            ) : (
              <strong class="tone-bad tone-text">This process refuses leases on this store.</strong>
            )}
          </p>
          <ul class="checks">
            {shown.checks.map(({ name, ok, detail }) => (
              <CheckLine key={name} isOk={ok} name={name} text={ok ? '' : detail} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
