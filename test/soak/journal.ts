import type { Word } from './worker-process.ts';

/** What the workers have told. */
export interface Journal {
  add(word: Word): void;
  /** Jobs that workers have brought to their end. */
  finished(): number;
  events(): Readonly<Record<string, number>>;
  /** Sheets that were begun more than once, and what came between; null where nothing tells why. */
  repeated(): readonly Repeated[];
}

export interface Repeated {
  readonly job: string;
  readonly sheet: number;
  readonly epochs: readonly number[];
  readonly why: string | null;
}

/** After these a sheet may be begun a second time: its holder was taken for dead, or failed at it. */
const REASONS: ReadonlySet<string> = new Set(['lost', 'uncertain', 'sheet-failed', 'error']);

export function createJournal(): Journal {
  const begun = new Map<string, { job: string; sheet: number; epochs: number[] }>();
  const reasons = new Map<string, Set<string>>();
  const events = new Map<string, number>();
  const finished = new Set<string>();

  return {
    add(word) {
      if (word.kind === 'begun') {
        const { job, sheet, epoch } = word;
        const known = begun.get(`${job} ${sheet}`) ?? { job, sheet, epochs: [] };
        known.epochs.push(epoch);
        begun.set(`${job} ${sheet}`, known);
        return;
      }
      const { type, job, detail } = word;
      const name = detail === '' ? type : `${type}: ${detail.replaceAll(/soak-\d+|\d{3,}/g, '…')}`;
      events.set(name.slice(0, 160), (events.get(name.slice(0, 160)) ?? 0) + 1);
      if (job === null) return;
      if (type === 'finished') finished.add(job);
      if (REASONS.has(type)) reasons.set(job, (reasons.get(job) ?? new Set()).add(name));
    },

    finished: () => finished.size,
    events: () => Object.fromEntries([...events].toSorted((a, b) => b[1] - a[1]).slice(0, 40)),
    repeated: () =>
      [...begun.values()]
        .filter(({ epochs }) => epochs.length > 1)
        .map(({ job, sheet, epochs }) => {
          const known = reasons.get(job);
          return { job, sheet, epochs, why: known === undefined ? null : [...known].join('; ') };
        }),
  };
}
