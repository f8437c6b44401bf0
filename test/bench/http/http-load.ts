import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import { type Asked, type Sample, sampleOfProcess } from '../measure/sample.ts';

/** What the asking process gets: the requests of each connection, repeated by turns until the time is up. */
export interface Load {
  readonly port: number;
  readonly millis: number;
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly requests: readonly LaneRequest[];
  /** Where each answer is a grant, whose lease is released before the next request: both count as one. Else null. */
  readonly release: Release | null;
}

export interface Release {
  /** Before the path of the API. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface LaneRequest {
  /** From the request line to the empty line. */
  readonly head: string;
  /** The body's bytes, whose length the head declares. */
  readonly bodyFile: string | null;
}

export const Measured = z.union([
  z.object({ done: z.number(), elapsedMs: z.number(), busyMicros: z.number() }),
  z.object({ refused: z.string() }),
]);
export type Measured = z.infer<typeof Measured>;

/** A process of its own, so that asking does not take time from what is measured. */
export interface LoadClient {
  /** Asks the server, and says what one request cost it. */
  sample(server: Asks, load: Omit<Load, 'port'>): Promise<Sample>;
  close(): void;
}

interface Asks {
  readonly port: number;
  readonly pid: number;
}

export function startLoadClient(): LoadClient {
  const client = fork(new URL('./load-client.ts', import.meta.url));

  async function ask(load: Load): Promise<Asked> {
    const answer = once(client, 'message');
    client.send(load);
    const measured = Measured.parse((await answer)[0]);
    if ('refused' in measured) throw new Error(measured.refused);
    return measured;
  }

  return {
    sample: ({ port, pid }, load) => sampleOfProcess(pid, () => ask({ ...load, port })),
    close: () => client.disconnect(),
  };
}

export function requestHead(
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The same request again and again. */
export function laneOf(request: LaneRequest): Lane {
  return { requests: [request], release: null };
}
