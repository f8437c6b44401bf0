import type { ClientOptions } from './client/client.ts';
import { createPresenceCalls } from './client/presence-calls.ts';
import type { RandomSource } from './client/retry.ts';
import type { Timing } from './client/timing.ts';
import { type ConnectPresence, createPresenceLink } from './presence.ts';
import type { Emit } from './worker-event.ts';

interface Options extends Pick<ClientOptions, 'url' | 'token' | 'fetch'> {
  readonly presence?: boolean | undefined;
  readonly presenceGraceSeconds?: number | undefined;
}

interface Parts {
  readonly timing: Timing;
  readonly random: RandomSource;
  readonly emit: Emit;
}

/** How the worker connects to its presence stream; null if it is turned off. */
export function connectorOf(options: Options, parts: Parts): ConnectPresence | null {
  const { url, token, presence = true, presenceGraceSeconds: seconds } = options;
  if (!presence) return null;
  const calls = createPresenceCalls({ url, token, fetch: options.fetch, timing: parts.timing });
  const graceMs = seconds === undefined ? undefined : Math.round(seconds * 1000);
  return listener => createPresenceLink({ ...parts, calls, graceMs }, listener);
}
