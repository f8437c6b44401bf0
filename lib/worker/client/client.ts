import { type Random, systemRandom } from '../../base/random.ts';
import type { Client } from './api.ts';
import { createCaller } from './call.ts';
import { jobCalls } from './job-calls.ts';
import { leaseCalls } from './lease-calls.ts';
import type { Chance } from './retry.ts';
import { systemTiming, type Timing } from './timing.ts';
import { createExchange, type Fetch } from './transport.ts';
import { type Tried, watched } from './watched.ts';

export interface ClientOptions {
  /** Where the service is: `https://example.com`, with a path before `/v1` if it has one. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** Of one try, 10 by default. */
  readonly timeoutSeconds?: number | undefined;
  /** How many tries may follow the first, 5 by default. */
  readonly retries?: number | undefined;
  readonly fetch?: Fetch | undefined;
  readonly timing?: Timing | undefined;
  /** Spreads pauses, and makes the keys of calls. */
  readonly random?: (Chance & Partial<Pick<Random, 'secret'>>) | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 10;
export const DEFAULT_RETRIES = 5;

export function createClient(options: ClientOptions): Client {
  return createWatchedClient(options, () => undefined);
}

/** As `createClient`; `tried` is told of every try. */
export function createWatchedClient(options: ClientOptions, tried: Tried): Client {
  const { url, token, timing = systemTiming, random = systemRandom } = options;
  const { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, retries = DEFAULT_RETRIES } = options;
  const { fetch: send = sendByFetch } = options;
  const exchange = watched(createExchange({ url, token, fetch: send, timing }), tried);
  const newKey = () => random.secret?.() ?? systemRandom.secret();
  const caller = createCaller({ exchange, timing, random, timeoutSeconds, retries });
  return { ...jobCalls(caller, newKey), ...leaseCalls(caller, newKey) };
}

function sendByFetch(request: Request): Promise<Response> {
  return fetch(request);
}
