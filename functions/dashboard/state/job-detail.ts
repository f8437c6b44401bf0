import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { jobPath } from '../text/curl.ts';
import { type ExactObject, isObject, parseExact } from '../text/exact-json.ts';
import { cellsOf, type SheetCell } from '../text/sheet-cell.ts';
import type { Why } from '../text/why.ts';
import { call, ProblemError } from './call.ts';
import { localMillis, noteServerTime } from './time.ts';

/** A state as it was received. */
export interface LoadedState {
  /** The text of the answer, to the character. */
  readonly text: string;
  readonly state: ExactObject;
  readonly etag: string | null;
  /** On this machine's clock. */
  readonly loadedAt: number;
}

export interface JobDetail {
  readonly why: ReadonlySignal<Why | null>;
  readonly loaded: ReadonlySignal<LoadedState | null>;
  readonly cells: ReadonlySignal<readonly SheetCell[]>;
  /** Why the service shows no job: it is gone, or its file is no state. */
  readonly fault: ReadonlySignal<ProblemError | null>;
  /** Whether the job has changed since the state was loaded, because the state is too large to load each time. */
  readonly isBehind: ReadonlySignal<boolean>;
  readonly load: (abort: AbortSignal) => Promise<void>;
  /** Loads the state with the next poll, however large it is. */
  readonly wantState: () => void;
}

/** A state is loaded at most for this share of the time: one of 24 MB takes a second, and comes every half minute. */
const SHARE_OF_TIME = 0.03;

/** One job. `why` is small and comes with every poll, the state only when it has changed. */
export function createJobDetail(jobId: string): JobDetail {
  const why = signal<Why | null>(null);
  const loaded = signal<LoadedState | null>(null);
  const fault = signal<ProblemError | null>(null);
  const isBehind = signal(false);
  let nextStateAt = 0;

  async function loadWhy(abort: AbortSignal): Promise<string | null> {
    const sentAt = localMillis();
    const answer = await call(jobPath(jobId, '/why'), { signal: abort });
    const explained = parseExact(answer.text) as unknown as Why;
    noteServerTime(explained.server_time, sentAt);
    why.value = explained;
    return answer.etag;
  }

  async function loadState(version: string | null, abort: AbortSignal): Promise<void> {
    const current = loaded.peek();
    // Without a tag nothing says whether the state has changed: the call itself does.
    if (current !== null && version !== null && current.etag === version) {
      isBehind.value = false;
      return;
    }
    const startedAt = localMillis();
    if (current !== null && startedAt < nextStateAt) {
      isBehind.value = true;
      return;
    }
    const answer = await call(jobPath(jobId), { signal: abort, etag: current?.etag ?? null });
    if (answer.status !== 304) {
      const state = parseExact(answer.text);
      if (isObject(state))
        loaded.value = { text: answer.text, state, etag: answer.etag, loadedAt: localMillis() };
    }
    isBehind.value = false;
    const endedAt = localMillis();
    nextStateAt = endedAt + (endedAt - startedAt) / SHARE_OF_TIME;
  }

  return {
    why,
    loaded,
    fault,
    isBehind,
    cells: computed(() => (loaded.value === null ? [] : cellsOf(loaded.value.state))),
    async load(abort) {
      try {
        const version = await loadWhy(abort);
        await loadState(version, abort);
        fault.value = null;
      } catch (error) {
        const isKnown =
          error instanceof ProblemError && (error.status < 500 || error.code === 'state_corrupt');
        if (!isKnown) throw error;
        fault.value = error;
      }
    },
    wantState() {
      nextStateAt = 0;
    },
  };
}
