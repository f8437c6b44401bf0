import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Server } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/*
 * Loaded before the service, in its process: counts how often it has files synced, and tells over the channel to its
 * parent where it listens, and what it has used when it is asked.
 */

const NANOS_IN_A_MILLI = 1_000_000;

let syncs = 0;

/** Counts the calls of a function that syncs a file. */
function counted<T extends (...given: never[]) => unknown>(sync: T): T {
  // A class method needs its `this`, and the functions of the module do not mind it.
  return function (this: unknown, ...given: Parameters<T>) {
    syncs += 1;
    return sync.apply(this, given);
  } as T;
}

const NAMES = ['fsync', 'fdatasync', 'fsyncSync', 'fdatasyncSync'] as const;
for (const name of NAMES) Object.assign(fs, { [name]: counted(fs[name]) });
syncBuiltinESMExports();

const handle = await open(process.execPath);
const methods = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ['sync', 'datasync']) methods[name] = counted(methods[name]);

subscribe('tracing:net.server.listen:asyncEnd', message => {
  const address = (message as { readonly server: Server }).server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});

const lag = monitorEventLoopDelay({ resolution: 10 });
lag.enable();

process.on('message', what => {
  if (what === 'collected') for (let time = 0; time < 3; time++) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
  const lagP99Ms = lag.percentile(99) / NANOS_IN_A_MILLI;
  const lagMaxMs = lag.max / NANOS_IN_A_MILLI;
  lag.reset();
  process.send?.({ cpuMicros: user + system, syncs, rssBytes, heapBytes, lagP99Ms, lagMaxMs });
});
// A bench that is broken off leaves no service behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The service ends when it is told to, whatever listens here.
process.channel?.unref();
