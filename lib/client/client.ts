import { systemRandom } from '../base/random.ts';
import type { CallOptions } from '../worker/client/call.ts';
import { createCaller } from '../worker/client/call.ts';
import {
  type ClientOptions,
  createClient as createWorkerClient,
  DEFAULT_RETRIES,
  DEFAULT_TIMEOUT_SECONDS,
} from '../worker/client/client.ts';
import { senderOf } from '../worker/client/sender-of.ts';
import { systemTiming } from '../worker/client/timing.ts';
import { createExchange } from '../worker/client/transport.ts';
import type { ListPage, Rows } from './answers.ts';
import type { ServiceClient, StateText } from './api.ts';
import { createExactCaller } from './exact.ts';
import { type ExactJobCalls, exactJobCalls } from './job-calls.ts';
import type { ListQuery } from './query.ts';
import { type ExactServiceCalls, exactServiceCalls } from './service-calls.ts';

/** The calls whose answers keep their text. */
export type ExactClient = ExactJobCalls & ExactServiceCalls;

/** A client whose answers keep their text. Throws a `TypeError` like `createClient`. */
export function createExactClient(options: ClientOptions): ExactClient {
  const { url, token, fetch, timing = systemTiming, random = systemRandom } = options;
  const { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, retries = DEFAULT_RETRIES } = options;
  const exchange = createExchange({ send: senderOf(url, fetch), token, timing });
  const send = createCaller({ exchange, timing, random, timeoutSeconds, retries });
  const caller = createExactCaller(send);
  const newKey = () => random.secret?.() ?? systemRandom.secret();
  return { ...exactJobCalls(caller, newKey), ...exactServiceCalls(caller) };
}

/**
 * Creates a client of one service, with the calls of workers, producers and operators. Throws a `TypeError` for a `url`
 * that is not a URL, or has a password.
 */
export function createClient(clientOptions: ClientOptions): ServiceClient {
  const exact = createExactClient(clientOptions);

  type Page<View extends keyof Rows> = ListPage<Rows[View]> & { readonly version: string | null };
  type IfNoneMatch = CallOptions & { readonly ifNoneMatch: string };

  async function listPage<View extends keyof Rows>(
    query?: ListQuery<View>,
    options?: CallOptions,
  ): Promise<Page<View>>;
  async function listPage<View extends keyof Rows>(
    query: ListQuery<View> | undefined,
    options: IfNoneMatch,
  ): Promise<Page<View> | null>;
  async function listPage<View extends keyof Rows>(
    query: ListQuery<View> = {},
    given: Partial<IfNoneMatch> = {},
  ): Promise<Page<View> | null> {
    const { ifNoneMatch = null, ...options } = given;
    const page = await exact.pageIfChanged(query, ifNoneMatch, options);
    return page === null ? null : { ...page.value, version: page.version };
  }

  async function loadText(jobId: string, options?: CallOptions): Promise<StateText>;
  async function loadText(jobId: string, options: IfNoneMatch): Promise<StateText | null>;
  async function loadText(
    jobId: string,
    given: Partial<IfNoneMatch> = {},
  ): Promise<StateText | null> {
    const { ifNoneMatch = null, ...options } = given;
    const state = await exact.loadIfChanged(jobId, ifNoneMatch, options);
    return state === null ? null : { text: state.text, version: state.version ?? '' };
  }

  return {
    ...createWorkerClient(clientOptions),
    listPage,
    loadText,

    async *list<View extends keyof Rows>(query: ListQuery<View> = {}, callOptions?: CallOptions) {
      let cursor = query.cursor;
      do {
        const page = await listPage({ ...query, cursor }, callOptions);
        yield* page.jobs;
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
    },

    async save(jobId, state, saveOptions) {
      const { version } = await exact.save(jobId, state, saveOptions);
      return { version: version ?? '' };
    },

    delete: (target, deleteOptions) => exact.remove(target, deleteOptions),
    complete: async (target, given) => (await exact.control('complete', target, given)).value,
    bulk: async (request, callOptions) => (await exact.bulk(request, callOptions)).value,

    async *bulkAll(request, callOptions) {
      let cursor = request.cursor;
      do {
        const { value } = await exact.bulk({ ...request, cursor }, callOptions);
        yield value;
        cursor = value.cursor ?? undefined;
      } while (cursor !== undefined);
    },

    stats: async callOptions => (await exact.stats(callOptions)).value,
    sweep: async sweepOptions => (await exact.sweep(sweepOptions)).value,
    doctor: async doctorOptions => (await exact.doctor(doctorOptions)).value,
    ready: async callOptions => (await exact.ready(callOptions)).value,
    openapi: async callOptions => (await exact.openapi(callOptions)).value,
    request: (request, callOptions) => exact.request(request, callOptions),
  };
}
