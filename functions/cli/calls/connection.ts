import type { ExactClient } from '../../../lib/client/client.ts';
import type { ClientOptions } from '../../../lib/worker/client/client.ts';
import { usageFault } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { DEFAULT_URL, type GlobalOptions } from './root.ts';

/** What a command of an operator needs. */
export interface Connection {
  readonly client: ExactClient;
  readonly url: string;
}

/** What tests replace: how requests are sent, and the pauses between tries. */
export type Wire = Pick<ClientOptions, 'fetch' | 'random' | 'timing'>;

/** A person waits: two more tries of each call, not five. */
const RETRIES = 2;
const MAX_TIMEOUT_SECONDS = 3600;

/** The client of the service that the flags or the environment name. Loads the client only when it is needed. */
export async function connect(
  given: GlobalOptions,
  { environment }: Io,
  wire: Wire,
): Promise<Connection> {
  const url = given.url ?? (environment['DALSEGNO_URL'] || DEFAULT_URL);
  const token = given.token ?? (environment['DALSEGNO_TOKEN'] || undefined);
  const timeoutSeconds = timeoutOf(given.timeout);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw usageFault('--token: An access token has no spaces and no line breaks');
  }
  const { createExactClient } = await import('../../../lib/client/client.ts');
  try {
    const client = createExactClient({ url, token, timeoutSeconds, retries: RETRIES, ...wire });
    return { client, url };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageFault(`--url: ${error.message}`, `Such as ${DEFAULT_URL}`);
  }
}

/** In seconds; undefined where none is given. */
function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds;
  throw usageFault(
    `--timeout: Expected seconds up to ${MAX_TIMEOUT_SECONDS}, got ${JSON.stringify(text)}`,
  );
}
