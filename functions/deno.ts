import { getLogger } from '@logtape/logtape';
import { createProcessAvailability } from '../lib/availability/process.ts';
import { systemClock } from '../lib/base/clock.ts';
import type { DenoApi } from './deno/api.ts';
import { type DenoConfig, readDenoConfig } from './deno/config.ts';
import { startLogging } from './deno/logging.ts';
import { logListening, serveDenoSite } from './deno/server.ts';
import { type DenoSite, openDenoSite } from './deno/service.ts';
import { edgeAccess, warnOfNoTokens } from './entry/edge-access.ts';
import { logToConsole } from './entry/log.ts';
import { createMisconfigured } from './http/misconfigured.ts';

declare const Deno: DenoApi;

const logger = getLogger('dalsegno');
// Deno Deploy sets these. It chooses the address and the database itself, and ends the process.
const isDeployed = ['DENO_DEPLOYMENT_ID', 'DENO_DEPLOY'].some(
  name => Deno.env.get(name) !== undefined,
);

const read = readDenoConfig(name => Deno.env.get(name), isDeployed);
const level = read.kind === 'config' ? read.config.LOG_LEVEL : 'info';
// Deno Deploy takes the severity of a line from the method of the console.
const log = isDeployed ? null : startLogging(level);
if (isDeployed) logToConsole(level);
if (read.kind === 'refused') {
  for (const fault of read.faults) logger.error('Cannot run: {fault}', { fault });
  if (!isDeployed) Deno.exit(2);
}
const availability = isDeployed ? null : createProcessAvailability(systemClock);
const site = read.kind === 'config' ? await openSite(read.config) : null;

// Deno Deploy finds a cron that is declared at the top level, without a request.
void Deno.cron('sweep', '* * * * *', async () => {
  await site?.sweep();
});

if (site === null || availability === null) {
  const misconfigured = createMisconfigured();
  Deno.serve(
    { onListen: address => logListening(address, site?.text ?? 'nothing') },
    site?.fetch ?? (async request => misconfigured.fetch(request)),
  );
} else if (read.kind === 'config') {
  serveDenoSite(site, { config: read.config, availability });
}

async function openSite(config: DenoConfig): Promise<DenoSite> {
  warnOfNoTokens(config);
  // The settings allow DEVELOPMENT on a loopback address alone.
  const access = edgeAccess(config, () => true);
  const requestLines = log?.requestLines ?? null;
  try {
    return await openDenoSite({ config, availability, access, requestLines });
  } catch (error) {
    logger.error('Cannot run: {error}', { error });
    // Deno Deploy starts another process for the next request.
    if (!isDeployed) Deno.exit(1);
    throw error;
  }
}
