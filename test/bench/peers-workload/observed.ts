import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Server } from 'node:net';

/*
 * Loaded before the service, in its process: counts how often it has files synced, and tells over the channel to its
 * parent where it listens, and what it has used when it is asked.
 */

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

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const rssBytes = process.memoryUsage.rss();
  process.send?.({ cpuMicros: user + system, syncs, rssBytes });
});
// A bench that is broken off leaves no service behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The service ends when it is told to, whatever listens here.
process.channel?.unref();
