import { type BareStore, createBareApp } from './bare-app.ts';

/** What this file uses of Deno. */
interface DenoApi {
  readonly args: readonly string[];
  mkdirSync(path: string, options: { readonly recursive: boolean }): void;
  openKv(path: string): Promise<Kv>;
  serve(
    options: {
      readonly port: number;
      readonly hostname: string;
      readonly onListen: (address: { readonly port: number }) => void;
    },
    handler: (request: Request) => Response | Promise<Response>,
  ): void;
}

interface Kv {
  atomic(): Atomic;
  get(key: Key): Promise<Entry>;
  getMany(keys: readonly Key[]): Promise<readonly Entry[]>;
}

type Key = readonly (string | number)[];

interface Entry {
  readonly value: unknown;
  readonly versionstamp: string | null;
}

interface Atomic {
  set(key: Key, value: Uint8Array): Atomic;
  commit(): Promise<unknown>;
}

declare const Deno: DenoApi;

/** The limit of a value is 65,536 bytes. */
const CHUNK_BYTES = 60_000;
/** As long as what the service reads to know the version of a job. */
const VERSION_BYTES = 400;

const [folder = '.'] = Deno.args;
Deno.mkdirSync(folder, { recursive: true });
const kv = await Deno.openKv(`${folder}/bare.sqlite`);
const app = createBareApp();

const lengths = new Map<string, number>();
const store: BareStore = {
  async put(key, body) {
    let atomic = kv.atomic();
    for (let at = 0; at < body.byteLength; at += CHUNK_BYTES)
      atomic = atomic.set(['bare', key, at], body.subarray(at, at + CHUNK_BYTES));
    await atomic.set(['version', key], new Uint8Array(VERSION_BYTES)).commit();
    lengths.set(key, body.byteLength);
  },
  head: async key => (await kv.get(['version', key])).versionstamp,
  async get(key) {
    const length = lengths.get(key) ?? 0;
    const keys: Key[] = [];
    for (let at = 0; at < length; at += CHUNK_BYTES) keys.push(['bare', key, at]);
    const body = new Uint8Array(length);
    for (const [nth, { value }] of (await kv.getMany(keys)).entries()) {
      if (value instanceof Uint8Array) body.set(value, nth * CHUNK_BYTES);
    }
    return body;
  },
};

Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}`),
  },
  request => app.fetch(request, store),
);
