import { StoreError } from '../../store.ts';
import { LOST_CONTACT } from '../binding/fault.ts';
import { createRetry, type Retry, type RetryTiming } from '../binding/retry.ts';
import type { Dated, ShardPort, ShardStep, StepOutcome } from '../shard-port.ts';
import type { ShardKeys } from './shard-of.ts';
import { createUnsurePuts, type UnsurePut } from './unsure-puts.ts';

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

const LOST =
  'Cannot write: the shard began again, and has lost what belongs to the write. Nothing is written';

interface Waiting {
  readonly step: ShardStep;
  readonly resolve: (outcome: StepOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export function createShardClient(
  port: ShardPort,
  options: RetryTiming & {
    readonly keys: Pick<ShardKeys, 'placeOf'>;
    readonly nowMs: () => number;
    readonly interrupted: (atMs: number | null) => void;
    /** Steps that go along with the next ones, and whose outcome is not needed. */
    readonly takeAlong?: () => readonly ShardStep[];
  },
): ShardClient {
  const retry: Retry = createRetry(options, isTransientFault);
  const { takeAlong = () => [], keys } = options;
  const unsure = createUnsurePuts(options.nowMs);
  let waiting: Waiting[] = [];

  function valueOf<T>({ value, interruptedAtMs }: Dated<T>): T {
    options.interrupted(interruptedAtMs);
    return value;
  }

  /** An error stands for an announcement that has failed: what belongs to its write may be lost. */
  async function applyAll(
    steps: readonly ShardStep[],
  ): Promise<readonly (StepOutcome | StoreError)[]> {
    const earlier = unsure.before(steps);
    const answer = await port.apply(steps);
    const outcomes = valueOf(answer);
    unsure.add(steps, outcomes, answer.instance);
    const announced = new Set(
      steps.flatMap(step => (step.do === 'announce' ? [keys.placeOf(step.key)] : [])),
    );
    if (announced.size === 0 || earlier.length === 0) return outcomes;
    // The announcement has made all of the same start durable.
    unsure.stored(earlier.filter(({ instance }) => instance === answer.instance));
    const asked = earlier.filter(
      ({ key, instance }) => instance !== answer.instance && announced.has(keys.placeOf(key)),
    );
    const lost = await lostOf(asked);
    const places = new Set(lost.map(({ key }) => keys.placeOf(key)));
    return outcomes.map((outcome, at) => {
      const step = steps[at];
      const isLost = step?.do === 'announce' && places.has(keys.placeOf(step.key));
      return isLost ? new StoreError(LOST) : outcome;
    });
  }

  /** Those that a shard that began again does not have. */
  async function lostOf(puts: readonly UnsurePut[]): Promise<readonly UnsurePut[]> {
    if (puts.length === 0) return [];
    const heads = valueOf(await port.apply(puts.map(({ key }) => ({ do: 'head', key }) as const)));
    const isLost = ({ version }: UnsurePut, at: number) => {
      const head = heads[at];
      return head?.of !== 'head' || head.version !== version;
    };
    const lost = puts.filter(isLost);
    unsure.lost(lost);
    unsure.stored(puts.filter(put => !lost.includes(put)));
    return lost;
  }

  async function send(): Promise<void> {
    const sent = waiting;
    waiting = [];
    const steps = [...sent.map(({ step }) => step), ...takeAlong()];
    if (steps.length === 0) return;
    try {
      const outcomes = await applyAll(steps);
      for (const [index, { resolve, reject }] of sent.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined)
          reject(new TypeError('The shard has answered less than it was asked'));
        else if (outcome instanceof StoreError) reject(outcome);
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

/**
 * Whether another try may end differently: the platform says so, or the message does. One that is overloaded, as the
 * platform says, is not asked again: each try would be one more call that waits for it.
 */
export function isTransientFault(error: unknown): boolean {
  if (!(error instanceof Error) || Reflect.get(error, 'overloaded') === true) return false;
  if (Reflect.get(error, 'retryable') === true) return true;
  return LOST_CONTACT.test(error.message) || RESET.test(error.message);
}
