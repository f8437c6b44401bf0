import { countText, percentOf } from '../text/count.ts';
import type { Tone } from '../text/status.ts';

/** A share between 0 and 1 as a bar. What it shows is in the text beside it. */
export function Bar({ share, tone }: { share: number; tone: Tone }) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span class={`bar tone-${tone}`} aria-hidden="true">
      <span class="bar-fill" style={{ width }} />
    </span>
  );
}

/** Completed sheets of all sheets. */
export function Progress({
  done,
  total,
  tone,
}: {
  done: number | bigint;
  total: number | bigint;
  tone: Tone;
}) {
  return (
    <span class="progress">
      <Bar share={percentOf(done, total) / 100} tone={tone} />
      <span class="number">
        {countText(done)}
        <span class="muted"> / {countText(total)}</span>
      </span>
    </span>
  );
}
