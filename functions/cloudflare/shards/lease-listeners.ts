import { MEMORY_BOUNDS } from '../../../lib/base/memory-bounds.ts';
import { tryParseJson } from '../../../lib/base/try-parse-json.ts';
import { Lease, type LeaseRequest } from '../../../lib/lease/lease.ts';
import type { LeaseNews } from '../../../lib/presence/lease-news.ts';
import type { RenewalCall } from '../../../lib/protocol/renew.ts';
import type { RenewalOutcome } from '../../../lib/remote/renewal-port.ts';
import type { ShardStep, StepOutcome } from '../../../lib/stores/shard-port.ts';

/** Tells the object of a stream what others have changed on its leases. Rejects if the object did not answer. */
export type TellListener = (listener: number, news: readonly LeaseNews[]) => Promise<void>;

/**
 * The objects with streams that renew leases of this shard, and the news for them. All is in memory: where it is lost, or an object
 * does not answer, the next renewal of the stream says the same.
 */
export interface LeaseListeners {
  /** Renewals have these outcomes. Those of streams name their object. */
  renewed(calls: readonly RenewalCall[], outcomes: readonly RenewalOutcome[]): void;
  /** Another program than the shard has run these steps. */
  applied(steps: readonly ShardStep[], outcomes: readonly StepOutcome[]): void;
  /** The object of a lease was deleted. */
  removed(key: string): void;
  /** Tells nothing any more. */
  close(): void;
}

/** The longest key, and the entry. */
const LISTENED_BYTES = 550;
const MAX_LISTENED = Math.floor(MEMORY_BOUNDS.leaseListeners.bytes / LISTENED_BYTES);
/** News that wait for an object that does not answer: with more of them they are left to the renewals. */
const MAX_WAITING = 1_000;
/** The holder itself may have ended a lease. It gets the answer to that before it gets the event. */
const LOST_AFTER_MS = 250;
/** An object that has not answered by then has not received it. */
const ANSWER_MS = 10_000;

interface Listened {
  readonly listener: number;
  readonly requested: LeaseRequest | null;
}

/** The news for an object, in order: it gets the next news when it has answered the last ones. */
interface Outbox {
  waiting: LeaseNews[];
  /** Leases that are over, for a moment. */
  lost: LeaseNews[];
  isSending: boolean;
}

export function createLeaseListeners({
  tell,
  timer,
}: {
  readonly tell: TellListener;
  readonly timer: (milliseconds: number, task: () => void) => () => void;
}): LeaseListeners {
  /** By the keys of the leases; those that were renewed last are at the end. */
  const listened = new Map<string, Listened>();
  const outboxes = new Map<number, Outbox>();
  const cancels = new Set<() => void>();

  function after(milliseconds: number, task: () => void): () => void {
    const cancel = timer(milliseconds, () => {
      cancels.delete(cancel);
      task();
    });
    cancels.add(cancel);
    return () => {
      cancels.delete(cancel);
      cancel();
    };
  }

  function outboxOf(listener: number): Outbox {
    const outbox = outboxes.get(listener) ?? { waiting: [], lost: [], isSending: false };
    outboxes.set(listener, outbox);
    return outbox;
  }

  function send(listener: number, outbox: Outbox): void {
    if (outbox.isSending) return;
    const sent = outbox.waiting;
    if (sent.length === 0) {
      if (outbox.lost.length === 0) outboxes.delete(listener);
      return;
    }
    outbox.waiting = [];
    outbox.isSending = true;
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      cancel();
      outbox.isSending = false;
      send(listener, outbox);
    };
    const cancel = after(ANSWER_MS, over);
    tell(listener, sent).then(over, over);
  }

  function post(listener: number, news: readonly LeaseNews[]): void {
    const outbox = outboxOf(listener);
    outbox.waiting.push(...news.slice(0, MAX_WAITING - outbox.waiting.length));
    send(listener, outbox);
  }

  function postLost(listener: number, leaseKey: string): void {
    const outbox = outboxOf(listener);
    if (outbox.lost.length === 0) {
      after(LOST_AFTER_MS, () => {
        const { lost } = outbox;
        outbox.lost = [];
        post(listener, lost);
      });
    }
    if (outbox.lost.length < MAX_WAITING) outbox.lost.push({ kind: 'lost', leaseKey });
  }

  function listen(key: string, entry: Listened): void {
    listened.delete(key);
    listened.set(key, entry);
    if (listened.size <= MAX_LISTENED) return;
    const [oldest] = listened.keys();
    if (oldest !== undefined) listened.delete(oldest);
  }

  return {
    renewed(calls, outcomes) {
      for (const [index, { token, listener }] of calls.entries()) {
        if (listener === null || listener === undefined) continue;
        const outcome = outcomes[index];
        if (outcome?.kind !== 'answered' || !outcome.result.ok) continue;
        listen(token.leaseKey, { listener, requested: outcome.result.value.requested });
      }
    },

    applied(steps, outcomes) {
      for (const [index, step] of steps.entries()) {
        const outcome = outcomes[index];
        if (step.do !== 'put' || outcome?.of !== 'put' || outcome.result !== 'done') continue;
        const known = listened.get(step.key);
        const lease = known === undefined ? null : leaseIn(step.body);
        if (known === undefined || lease === null || lease.requested === known.requested) continue;
        const { requested, request_message: message } = lease;
        listened.set(step.key, { ...known, requested });
        post(known.listener, [{ kind: 'request', leaseKey: step.key, requested, message }]);
      }
    },

    removed(key) {
      const known = listened.get(key);
      if (known === undefined) return;
      listened.delete(key);
      postLost(known.listener, key);
    },

    close() {
      for (const cancel of cancels) cancel();
      cancels.clear();
      outboxes.clear();
    },
  };
}

function leaseIn(body: Uint8Array): Lease | null {
  return Lease.safeParse(tryParseJson(new TextDecoder().decode(body))).data ?? null;
}
