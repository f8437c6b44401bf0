import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { expect } from 'vitest';
import type { AccessToken } from '../../lib/access/access-token.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';

export interface WorkerOptions {
  readonly vars?: Readonly<Record<string, string>>;
  /** Known to the worker, and sent with every request. */
  readonly token?: AccessToken;
  /** Which stores are bound; R2 where it is left out. */
  readonly stores?: readonly ('r2' | 'kv')[];
  /** The URL of the database that is bound as HYPERDRIVE; none where it is left out. */
  readonly hyperdrive?: string;
  /** Whether each job has an object; not where it is left out. */
  /** `jobs`: the objects of the jobs alone. */
  readonly objects?: boolean | 'jobs';
  /** The worker whose bucket and objects are bound, as to another isolate of it; its own where it is left out. */
  readonly isolateOf?: string;
  /** The folder of static assets; none where it is left out. */
  readonly assets?: string;
}

export interface EmulationOptions<Name extends string> {
  readonly script: string;
  /** Each has stores of its own. */
  readonly workers: Readonly<Record<Name, WorkerOptions>>;
  /** Where the state is kept; in memory where it is left out. */
  readonly folder?: string;
}

/** One process of workerd with the Workers entry in it, once for each configuration. */
export interface Emulation<Name extends string> {
  worker(name: Name): EmulatedWorker;
  stop(): Promise<void>;
}

export interface EmulatedWorker {
  ask(
    method: string,
    path: string,
    options?: AskOptions & { readonly host?: string },
  ): Promise<Answer>;
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** Fires the cron trigger; `ok` or `exception`. */
  schedule(): Promise<string>;
  bucket(): Promise<R2BucketLike>;
  /** The members of the log since this object was made. Only one worker at a time writes to it. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Waits for a line with these members. A line comes by another pipe than the answer, and may come after it. */
  logged(members: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The service logs JSON. What the platform says of it is text. */
function lineOf(message: string): Record<string, unknown> {
  return message.startsWith('{') ? JSON.parse(message) : { platform: message };
}

export async function startEmulation<Name extends string>(
  options: EmulationOptions<Name>,
): Promise<Emulation<Name>> {
  const { script, workers, folder } = options;
  const log: Record<string, unknown>[] = [];
  const configured = Object.entries<WorkerOptions>(workers);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }: { message: string }) => {
        log.push(lineOf(message));
      },
      workers: configured.map(([name, own]) => {
        const { token, vars, hyperdrive, assets, isolateOf = name } = own;
        const { stores = hyperdrive === undefined ? ['r2'] : [] } = own;
        return {
          name,
          modules: true,
          script,
          compatibilityDate: '2026-10-30',
          compatibilityFlags: [
            'enable_request_signal',
            ...(hyperdrive === undefined ? [] : ['nodejs_compat']),
          ],
          bindings: { ...tokensOf(token), ...vars },
          r2Buckets: stores.includes('r2') ? { STATE_BUCKET: isolateOf } : {},
          durableObjects: objectsOf(own, isolateOf),
          kvNamespaces: stores.includes('kv') ? { STATE_KV: isolateOf } : {},
          ...(hyperdrive === undefined ? {} : { hyperdrives: { HYPERDRIVE: hyperdrive } }),
          ...(assets === undefined
            ? {}
            : { assets: { directory: assets, routerConfig: { has_user_worker: true } } }),
        };
      }),
      ...(folder === undefined ? {} : { resourcePersistencePath: folder }),
    }),
  );
  await miniflare.ready;

  function worker(name: Name): EmulatedWorker {
    const { token } = workers[name];
    const bearer = token === undefined ? {} : { Authorization: `Bearer ${token.text}` };
    const from = log.length;

    async function fetch(path: string, init: RequestInit, host = 'localhost'): Promise<Response> {
      const headers = new Headers(init.headers);
      // It calls the script at once. The only worker is called as on the platform: after its static assets.
      if (configured.length > 1) headers.set('MF-Route-Override', name);
      const url = `http://${host}${path}`;
      const answered = await miniflare.dispatchFetch(url, { ...init, headers } as never);
      return answered as unknown as Response;
    }

    return {
      get log() {
        return log.slice(from);
      },
      async logged(members) {
        await expect.poll(() => log.slice(from)).toContainEqual(expect.objectContaining(members));
      },
      fetch,
      async ask(method, path, { host, ...given } = {}) {
        const headers = { ...bearer, ...given.headers };
        return answerOf(await fetch(path, initOf(method, { ...given, headers }), host));
      },
      async schedule() {
        const scheduled = await miniflare.getWorker(name);
        return (await scheduled.scheduled({ cron: '* * * * *' })).outcome;
      },
      bucket: () => miniflare.getR2Bucket('STATE_BUCKET', name),
    };
  }

  return { worker, stop: () => miniflare.dispose() };
}

function objectsOf({ objects = false }: WorkerOptions, scriptName: string) {
  if (objects === false) return {};
  const jobs = { JOB_OBJECTS: { className: 'JobObject', scriptName, useSQLite: true } };
  if (objects === 'jobs') return jobs;
  return {
    ...jobs,
    LEASE_SHARDS: { className: 'LeaseShard', scriptName, useSQLite: true },
  };
}

function tokensOf(token: AccessToken | undefined): Record<string, string> {
  return token === undefined ? {} : { ACCESS_TOKENS: `${token.sha256}:admin` };
}
