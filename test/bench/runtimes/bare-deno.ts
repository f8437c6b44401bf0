import { type BarePut, createBareApp } from './bare-app.ts';

/** What this file uses of Deno. */
interface DenoApi {
  readonly args: readonly string[];
  mkdirSync(path: string, options: { readonly recursive: boolean }): void;
  openKv(path: string): Promise<{ atomic(): Atomic }>;
  serve(
    options: {
      readonly port: number;
      readonly hostname: string;
      readonly onListen: (address: { readonly port: number }) => void;
    },
    handler: (request: Request) => Response | Promise<Response>,
  ): void;
}

interface Atomic {
  set(key: readonly (string | number)[], value: Uint8Array): Atomic;
  commit(): Promise<unknown>;
}

declare const Deno: DenoApi;

/** The limit of a value is 65,536 bytes. */
const CHUNK_BYTES = 60_000;

const [folder = '.'] = Deno.args;
Deno.mkdirSync(folder, { recursive: true });
const kv = await Deno.openKv(`${folder}/bare.sqlite`);
const app = createBareApp();

const put: BarePut = async (key, body) => {
  let atomic = kv.atomic();
  for (let at = 0; at < body.byteLength; at += CHUNK_BYTES)
    atomic = atomic.set(['bare', key, at], body.subarray(at, at + CHUNK_BYTES));
  await atomic.commit();
};

Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}`),
  },
  request => app.fetch(request, { put }),
);
