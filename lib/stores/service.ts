import * as z from 'zod';
import {
  type Body,
  type ObjectStore,
  type Precondition,
  type StoredEntry,
  StoreError,
  type Version,
} from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import { copyOf } from './parts.ts';
import { isPassing, isRefusedForNow, readFault } from './service/fault.ts';

/** What the request needs of an answer. */
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ServiceStoreOptions extends RetryTiming {
  /** Where a service on Workers with R2 is, without a path. */
  readonly url: string;
  /** An access token with the scope admin that covers all jobs. Null where the service asks for none. */
  readonly token: string | null;
  readonly fetch?: Fetch;
}

const Page = z.object({
  objects: z.array(
    z.object({ key: z.string(), version: z.string(), label: z.string().nullable() }),
  ),
  next: z.string().nullable(),
});

const Written = z.object({ version: z.string().nullable() });

/**
 * The store of a running service, through its `/v1/objects`: the way to the objects in shards, which nothing outside the service
 * can open. It deletes nothing.
 */
export function createServiceStore(options: ServiceStoreOptions): ObjectStore {
  const { token, fetch = globalThis.fetch } = options;
  const base = options.url.replace(/\/+$/, '');
  const retryRead = createRetry(options, isPassing);
  // A conditional write whose answer was lost may have happened: only the caller can find that out.
  const retryWrite = createRetry(options, isRefusedForNow);

  async function send<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    { read, ...init }: RequestInit & { readonly read: (response: Response) => Promise<T> },
  ): Promise<T> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    const response = await fetch(`${base}${path}?${new URLSearchParams(query).toString()}`, {
      ...init,
      headers,
      redirect: 'error',
    });
    if (!response.ok) throw await readFault(response);
    return read(response);
  }

  function locate(key: string): string {
    return `${base} ${key}`;
  }

  const get: ObjectStore['get'] = key =>
    retryRead(`read "${locate(key)}"`, () =>
      send(
        '/v1/object',
        { key },
        {
          async read(response) {
            if (response.status === 204) return null;
            const version = versionOf(response);
            return { body: new Uint8Array(await response.arrayBuffer()), version };
          },
        },
      ),
    );

  async function* list(prefix: string, after = ''): AsyncGenerator<StoredEntry> {
    for (let from: string | null = after; from !== null; ) {
      const query: Record<string, string> = from === '' ? { prefix } : { prefix, after: from };
      const page: z.infer<typeof Page> = await retryRead(`list "${locate(prefix)}"`, () =>
        send('/v1/objects', query, {
          read: async response => parsed(Page, await response.json()),
        }),
      );
      yield* page.objects.map(entry => ({ ...entry, version: entry.version as Version }));
      from = page.next;
    }
  }

  function put(
    key: string,
    body: Body,
    precondition: Precondition,
    label?: string,
  ): Promise<Version | null> {
    const retry = precondition.kind === 'none' ? retryRead : retryWrite;
    const query = label === undefined ? { key } : { key, label };
    return retry(`write "${locate(key)}"`, () =>
      send('/v1/object', query, {
        method: 'PUT',
        body: copyOf(body),
        headers: { 'Content-Type': 'application/octet-stream', ...conditionOf(precondition) },
        async read(response) {
          const { version } = parsed(Written, await response.json());
          return version as Version | null;
        },
      }),
    );
  }

  return {
    traits: {
      name: 'service',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      // Jobs are in R2.
      distinctVersions: false,
      conditionalDelete: false,
      labels: true,
    },
    ordered: null,
    get,
    head: key =>
      retryRead(`look up "${locate(key)}"`, () =>
        send(
          '/v1/object',
          { key },
          {
            method: 'HEAD',
            read: async response => (response.status === 204 ? null : versionOf(response)),
          },
        ),
      ),
    put,
    delete: key =>
      Promise.reject(new StoreError(`Cannot delete "${locate(key)}": a service keeps it`)),
    list,
    follow: prefix => createFollower({ list: () => list(prefix), get, notFound: 'removed' }),
    followNames: prefix => createNameFollower(() => list(prefix)),
    locate,
    async close() {},
  };
}

function conditionOf(precondition: Precondition): Record<string, string> {
  switch (precondition.kind) {
    case 'none':
      return {};
    case 'absent':
      return { 'If-None-Match': '*' };
    case 'version':
      return { 'If-Match': `"${precondition.version}"` };
    default:
      return precondition satisfies never;
  }
}

/** A proxy that compresses an answer makes its entity tag a weak one. */
function versionOf(response: Response): Version {
  const [, version] = /^(?:W\/)?"([^"]+)"$/.exec(response.headers.get('etag') ?? '') ?? [];
  if (response.status === 200 && version !== undefined) return version as Version;
  throw new StoreError('The service has answered without a version: is it another one?');
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new StoreError('The service has answered something else than its objects');
}
