import { connection, refreshNow } from '../state/polling.ts';
import { stats } from '../state/stats.ts';
import { localMillis, now } from '../state/time.ts';
import { shortDuration } from '../text/duration.ts';
import { clockText } from '../text/instant.ts';

/** Whether what is shown is of now, and a way to load it now. */
export function Freshness() {
  const { kind, lastGoodAt, fault } = connection.value;
  const seconds = stats.value?.poll_seconds ?? 5;
  // Read for the tick: the age grows while nothing else changes.
  const age = now.value > 0 && lastGoodAt !== null ? localMillis() - lastGoodAt : null;
  const since = lastGoodAt === null ? '' : ` since ${clockText(lastGoodAt)}`;
  const text = {
    starting: 'connecting',
    live: `live, every ${seconds} s`,
    slow: 'waiting for an answer',
    stale: `stale${since}`,
    offline: `offline${since}`,
  }[kind];
  const title = fault ?? (age === null ? '' : `Last answer ${shortDuration(age)} ago`);
  return (
    <button
      type="button"
      class={`freshness is-${kind}`}
      title={`${title}. Load now.`}
      onClick={refreshNow}
    >
      <span class="dot" aria-hidden="true" />
      <span>{text}</span>
      <span class="sr-only">, load now</span>
    </button>
  );
}

/** Says above the page that what it shows is old, and why. */
export function StaleBanner() {
  const { kind, lastGoodAt, fault } = connection.value;
  if (kind !== 'stale' && kind !== 'offline') return null;
  const what = kind === 'offline' ? 'Offline' : 'The service does not answer as it should';
  return (
    <div class="banner" role="alert">
      <strong>{what}.</strong> {fault}.{' '}
      {lastGoodAt === null
        ? 'Nothing has been loaded yet.'
        : `What you see is stale since ${clockText(lastGoodAt)}.`}
      <button type="button" class="button" onClick={refreshNow}>
        Try now
      </button>
    </div>
  );
}
