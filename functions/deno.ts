import { getLogger } from '@logtape/logtape';
import { createProcessAvailability, TICK_MS } from '../lib/availability/process.ts';
import { systemClock } from '../lib/base/clock.ts';
import type { KvLike } from '../lib/stores/deno-kv/kv-like.ts';
import type { DenoApi } from './deno/api.ts';
import { type DenoConfig, readDenoConfig } from './deno/config.ts';
import { openDenoSite } from './deno/service.ts';
import { logToConsole } from './entry/log.ts';
import { createMisconfigured } from './http/misconfigured.ts';

declare const Deno: DenoApi;

/** How long requests in flight may take to finish after a signal to stop. */
const STOP_MILLISECONDS = 10_000;

const logger = getLogger('dalsegno');
// Deno Deploy sets these. It chooses the address and the database itself, and ends the process.
const isDeployed = ['DENO_DEPLOYMENT_ID', 'DENO_DEPLOY'].some(
  name => Deno.env.get(name) !== undefined,
);

const read = readDenoConfig(name => Deno.env.get(name), isDeployed);
logToConsole(read.kind === 'config' ? read.config.LOG_LEVEL : 'info');
if (read.kind === 'refused') {
  for (const fault of read.faults) logger.error('Cannot run: {fault}', { fault });
  if (!isDeployed) Deno.exit(2);
}
const availability = isDeployed ? null : createProcessAvailability(systemClock);
const site =
  read.kind === 'config'
    ? await openDenoSite(await openKv(read.config), read.config, availability)
    : null;

// Deno Deploy finds a cron that is declared at the top level, without a request.
void Deno.cron('sweep', '* * * * *', async () => {
  await site?.sweep();
});

const misconfigured = createMisconfigured();
const server = Deno.serve(
  {
    ...(read.kind === 'config' && !isDeployed
      ? { port: read.config.PORT, hostname: read.config.HOST }
      : {}),
    onListen({ hostname, port }) {
      availability?.begin();
      const url = `http://${hostname}:${port}`;
      logger.info('Listening on {url}, serving Deno KV', { url });
    },
  },
  site?.fetch ?? (async request => misconfigured.fetch(request)),
);
if (availability !== null) {
  setInterval(availability.tick, TICK_MS);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    Deno.addSignalListener(signal, () => void stop(signal));
  }
}

async function openKv({ STATE_DIR }: DenoConfig): Promise<KvLike> {
  if (isDeployed) return Deno.openKv();
  await Deno.mkdir(STATE_DIR, { recursive: true });
  return Deno.openKv(`${STATE_DIR}/kv.sqlite3`);
}

/** A declared cron keeps Deno running after the server has ended, so this exits. */
async function stop(signal: string): Promise<void> {
  logger.info('{signal}: finishing what is in flight', { signal });
  site?.endWaits();
  // The server waits for open streams, so they end first.
  await site?.endStreams();
  const late = new Promise(resolve => setTimeout(resolve, STOP_MILLISECONDS));
  // An abort of the server would close connections whose requests are not answered yet.
  await Promise.race([server.shutdown(), late]);
  await site?.close();
  logger.info('Stopped');
  Deno.exit(0);
}
