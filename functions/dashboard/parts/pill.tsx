import { STANDINGS, toneOfStanding, toneOfStatus, wordOf } from '../text/status.ts';

/** The status of a job or a sheet. The word says it; colour and shape help to find it. */
export function StatusPill({ status }: { status: string }) {
  return (
    <span class={`pill tone-${toneOfStatus(status)}`}>
      <span class={`glyph glyph-${status}`} aria-hidden="true" />
      {wordOf(status)}
    </span>
  );
}

export function Standing({ standing }: { standing: string }) {
  return (
    <span class={`standing tone-${toneOfStanding(standing)}`} title={STANDINGS[standing] ?? ''}>
      {standing}
    </span>
  );
}
