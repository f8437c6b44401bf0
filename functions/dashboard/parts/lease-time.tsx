import { now } from '../state/time.ts';
import { shortDuration } from '../text/duration.ts';
import { millisOf } from '../text/instant.ts';
import type { RowLease } from '../text/job-row.ts';
import { Bar } from './bar.tsx';

export interface LeaseFacts {
  readonly standing: string;
  readonly lease: RowLease | null;
  readonly waiting_since: string | null;
  readonly delayed_until: string | null;
}

/** The time left of a lease as a bar; for a job without a lease how long it waits. */
export function LeaseTime({ facts }: { facts: LeaseFacts }) {
  const { standing, lease } = facts;
  const expiresAt = millisOf(lease?.expires_at);
  if (lease === null || expiresAt === null) return <WaitingTime facts={facts} />;
  const left = expiresAt - now.value;
  const tone = left <= 0 ? 'bad' : standing === 'stalled' ? 'warn' : 'run';
  const text =
    standing === 'ending'
      ? 'ending'
      : left <= 0
        ? `over for ${shortDuration(-left)}`
        : `${shortDuration(left)} left`;
  return (
    <span class="lease-time">
      <Bar share={left <= 0 ? 1 : left / (lease.ttl_seconds * 1000)} tone={tone} />
      <span class={`number small ${left <= 0 ? 'tone-bad tone-text' : ''}`}>{text}</span>
    </span>
  );
}

function WaitingTime({ facts }: { facts: LeaseFacts }) {
  const delayedUntil = millisOf(facts.delayed_until);
  const since = millisOf(facts.waiting_since);
  if (delayedUntil !== null && delayedUntil > now.value) {
    return <span class="small">not before {shortDuration(delayedUntil - now.value)}</span>;
  }
  if (since === null) return <span class="muted">–</span>;
  return <span class="small">waits {shortDuration(now.value - since)}</span>;
}
