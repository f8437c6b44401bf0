import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { jobPath } from '../text/curl.ts';
import { type ExactObject, isObject, parseExact } from '../text/exact-json.ts';
import { cellsOf, type SheetCell } from '../text/sheet-cell.ts';
import type { Why } from '../text/why.ts';
import { call } from './call.ts';
import { ProblemError } from './call-error.ts';
import { createPace } from './pace.ts';
import { localMillis } from './time.ts';
import { timedCall } from './timed-call.ts';

/** A state as it was received. */
export interface LoadedState {
  /** The text of the answer, to the character. */
  readonly text: string;
  readonly state: ExactObject;
  readonly etag: string | null;
  /** On this machine's clock. */
  readonly loadedAt: number;
}

/** An explanation, and when it was received. */
export interface LoadedWhy extends Why {
  /** On this machine's clock. */
  readonly loadedAt: number;
}

export interface JobDetail {
  readonly why: ReadonlySignal<LoadedWhy | null>;
  readonly loaded: ReadonlySignal<LoadedState | null>;
  readonly cells: ReadonlySignal<readonly SheetCell[]>;
  /** Why the service shows no job: it is gone, or its file is no state. */
  readonly fault: ReadonlySignal<ProblemError | null>;
  /** Whether the job is too large to be loaded with every poll. */
  readonly isPaced: ReadonlySignal<boolean>;
  readonly load: (abort: AbortSignal) => Promise<void>;
  /** Loads everything with the next poll, however large it is. */
  readonly wantAll: () => void;
}

/**
 * The service reads the whole state for both: of a job of 10,000 sheets `why` takes a second of its time. So each takes its
 * share of the time at most.
 */
const WHY_SHARE = 0.1;
const STATE_SHARE = 0.03;

/** One job: why it is where it is, and its state when it has changed. */
export function createJobDetail(jobId: string): JobDetail {
  const why = signal<LoadedWhy | null>(null);
  const loaded = signal<LoadedState | null>(null);
  const fault = signal<ProblemError | null>(null);
  const isPaced = signal(false);
  const whyPace = createPace({ share: WHY_SHARE, millis: localMillis });
  const statePace = createPace({ share: STATE_SHARE, millis: localMillis });

  async function loadWhy(abort: AbortSignal): Promise<void> {
    const explained = await timedCall<Why>(jobPath(jobId, '/why'), { signal: abort });
    if (explained !== null) why.value = { ...explained.answer, loadedAt: localMillis() };
  }

  async function loadState(abort: AbortSignal): Promise<void> {
    const etag = loaded.peek()?.etag ?? null;
    const answer = await call(jobPath(jobId), { signal: abort, etag });
    if (answer.status === 304) return;
    const state = parseExact(answer.text);
    if (isObject(state))
      loaded.value = { text: answer.text, state, etag: answer.etag, loadedAt: localMillis() };
  }

  return {
    why,
    loaded,
    fault,
    isPaced,
    cells: computed(() => (loaded.value === null ? [] : cellsOf(loaded.value.state))),
    async load(abort) {
      const dueWhy = whyPace.isDue();
      const dueState = statePace.isDue();
      isPaced.value = !dueWhy || !dueState;
      try {
        // The state first: to say why takes longer, and the sheets need not wait for it.
        if (dueState) await statePace.run(() => loadState(abort));
        if (dueWhy) await whyPace.run(() => loadWhy(abort));
        fault.value = null;
      } catch (error) {
        if (!isAboutJob(error)) throw error;
        fault.value = error;
        // Of a file that is no state the service can still say why.
        if (error.code === 'state_corrupt') await loadWhy(abort);
      }
    },
    wantAll() {
      whyPace.reset();
      statePace.reset();
    },
  };
}

/** Whether the error says something of the job, and nothing of the connection. */
function isAboutJob(error: unknown): error is ProblemError {
  return error instanceof ProblemError && (error.status < 500 || error.code === 'state_corrupt');
}
