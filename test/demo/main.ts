import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { playDemo } from './demo.ts';
import { LIMIT_SECONDS } from './plan.ts';
import type { Claim } from './proof.ts';
import type { Runtime } from './runtime.ts';
import { openTerminal } from './terminal.ts';

/*
 * `npm run demo`: jobs outlive their worker and their service. Exit code 0 only if all that is claimed
 * was shown to hold. With `-- --runtime workerd` or `deno` the service runs there, and with
 * `-- --runtime workerd --objects` on Durable Objects.
 */

const RUNTIMES: readonly Runtime[] = ['node', 'workerd', 'deno'];

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    objects: { type: 'boolean', default: false },
  },
});
const named = RUNTIMES.find(name => name === values.runtime);
const runtime = values.objects && named === 'workerd' ? 'workerd-objects' : named;
if (values.objects && runtime !== 'workerd-objects') {
  process.stderr.write('--objects: Expected --runtime workerd\n');
  process.exit(2);
}
if (runtime === undefined) {
  process.stderr.write(`--runtime: Expected ${RUNTIMES.join(', ')}, got "${values.runtime}"\n`);
  process.exit(2);
}

const terminal = openTerminal(process.stdout);
const folder = await mkdtemp(join(tmpdir(), 'dalsegno-demo-'));
const startedAtMs = performance.now();

process.once('SIGINT', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
});

const limit = setTimeout(
  () => end([], new Error(`It took longer than ${LIMIT_SECONDS} s`)),
  LIMIT_SECONDS * 1000,
);
try {
  end(await playDemo(runtime, folder, terminal), null);
} catch (error) {
  end([], error);
} finally {
  clearTimeout(limit);
}

/** Shows what was proved, and ends: processes that still run end with this one. */
function end(claims: readonly Claim[], error: unknown): never {
  terminal.end();
  terminal.text('');
  for (const { what, holds, evidence } of claims) {
    const verdict = holds ? 'ok    ' : 'FAILED';
    terminal.text(`${verdict}  ${what}\n        ${evidence}`, holds ? 'good' : 'bad');
  }
  if (error !== null) terminal.text(`FAILED  ${textOf(error)}`, 'bad');
  const failed = claims.filter(({ holds }) => !holds).length;
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  if (error === null && failed === 0) {
    rmSync(folder, { recursive: true, force: true });
    terminal.text(`\nAll ${claims.length} hold, in ${seconds} s`);
    process.exit(0);
  }
  terminal.text(`\nFailed after ${seconds} s; the state is kept in ${folder}`);
  process.exit(1);
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : JSON.stringify(error);
}
