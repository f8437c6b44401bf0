import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const PRISM = join(import.meta.dirname, '../../node_modules/@stoplight/prism-cli/dist/index.js');

/** A proxy that answers with an error where a request or its answer is not as a document says. */
export interface Prism {
  readonly url: string;
  /** What it has printed. */
  readonly lines: readonly string[];
}

/** Starts the proxy on a free port of loopback. It is stopped after the test. */
export async function startPrism(documentPath: string, upstream: string): Promise<Prism> {
  const flags = ['proxy', documentPath, upstream, '--errors', '--host', '127.0.0.1', '--port', '0'];
  const child = spawn(process.execPath, [PRISM, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => stop(child));
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      lines.push(line);
      const [url] = /http:\/\/127\.0\.0\.1:[0-9]+$/.exec(line) ?? [];
      if (url !== undefined && line.includes('listening')) resolve({ url, lines });
    });
    createInterface({ input: child.stderr }).on('line', line => lines.push(line));
    child.once('exit', () => reject(new Error(`Prism has ended: ${lines.join('\n')}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
