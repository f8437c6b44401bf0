import { useCallback, useMemo, useState } from 'preact/hooks';
import { now } from '../../state/time.ts';
import { countText } from '../../text/count.ts';
import { durationText } from '../../text/duration.ts';
import { type ExactObject, textAt } from '../../text/exact-json.ts';
import { localText } from '../../text/instant.ts';
import { eventText, type HistoryEvent, historyOf, tenuresOf } from '../../text/job-history.ts';
import { cellText, type SheetCell } from '../../text/sheet-cell.ts';
import { spanOf } from '../../text/time-scale.ts';
import { visibleText } from '../../text/visible-text.ts';
import { Canvas, type Sheet } from '../canvas.tsx';
import { drawTimeline, heightOfTimeline, sheetAtHeight } from './draw-timeline.ts';

/** The picture of what runs moves in steps of this, so that it is not drawn every second. */
const STEP_MS = 5_000;

/** When the sheets ran and who had the job, as a picture and as a list. */
export function Timeline({ state, cells }: { state: ExactObject; cells: readonly SheetCell[] }) {
  const events = useMemo(() => historyOf(state), [state]);
  const isRunning = textAt(state, 'status') === 'running';
  const until = isRunning ? Math.floor(now.value / STEP_MS) * STEP_MS : null;
  const span = useMemo(() => spanOf(cells, events, until), [cells, events, until]);
  const [readout, setReadout] = useState('');
  const draw = useCallback(
    (sheet: Sheet) => {
      if (span === null) return;
      const tenures = tenuresOf(events);
      drawTimeline(sheet, { cells, events, tenures, span, until: until ?? span.to });
    },
    [cells, events, span, until],
  );
  const heightOf = useCallback(() => heightOfTimeline(cells.length), [cells.length]);

  function pointAt(event: MouseEvent): void {
    const box = event.currentTarget;
    if (!(box instanceof HTMLElement)) return;
    const canvas = box.querySelector('canvas')?.getBoundingClientRect();
    const cell = cells[sheetAtHeight(event.clientY - (canvas?.top ?? 0), cells.length) - 1];
    setReadout(cell === undefined ? '' : readoutOf(cell, cells.length));
  }

  return (
    <div class="timeline">
      <section class="panel" aria-labelledby="timeline-title">
        <div class="panel-head">
          <h2 id="timeline-title">Sheets over time</h2>
          <span class="muted small readout" aria-hidden="true">
            {readout}
          </span>
        </div>
        {span === null ? (
          <p class="muted">No sheet has run yet.</p>
        ) : (
          <div class="timeline-box" onMouseMove={pointAt} onMouseLeave={() => setReadout('')}>
            <Canvas
              draw={draw}
              heightOf={heightOf}
              label={`${countText(cells.length)} sheets between ${localText(span.from)} and ${localText(span.to)}, each as a bar from its start to its end`}
            />
          </div>
        )}
      </section>
      <section class="panel" aria-labelledby="history-title">
        <h2 id="history-title">Changes of hands</h2>
        <History events={events} />
      </section>
    </div>
  );
}

/** The newest first. */
function History({ events }: { events: readonly HistoryEvent[] }) {
  if (events.length === 0)
    return (
      <p class="muted">
        The state has no history: the job was never leased, or another program saved it.
      </p>
    );
  return (
    <ol class="history">
      {events.toReversed().map((event, index, all) => (
        <li key={`${event.at} ${event.event} ${index}`} class={`event event-${event.event}`}>
          <time class="number muted" dateTime={new Date(event.at).toISOString()}>
            {localText(event.at)}
          </time>
          <span>
            <bdi>{visibleText(eventText(event))}</bdi>
            {event.reason === null ? null : (
              <bdi class="event-reason muted">{visibleText(event.reason)}</bdi>
            )}
          </span>
          <span class="muted small number">{gapText(event, all[index + 1])}</span>
        </li>
      ))}
    </ol>
  );
}

function gapText(event: HistoryEvent, before: HistoryEvent | undefined): string {
  return before === undefined ? '' : `+${durationText(event.at - before.at)}`;
}

function readoutOf(cell: SheetCell, total: number): string {
  const { startedAt, endedAt } = cell;
  const took = startedAt === null ? '' : `, ${durationText((endedAt ?? now.peek()) - startedAt)}`;
  return cellText(cell, total) + took;
}
