import { now } from '../state/time.ts';
import { agoText } from '../text/duration.ts';
import { localText, millisOf } from '../text/instant.ts';

/** How long ago, with the moment itself in its title. */
export function Ago({ instant }: { instant: string | null | undefined }) {
  const millis = millisOf(instant);
  if (millis === null) return <span class="muted">–</span>;
  return (
    <time dateTime={instant ?? ''} title={localText(millis)}>
      {agoText(now.value - millis)}
    </time>
  );
}

/** The moment, and how long ago it was. */
export function Moment({ instant }: { instant: string | null | undefined }) {
  const millis = millisOf(instant);
  if (millis === null) return <span class="muted">–</span>;
  return (
    <time dateTime={instant ?? ''} title={instant ?? ''}>
      {localText(millis)} <span class="muted">({agoText(now.value - millis)})</span>
    </time>
  );
}
