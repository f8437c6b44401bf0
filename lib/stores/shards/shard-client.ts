import { LOST_CONTACT } from '../binding/fault.ts';
import { createRetry, type Retry, type RetryTiming } from '../binding/retry.ts';
import type { Dated, ShardPort, ShardStep, StepOutcome } from '../shard-port.ts';

/** A shard with retries. Steps that are asked for in one turn go to it in one call. */
export interface ShardClient {
  /** Rejects with a `StoreError`. `repeated` makes the step of a later try. */
  run(attempt: string, step: ShardStep, repeated?: ShardStep): Promise<StepOutcome>;
  /** Any other call of the shard. */
  call<T>(attempt: string, task: (port: ShardPort) => Promise<T>): Promise<T>;
  /** Sends the steps that go along, if there are any. Does not reject: they are not sent again. */
  sendAlong(): Promise<void>;
  /** Takes note of what the answer says about leases. */
  valueOf<T>(answer: Dated<T>): T;
}

const MOST_STEPS = 500;
const RESET =
  /durable object|overloaded|reset|evicted|code was updated|another version|exceeded|no longer|rpc|too many requests/i;

interface Waiting {
  readonly step: ShardStep;
  readonly resolve: (outcome: StepOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export function createShardClient(
  port: ShardPort,
  options: RetryTiming & {
    readonly interrupted: (atMs: number | null) => void;
    /** Steps that go along with the next ones, and whose outcome is not needed. */
    readonly takeAlong?: () => readonly ShardStep[];
  },
): ShardClient {
  const retry: Retry = createRetry(options, isTransientFault);
  const { takeAlong = () => [] } = options;
  let waiting: Waiting[] = [];

  function valueOf<T>({ value, interruptedAtMs }: Dated<T>): T {
    options.interrupted(interruptedAtMs);
    return value;
  }

  async function send(): Promise<void> {
    const sent = waiting;
    waiting = [];
    const steps = [...sent.map(({ step }) => step), ...takeAlong()];
    if (steps.length === 0) return;
    try {
      const outcomes = valueOf(await port.apply(steps));
      for (const [index, { resolve, reject }] of sent.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined)
          reject(new TypeError('The shard has answered less than it was asked'));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of sent) reject(error);
    }
  }

  function submit(step: ShardStep): Promise<StepOutcome> {
    return new Promise((resolve, reject) => {
      waiting.push({ step, resolve, reject });
      if (waiting.length === 1) queueMicrotask(() => void send());
      else if (waiting.length === MOST_STEPS) void send();
    });
  }

  return {
    run(attempt, step, repeated = step) {
      let next = step;
      return retry(attempt, () => {
        const sent = next;
        next = repeated;
        return submit(sent);
      });
    },
    call: (attempt, task) => retry(attempt, () => task(port)),
    sendAlong: send,
    valueOf,
  };
}

/** Whether another try may end differently: the platform says so, or the message does. */
export function isTransientFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (Reflect.get(error, 'retryable') === true || Reflect.get(error, 'overloaded') === true) {
    return true;
  }
  return LOST_CONTACT.test(error.message) || RESET.test(error.message);
}
