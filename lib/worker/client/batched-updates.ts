import { createAbility } from './ability.ts';
import { UpdatesAnswer } from './job.ts';
import { DalsegnoError, isTooLarge, type Problem } from './problem.ts';
import type { Timing } from './timing.ts';
import type { Answered, ApiRequest, Exchange } from './transport.ts';

/** The limit of the service. */
const MAX_UPDATES = 100;
/** Updates with a longer text go alone, so that a batch stays far below the limit of a body. */
const MAX_TEXT_CHARACTERS = 16_384;
/** How long updates go alone after a batch that failed as a whole. */
const DENIED_MS = 60_000;

type ExchangeOptions = Parameters<Exchange>[1];

/** An update that waits for the end of this turn of the event loop. */
interface Waiting {
  readonly ask: ApiRequest;
  readonly options: ExchangeOptions;
  readonly resolve: (answered: Promise<Answered<unknown>>) => void;
}

/**
 * An exchange that sends the updates under leases that are made in one turn of the event loop as one request. Each has its
 * own answer or error, as if it had been sent alone. If the batch is refused as a whole, as by a service that does not
 * know batches, each is sent alone at once. If it is not answered, no update is: they are tried again alone.
 */
export function batchUpdates(exchange: Exchange, timing: Timing): Exchange {
  const batches = createAbility(timing, DENIED_MS);
  let waiting: Waiting[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += MAX_UPDATES) {
      const batch = all.slice(from, from + MAX_UPDATES);
      if (batch.length === 1) for (const one of batch) sendAlone(one);
      else void sendTogether(batch);
    }
  }

  function sendAlone({ ask, options, resolve }: Waiting): void {
    resolve(exchange(ask, options));
  }

  async function sendTogether(batch: readonly Waiting[]): Promise<void> {
    const updates = batch.map(({ ask: { leaseToken, sheet, body } }) => ({
      token: leaseToken,
      sheet,
      ...(body as object),
    }));
    const ask: ApiRequest = { method: 'POST', path: '/v1/updates', body: { updates } };
    const timeoutMs = Math.max(...batch.map(({ options }) => options.timeoutMs));
    try {
      const answered = await exchange(ask, { schema: UpdatesAnswer, timeoutMs });
      for (const [index, one] of batch.entries()) one.resolve(answerOf(one, answered, index));
    } catch (error) {
      batches.deny();
      for (const one of batch) {
        if (isRefused(error)) sendAlone(one);
        else one.resolve(Promise.reject(error));
      }
    }
  }

  return (ask, options) => {
    if (!isBatchable(ask) || !batches.isAssumed()) return exchange(ask, options);
    return new Promise((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(flush);
      // The schema of these options has parsed the answer.
      const settle = (answered: Promise<Answered<unknown>>): void =>
        void answered.then(it => resolve(it as never), reject);
      waiting.push({ ask, options, resolve: settle });
    });
  };
}

/** Whether nothing of the batch was carried out. The size of all says nothing about that of one. */
function isRefused(error: unknown): boolean {
  if (isTooLarge(error)) return true;
  return error instanceof DalsegnoError && error.problem !== null && error.status < 500;
}

/** Runs after what is ready now. */
const atEndOfTurn: (callback: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : callback => setTimeout(callback, 0);

function isBatchable({ sheet, leaseToken, body }: ApiRequest): boolean {
  if (sheet === undefined || leaseToken === undefined) return false;
  return JSON.stringify(body).length <= MAX_TEXT_CHARACTERS;
}

/** The answer to one update of a batch, parsed as its own answer would be. */
async function answerOf(
  { ask, options: { schema } }: Waiting,
  { body: { updates }, ...moments }: Answered<UpdatesAnswer>,
  index: number,
): Promise<Answered<unknown>> {
  const name = `${ask.method} ${ask.path}`;
  const one = updates[index];
  if (one === undefined)
    throw unexpected(name, 'the answer to several updates has too few answers');
  if (!one.ok) throw errorOf(name, one);
  const read = schema.safeParse(one);
  if (read.success) return { body: read.data, ...moments };
  throw unexpected(name, 'one of several answers is not from the service', { cause: read.error });
}

function unexpected(name: string, detail: string, options?: ErrorOptions): DalsegnoError {
  return new DalsegnoError(name, { status: 200, code: 'unexpected_answer', detail }, options);
}

type Refusal = Extract<UpdatesAnswer['updates'][number], { ok: false }>;

function errorOf(name: string, refusal: Refusal): DalsegnoError {
  const { status, code, detail } = refusal;
  const problem: Problem = { ...refusal, type: `urn:dalsegno:problem:${code}`, title: code };
  return new DalsegnoError(name, { status, code, detail, problem });
}
