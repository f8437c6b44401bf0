import { type ExactValue, exactText } from '../../text/exact-json.ts';
import { visibleText } from '../../text/visible-text.ts';
import type { Why } from '../../text/why.ts';
import { LeaseTime } from '../lease-time.tsx';
import { Standing, StatusPill } from '../pill.tsx';
import { Ago } from '../time.tsx';

/** Why the job is where it is, in words: what is the case, by which evidence, what happens next, and what is safe. */
export function WhyPanel({ why, asOf }: { why: Why; asOf: string | null }) {
  const { lease, false_alarms: alarms } = why;
  return (
    <section class="panel why" aria-labelledby="why-title">
      <div class="why-main">
        <div class="why-head">
          {why.status === null ? null : <StatusPill status={why.status} />}
          <Standing standing={why.standing} />
          {why.since === null ? null : (
            <span class="muted small">
              since <Ago instant={why.since} />
            </span>
          )}
          {asOf === null ? null : <span class="muted small">as of {asOf}</span>}
          {why.requested === null ? null : (
            <span class="tag">{why.requested} requested of the holder</span>
          )}
        </div>
        <h2 id="why-title" class="why-summary">
          <bdi>{visibleText(why.summary)}</bdi>
        </h2>
        <p>
          <span class="muted">Next: </span>
          <bdi>{visibleText(why.next)}</bdi>
        </p>
        {alarms === null ? null : (
          <p>
            <span class="muted">False alarms: </span>
            {alarms.false_alarms}, worst {alarms.worst_late_seconds} s late. A ttl of{' '}
            {alarms.suggested_ttl_seconds} s would have been long enough.
          </p>
        )}
        {lease === null ? null : (
          <div class="why-lease">
            <LeaseTime
              facts={{ standing: why.standing, lease, waiting_since: null, delayed_until: null }}
            />
            {lease.progress === null || lease.progress === undefined ? null : (
              <span class="small">
                <span class="muted">progress </span>
                <code>{exactText(lease.progress as ExactValue)}</code>
              </span>
            )}
          </div>
        )}
      </div>
      <Column title="Evidence" lines={why.evidence} />
      <Column title="Safe to do" lines={why.safe} />
    </section>
  );
}

function Column({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div class="why-column">
      <h3>{title}</h3>
      <ul>
        {lines.map(line => (
          <li key={line}>
            <bdi>{visibleText(line)}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}
