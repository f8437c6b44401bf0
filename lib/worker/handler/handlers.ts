import type { RandomSource } from '../client/retry.ts';
import { type InputParser, readInput } from './job-input.ts';
import { createRetryRule, type RetryOptions, type RetryRule } from './retry-rule.ts';
import type { OnSheet, SheetContext } from './sheet-context.ts';
import { checkedTimeout } from './sheet-timeout.ts';

/** How the sheets of a job are run. */
export interface SheetHandler<Input = unknown> {
  /** Does the work of one sheet. */
  readonly onSheet: OnSheet<Input>;
  /** Reads and checks the input of the job, its `config_snapshot`. A job with another input fails at once. */
  readonly input?: InputParser<Input> | undefined;
  /** How long one try of a sheet may take, in milliseconds; without end by default. It then counts as failed. */
  readonly sheetTimeoutMs?: number | undefined;
  /** When a failed sheet is tried again. */
  readonly retry?: RetryOptions | undefined;
}

/** The handlers by the names of the jobs. */
export type SheetHandlers<Inputs> = {
  readonly [Name in keyof Inputs]: OnSheet<Inputs[Name]> | SheetHandler<Inputs[Name]>;
};

/** Makes the context of one attempt, with the input of the job. */
export type MakeContext = <Input>(input: Input) => SheetContext<Input>;

/** The work of a sheet, with the input of its job. */
export type BoundWork = (makeContext: MakeContext) => unknown;

/** A handler that is ready to run jobs. */
export interface JobHandler {
  readonly retry: RetryRule;
  /** Null for none. */
  readonly timeoutMs: number | null;
  /** Reads the input of a job. Rejects with an `InvalidInputError`. */
  bind(configSnapshot: unknown): Promise<BoundWork>;
}

interface Defaults extends Pick<SheetHandler, 'sheetTimeoutMs' | 'retry'> {
  readonly random: RandomSource;
}

/** Throws a `RangeError` for options that cannot be kept. */
export function createJobHandler<Input>(
  { onSheet, input, sheetTimeoutMs, retry }: SheetHandler<Input>,
  defaults: Defaults,
): JobHandler {
  return {
    retry: createRetryRule({ ...defaults.retry, ...retry }, defaults.random),
    timeoutMs: checkedTimeout(sheetTimeoutMs ?? defaults.sheetTimeoutMs),
    async bind(configSnapshot) {
      // Without a parser nothing but `unknown` says what the input is.
      const value =
        input === undefined ? (configSnapshot as Input) : await readInput(input, configSnapshot);
      return makeContext => onSheet(makeContext(value));
    },
  };
}

/** One handler for each name. Throws a `RangeError` as above, and a `TypeError` if there is none. */
export function createJobHandlers<Inputs>(
  handlers: SheetHandlers<Inputs>,
  defaults: Defaults,
): ReadonlyMap<string, JobHandler> {
  const ready = new Map<string, JobHandler>();
  for (const name in handlers) {
    if (Object.hasOwn(handlers, name)) {
      ready.set(name, createJobHandler(handlerOf(handlers[name]), defaults));
    }
  }
  if (ready.size === 0) throw new TypeError('A worker needs a handler of one job name or more');
  return ready;
}

/** Runs no job: each is given back, with an error. */
export function refusingHandler(jobName: string): JobHandler {
  return {
    retry: createRetryRule({}, { fraction: () => 0 }),
    timeoutMs: null,
    bind: () =>
      Promise.reject(new TypeError(`No handler runs jobs named ${JSON.stringify(jobName)}`)),
  };
}

function handlerOf<Input>(given: OnSheet<Input> | SheetHandler<Input>): SheetHandler<Input> {
  return typeof given === 'function' ? { onSheet: given } : given;
}
