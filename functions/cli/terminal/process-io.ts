import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { systemTiming } from '../../../lib/worker/client/timing.ts';
import type { Input, Io, Output } from './io.ts';

/** The streams, the environment and the signals of this process. */
export function processIo(): Io {
  let signal: AbortSignal | null = null;
  return {
    environment: process.env,
    stdin: inputOf(process.stdin),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    timing: systemTiming,
    get signal() {
      signal ??= signalOf('SIGINT');
      return signal;
    },
  };
}

/** Once it is asked for, Ctrl-C no longer ends the process by itself. */
function signalOf(name: 'SIGINT'): AbortSignal {
  const interrupt = new AbortController();
  process.once(name, () => interrupt.abort());
  return interrupt.signal;
}

function outputOf(stream: NodeJS.WriteStream): Output {
  let isClosed = false;
  let wake = (): void => {};
  stream.on('drain', () => wake());
  // The reader has gone, as in `dalsegno jobs | head`: no fault of the command.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
    wake();
  });
  return {
    isTerminal: stream.isTTY,
    get columns() {
      return stream.columns || null;
    },
    get rows() {
      return stream.rows || null;
    },
    get isClosed() {
      return isClosed;
    },
    async write(chunk) {
      if (isClosed || stream.write(chunk)) return;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    },
  };
}

function inputOf(stream: NodeJS.ReadStream): Input {
  return {
    isTerminal: stream.isTTY,
    text: () => text(stream),
    line() {
      const { promise, resolve } = Promise.withResolvers<string | null>();
      const lines = createInterface({ input: stream });
      lines.once('line', line => {
        resolve(line);
        lines.close();
      });
      lines.once('close', () => resolve(null));
      return promise;
    },
  };
}
