import { countText } from '../../text/count.ts';
import type { Stats } from '../../text/stats.ts';

/** Holders that were taken for dead and came back, and how much longer a ttl would have been long enough. */
export function AlarmsPanel({ facts }: { facts: Stats }) {
  const alarms = facts.false_alarms;
  return (
    <section class="panel" aria-labelledby="alarms-title">
      <h2 id="alarms-title">False alarms</h2>
      {alarms === null ? (
        <p class="muted">Only a token for all jobs is shown them.</p>
      ) : alarms.count === 0 ? (
        <p class="muted">
          Every holder that was taken for dead stayed away: the ttl of the leases is long enough.
        </p>
      ) : (
        <>
          <dl class="facts">
            <div>
              <dt>Holders that came back</dt>
              <dd class="number">{countText(alarms.count)}</dd>
            </div>
            <div>
              <dt>Worst, late by</dt>
              <dd class="number">{alarms.worst_late_seconds} s</dd>
            </div>
          </dl>
          <p class="muted">
            They were busy, not dead. Lease for {Math.ceil(alarms.worst_late_seconds * 1.2)} s
            longer, or send heartbeats from a thread of their own. The page of a job names the ttl
            that fits it.
          </p>
        </>
      )}
    </section>
  );
}
