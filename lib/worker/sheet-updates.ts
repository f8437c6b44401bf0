import type { Ability } from './client/ability.ts';
import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { UpdateAnswer } from './client/job.ts';
import { withShortOutput } from './client/output-end.ts';
import { isInvalid, isTooLarge } from './client/problem.ts';
import type { SheetFailure, SheetResult, SheetUpdate } from './client/sheet-update.ts';
import type { PersistentWrite } from './persistent-write.ts';

/** An attempt at a sheet. The service counts the attempts. */
export interface SheetAttempt {
  readonly sheet: number;
  readonly attempt: number;
}

/** Updates the sheets of one held job. Each update names its attempt, so a late copy of it changes nothing. */
export interface SheetUpdates {
  /** Starts the next attempt at a sheet. */
  start(sheet: number): Promise<SheetAttempt>;
  /**
   * Sends a shorter output if the service or a proxy refuses the size. With `startNext` the service starts the next
   * sheet in the same save, if it can.
   */
  complete(
    of: SheetAttempt,
    result: SheetResult,
    options: { readonly startNext: boolean },
  ): Promise<Completion>;
  fail(of: SheetAttempt, failure: SheetFailure): Promise<UpdateAnswer>;
}

export interface Completion {
  readonly answer: UpdateAnswer;
  /** The attempt at the next sheet that the completion has started; null for none. */
  readonly started: SheetAttempt | null;
}

interface SheetUpdatesOptions {
  readonly client: Client;
  readonly grant: Grant;
  readonly write: PersistentWrite;
  /** Whether the service starts a sheet with the completion of another. */
  readonly startsNext: Ability;
}

type Completed = SheetUpdate & { readonly status: 'completed' };

const SHORT_CHARACTERS = 2000;

export function createSheetUpdates(options: SheetUpdatesOptions): SheetUpdates {
  const { client, grant, write, startsNext } = options;
  const { held, state } = grant;
  let last: SheetAttempt | null = null;

  async function send(
    { sheet, attempt }: SheetAttempt,
    update: SheetUpdate,
  ): Promise<UpdateAnswer> {
    const target = { ...held, sheet };
    const answer = await write(tries => client.update(target, { ...update, attempt }, tries));
    last = { sheet, attempt: answer.attempt ?? attempt };
    return answer;
  }

  /** Like `send`, but throws if the service ignored the update because the sheet is at another attempt. */
  async function sendCurrent(of: SheetAttempt, update: SheetUpdate): Promise<UpdateAnswer> {
    const answer = await send(of, update);
    if (answer.stale_attempt !== true) return answer;
    const { sheet, attempt } = of;
    throw new Error(`Attempt ${attempt} at sheet ${sheet} is over: it is at ${answer.attempt}`);
  }

  function attemptsAt(sheet: number): number {
    if (last?.sheet === sheet) return last.attempt;
    return state.sheets[String(sheet)]?.attempt_count ?? 0;
  }

  async function completeShort(of: SheetAttempt, update: Completed): Promise<UpdateAnswer> {
    try {
      return await sendCurrent(of, update);
    } catch (error) {
      const short = isTooLarge(error) ? withShortOutput(update, SHORT_CHARACTERS) : null;
      if (short === null) throw error;
      return sendCurrent(of, short);
    }
  }

  async function completeAndStart(of: SheetAttempt, update: Completed): Promise<UpdateAnswer> {
    try {
      return await completeShort(of, { ...update, start_next: true });
    } catch (error) {
      if (!isInvalid(error)) throw error;
      // An older service refuses a member that it does not know, or the result is invalid.
      const answer = await completeShort(of, update);
      startsNext.deny();
      return answer;
    }
  }

  return {
    async start(sheet) {
      const update: SheetUpdate = { status: 'in_progress' };
      const next = (): SheetAttempt => ({ sheet, attempt: attemptsAt(sheet) + 1 });
      const first = next();
      const answer = await send(first, update);
      if (answer.stale_attempt !== true) return first;
      // `onSheet` may have updated this sheet by its own calls. The answer has named the current attempt.
      const second = next();
      await sendCurrent(second, update);
      return second;
    },

    async complete(of, result, { startNext }) {
      const update: Completed = { status: 'completed', ...result };
      const answer =
        startNext && startsNext.isAssumed()
          ? await completeAndStart(of, update)
          : await completeShort(of, update);
      const started = answer.started ?? null;
      if (started === null) return { answer, started };
      last = { sheet: started.sheet, attempt: started.attempt };
      return { answer, started: last };
    },

    fail: (of, failure) => sendCurrent(of, { status: 'failed', ...failure }),
  };
}
