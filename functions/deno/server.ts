import { getLogger } from '@logtape/logtape';
import { type ProcessAvailability, TICK_MS } from '../../lib/availability/process.ts';
import type { DenoApi } from './api.ts';
import type { DenoConfig } from './config.ts';
import type { DenoSite } from './service.ts';

declare const Deno: DenoApi;

/** How long requests in flight may take to finish after a signal to stop. */
const STOP_MILLISECONDS = 10_000;

/** How long the store may take to know that this process ends. */
const CLOSE_MILLISECONDS = 5_000;

const logger = getLogger('dalsegno');

export function logListening(
  { hostname, port }: { hostname: string; port: number },
  text: string,
): void {
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  logger.info('Listening on {url}, serving {store}', { url, store: text });
}

/** Serves on the address of the settings until SIGTERM or SIGINT, which end the process with 0. */
export function serveDenoSite(
  site: DenoSite,
  {
    config: { HOST, PORT },
    availability,
  }: { readonly config: DenoConfig; readonly availability: ProcessAvailability },
): void {
  const server = Deno.serve(
    {
      port: PORT,
      hostname: HOST,
      onListen(address) {
        availability.begin();
        logListening(address, site.text);
      },
    },
    site.fetch,
  );
  setInterval(availability.tick, TICK_MS);
  site.lead();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    Deno.addSignalListener(signal, () => void stop(signal));
  }

  /** A declared cron keeps Deno running after the server has ended, so this exits. */
  async function stop(signal: string): Promise<void> {
    logger.info('{signal}: finishing what is in flight', { signal });
    site.endWaits();
    // The server waits for open streams, so they end first.
    await site.endStreams();
    const late = afterMs(STOP_MILLISECONDS);
    // An abort of the server would close connections whose requests are not answered yet.
    await Promise.race([server.shutdown(), late]);
    // A store that does not answer is not waited for.
    await Promise.race([site.close(), afterMs(CLOSE_MILLISECONDS)]);
    logger.info('Stopped');
    Deno.exit(0);
  }
}

function afterMs(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}
