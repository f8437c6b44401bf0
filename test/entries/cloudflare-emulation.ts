import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import type { AccessToken } from '../../lib/access/access-token.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';

export interface EmulationOptions {
  readonly script: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Sent with every request. */
  readonly token?: AccessToken;
  /** Which stores are bound. */
  readonly stores?: readonly ('r2' | 'kv')[];
  /** Where the state is kept; in memory where it is left out. */
  readonly folder?: string;
}

/** The Workers entry in workerd, with the stores of the emulation bound to it. */
export interface WorkerEmulation {
  ask(
    method: string,
    path: string,
    options?: AskOptions & { readonly host?: string },
  ): Promise<Answer>;
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** Fires the cron trigger; `ok` or `exception`. */
  schedule(): Promise<string>;
  bucket(): Promise<R2BucketLike>;
  /** The members of the log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<void>;
}

export async function startWorker(options: EmulationOptions): Promise<WorkerEmulation> {
  const { script, token, stores = ['r2'], folder } = options;
  const tokens = token === undefined ? {} : { ACCESS_TOKENS: `${token.sha256}:admin` };
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token.text}` };
  const log: Record<string, unknown>[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-10-30',
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }: { message: string }) => {
        log.push(JSON.parse(message));
      },
      bindings: { ...tokens, ...options.vars },
      ...(stores.includes('r2') ? { r2Buckets: ['STATE_BUCKET'] } : {}),
      ...(stores.includes('kv') ? { kvNamespaces: ['STATE_KV'] } : {}),
      ...(folder === undefined ? {} : { resourcePersistencePath: folder }),
    }),
  );
  await miniflare.ready;

  const fetch = async (path: string, init: RequestInit, host = 'localhost') =>
    (await miniflare.dispatchFetch(`http://${host}${path}`, init as never)) as unknown as Response;

  return {
    log,
    fetch,
    async ask(method, path, { host, ...given } = {}) {
      const headers = { ...bearer, ...given.headers };
      return answerOf(await fetch(path, initOf(method, { ...given, headers }), host));
    },
    async schedule() {
      const worker = await miniflare.getWorker();
      return (await worker.scheduled({ cron: '* * * * *' })).outcome;
    },
    bucket: () => miniflare.getR2Bucket('STATE_BUCKET'),
    stop: () => miniflare.dispose(),
  };
}
