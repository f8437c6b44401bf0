import { type ExactObject, isObject, numberAt, textAt } from './exact-json.ts';
import { millisOf } from './instant.ts';

/** One change of hands in the history of a job. */
export interface HistoryEvent {
  readonly at: number;
  readonly event: string;
  readonly epoch: number | null;
  readonly holder: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

/** The history in `dalsegno`, oldest first. Another program may have written anything there: what is no event is left out. */
export function historyOf(state: ExactObject): readonly HistoryEvent[] {
  const own = state['dalsegno'];
  const entries = isObject(own) ? own['history'] : null;
  if (!Array.isArray(entries)) return [];
  return entries
    .flatMap((entry: unknown) => (isObject(entry) ? eventIn(entry) : []))
    .toSorted((left, right) => left.at - right.at);
}

const SENTENCES: Readonly<Record<string, (event: HistoryEvent) => string>> = {
  created: ({ by }) => `Created${byText(by)}`,
  granted: ({ holder, epoch }) => `Leased to "${holder ?? '?'}"${epochText(epoch)}`,
  released: ({ holder }) => `Released${holder === null ? '' : ` by "${holder}"`}`,
  expired: ({ holder }) => `Taken from "${holder ?? '?'}": its lease had expired`,
  paused: ({ by }) => `Paused${byText(by)}`,
  resumed: ({ by }) => `Resumed${byText(by)}`,
  cancelled: ({ by }) => `Cancelled${byText(by)}`,
  failed: ({ by }) => `Failed${byText(by)}`,
  completed: ({ by }) => `Completed${byText(by)}`,
};

export function eventText(event: HistoryEvent): string {
  const sentence = SENTENCES[event.event];
  return sentence === undefined ? event.event.replaceAll('_', ' ') : sentence(event);
}

/** A time in which one holder had the job. */
export interface Tenure {
  readonly holder: string;
  readonly epoch: number | null;
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
}

/** From each grant to what ended it. A request of an operator that waits for the holder ends nothing. */
export function tenuresOf(events: readonly HistoryEvent[]): readonly Tenure[] {
  const tenures: Tenure[] = [];
  let open: Tenure | null = null;
  for (const { event, holder, epoch, at } of events) {
    if (event === 'created') continue;
    if (open !== null) tenures.push({ ...open, to: at });
    open = event === 'granted' ? { holder: holder ?? '?', epoch, from: at, to: null } : null;
  }
  return open === null ? tenures : [...tenures, open];
}

function eventIn(entry: ExactObject): HistoryEvent[] {
  const at = millisOf(textAt(entry, 'at'));
  const event = textAt(entry, 'event');
  if (at === null || event === null) return [];
  const epoch = numberAt(entry, 'epoch');
  return [
    {
      at,
      event,
      epoch: epoch === null ? null : Number(epoch),
      holder: textAt(entry, 'holder'),
      by: textAt(entry, 'by'),
      reason: textAt(entry, 'reason'),
    },
  ];
}

function byText(by: string | null): string {
  return by === null ? '' : ` by "${by}"`;
}

function epochText(epoch: number | null): string {
  return epoch === null ? '' : `, epoch ${epoch}`;
}
