import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';

/** What the asking process is told: a request for each connection, repeated until the time is up. */
export interface Load {
  readonly port: number;
  readonly millis: number;
  readonly lanes: readonly LaneRequest[];
}

export interface LaneRequest {
  /** From the request line to the empty line. */
  readonly head: string;
  /** The body's bytes, whose length the head declares. */
  readonly bodyFile: string | null;
}

export const Measured = z.union([
  z.object({ perSecond: z.number() }),
  z.object({ refused: z.string() }),
]);
export type Measured = z.infer<typeof Measured>;

/** A process of its own, so that asking does not take time from what is measured. */
export interface LoadClient {
  rate(load: Load): Promise<number>;
  close(): void;
}

export function startLoadClient(): LoadClient {
  const client = fork(new URL('./load-client.ts', import.meta.url));
  return {
    async rate(load) {
      const answer = once(client, 'message');
      client.send(load);
      const measured = Measured.parse((await answer)[0]);
      if ('refused' in measured) throw new Error(measured.refused);
      return measured.perSecond;
    },
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
