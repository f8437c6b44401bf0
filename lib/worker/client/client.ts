import { type Random, systemRandom } from '../../base/random.ts';
import type { Client } from './api.ts';
import { batchUpdates } from './batched-updates.ts';
import { createCaller } from './call.ts';
import type { Fetch } from './fetch-sender.ts';
import { jobCalls } from './job-calls.ts';
import { leaseCalls } from './lease-calls.ts';
import type { RandomSource } from './retry.ts';
import { senderOf } from './sender-of.ts';
import { systemTiming, type Timing } from './timing.ts';
import { createExchange } from './transport.ts';
import { type OnTry, watch } from './watched.ts';

export interface ClientOptions {
  /** The URL of the service: `https://example.com`, with the path before `/v1` if there is one. */
  readonly url: string;
  /** The access token, sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** The timeout of one try, 10 by default. */
  readonly timeoutSeconds?: number | undefined;
  /** How many tries may follow the first one, 5 by default. */
  readonly retries?: number | undefined;
  /** Sends the requests. By default Node sends them itself, on connections that it keeps; elsewhere the global `fetch` does. */
  readonly fetch?: Fetch | undefined;
  /** The clock; the system's by default. */
  readonly timing?: Timing | undefined;
  /** For the jitter of pauses and for idempotency keys; the system's by default. */
  readonly random?: (RandomSource & Partial<Pick<Random, 'secret'>>) | undefined;
}

export const DEFAULT_TIMEOUT_SECONDS = 10;
export const DEFAULT_RETRIES = 5;

/** Creates a client of one service. Throws a `TypeError` for a `url` that is not a URL, or has a password. */
export function createClient(options: ClientOptions): Client {
  return createWatchedClient(options, { onTry: () => undefined, isBatched: false });
}

interface WatchOptions {
  /** Called after every try. */
  readonly onTry: OnTry;
  /** Whether updates under leases that are made at the same time are sent as one request. */
  readonly isBatched: boolean;
}

/** The client of a worker. */
export function createWatchedClient(
  options: ClientOptions,
  { onTry, isBatched }: WatchOptions,
): Client {
  const { url, token, timing = systemTiming, random = systemRandom } = options;
  const { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, retries = DEFAULT_RETRIES } = options;
  const send = senderOf(url, options.fetch);
  const single = watch(createExchange({ send, token, timing }), onTry);
  const exchange = isBatched ? batchUpdates(single, timing) : single;
  const newKey = () => random.secret?.() ?? systemRandom.secret();
  const caller = createCaller({ exchange, timing, random, timeoutSeconds, retries });
  return { ...jobCalls(caller, newKey), ...leaseCalls(caller, newKey) };
}
