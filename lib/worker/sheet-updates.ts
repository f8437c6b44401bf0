import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { UpdateAnswer } from './client/job.ts';
import { withShortOutput } from './client/output-end.ts';
import { isTooLarge } from './client/problem.ts';
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
  /** Sends a shorter output if the service or a proxy refuses the size. */
  complete(of: SheetAttempt, result: SheetResult): Promise<UpdateAnswer>;
  fail(of: SheetAttempt, failure: SheetFailure): Promise<UpdateAnswer>;
}

interface SheetUpdatesOptions {
  readonly client: Client;
  readonly grant: Grant;
  readonly write: PersistentWrite;
}

const SHORT_CHARACTERS = 2000;

export function createSheetUpdates({ client, grant, write }: SheetUpdatesOptions): SheetUpdates {
  const { held, state } = grant;
  let last: SheetAttempt | null = null;

  async function send(
    { sheet, attempt }: SheetAttempt,
    update: SheetUpdate,
  ): Promise<UpdateAnswer> {
    const target = { ...held, sheet };
    const answer = await write(options => client.update(target, { ...update, attempt }, options));
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

    async complete(of, result) {
      const update: SheetUpdate = { status: 'completed', ...result };
      try {
        return await sendCurrent(of, update);
      } catch (error) {
        const short = isTooLarge(error) ? withShortOutput(update, SHORT_CHARACTERS) : null;
        if (short === null) throw error;
        return sendCurrent(of, short);
      }
    },

    fail: (of, failure) => sendCurrent(of, { status: 'failed', ...failure }),
  };
}
