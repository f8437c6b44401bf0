import type { KvLike } from '../../lib/stores/deno-kv/kv-like.ts';

interface Output {
  writeSync(bytes: Uint8Array): number;
}

/** The part of Deno that the entry uses. */
export interface DenoApi {
  readonly env: {
    get(name: string): string | undefined;
    toObject(): Record<string, string>;
  };
  readonly pid: number;
  readonly errors: { readonly NotFound: new () => Error };
  readTextFile(path: string): Promise<string>;
  /** Missing without `--unstable-kv`. */
  openKv(path?: string): Promise<KvLike>;
  mkdir(path: string, options: { recursive: boolean }): Promise<void>;
  cron(name: string, schedule: string, handler: () => Promise<void>): Promise<void>;
  serve(
    options: {
      port?: number;
      hostname?: string;
      onListen(address: { hostname: string; port: number }): void;
    },
    handler: (request: Request) => Promise<Response>,
  ): { shutdown(): Promise<void> };
  addSignalListener(signal: 'SIGTERM' | 'SIGINT', handler: () => void): void;
  exit(code: number): never;
  memoryUsage(): {
    readonly rss: number;
    readonly heapTotal: number;
    readonly heapUsed: number;
    readonly external: number;
  };
  readonly stdout: Output;
  readonly stderr: Output;
}
