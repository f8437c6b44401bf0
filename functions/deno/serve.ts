import { createProcessAvailability } from '../../lib/availability/process.ts';
import { systemClock } from '../../lib/base/clock.ts';
import type { DenoApi } from './api.ts';
import { readDenoCommand } from './command.ts';
import type { DenoConfig } from './config.ts';
import { startLogging } from './logging.ts';
import { serveDenoSite } from './server.ts';
import { openDenoSite } from './service.ts';

declare const Deno: DenoApi;

/** The command has no cron of Deno: that needs one flag more, and a module that declares it. */
const SWEEP_MS = 60_000;

/**
 * Runs the service on Deno with these flags and the environment of the process. As on Node, a loopback address without
 * access tokens serves everybody.
 */
export async function serveDeno(flags: readonly string[]): Promise<void> {
  const read = readDenoCommand(flags, name => Deno.env.get(name));
  switch (read.kind) {
    case 'help':
      Deno.stdout.writeSync(new TextEncoder().encode(`${read.text}\n`));
      return;
    case 'refused':
      refuse(read.faults, 2);
      break;
    case 'config':
      await run(read.config);
      break;
    default:
      read satisfies never;
  }
}

async function run(config: DenoConfig): Promise<void> {
  if (config.STORE === undefined && typeof Deno.openKv !== 'function') {
    refuse(['Deno KV needs the flag --unstable-kv: deno run -A --unstable-kv … serve'], 1);
  }
  const { requestLines } = startLogging(config.LOG_LEVEL);
  const availability = createProcessAvailability(systemClock);
  const access = config.ACCESS_TOKENS.size === 0 ? null : config.ACCESS_TOKENS;
  const site = await openDenoSite({ config, availability, access, requestLines }).catch(
    (error: unknown) => refuse([reasonOf(error)], 1),
  );
  serveDenoSite(site, { config, availability });
  for (;;) {
    // What fails is logged, and done again with the next sweep.
    await site.sweep().catch(() => undefined);
    await new Promise(resolve => setTimeout(resolve, SWEEP_MS));
  }
}

function refuse(faults: readonly string[], exitCode: number): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`Cannot run:\n${faults.join('\n')}\n`));
  Deno.exit(exitCode);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
