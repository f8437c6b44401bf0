import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { UpdateAnswer } from './client/job.ts';
import { withShortOutput } from './client/output-end.ts';
import { isTooLarge } from './client/problem.ts';
import type { SheetFault, SheetResult, SheetUpdate } from './client/sheet-update.ts';
import type { PersistentWrite } from './persistent-write.ts';

/** An attempt at a sheet, as the service counts it. */
export interface SheetAttempt {
  readonly sheet: number;
  readonly attempt: number;
}

/** The updates of the sheets of one held job. Each names its attempt, so no late copy of it does harm. */
export interface SheetUpdates {
  /** Starts the next attempt at a sheet. */
  start(sheet: number): Promise<SheetAttempt>;
  /** Without most of the output where the service, or a proxy, cannot take so much. */
  complete(of: SheetAttempt, result: SheetResult): Promise<UpdateAnswer>;
  fail(of: SheetAttempt, fault: SheetFault): Promise<UpdateAnswer>;
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

  /** An update that the service did not make, for the sheet is at another attempt, is none. */
  async function sendFresh(of: SheetAttempt, update: SheetUpdate): Promise<UpdateAnswer> {
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
      // The work of a sheet may have made updates of its own: the answer tells where the sheet is.
      const second = next();
      await sendFresh(second, update);
      return second;
    },

    async complete(of, result) {
      const update: SheetUpdate = { status: 'completed', ...result };
      try {
        return await sendFresh(of, update);
      } catch (error) {
        const short = isTooLarge(error) ? withShortOutput(update, SHORT_CHARACTERS) : null;
        if (short === null) throw error;
        return sendFresh(of, short);
      }
    },

    fail: (of, fault) => sendFresh(of, { status: 'failed', ...fault }),
  };
}
