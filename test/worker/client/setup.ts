import { type Client, createClient } from '../../../lib/worker.ts';
import { type ManualTiming, manualTiming, turns } from '../manual-timing.ts';
import { type Reply, type ScriptedService, scriptedService } from '../scripted-service.ts';

export interface Setup {
  readonly client: Client;
  readonly service: ScriptedService;
  readonly timing: ManualTiming;
  /** What a call came to, with time passing as it needs it. */
  readonly outcome: <T>(call: Promise<T>) => Promise<T>;
}

export function setup(...replies: readonly Reply[]): Setup {
  const timing = manualTiming({ settle: turns });
  const service = scriptedService(...replies);
  const client = createClient({
    url: 'http://service.test/base/',
    token: 'secret',
    fetch: service.fetch,
    timing,
    random: { fraction: () => 1 },
  });
  return {
    client,
    service,
    timing,
    outcome: async call => {
      // A call that fails while time passes is looked at afterwards.
      call.catch(() => undefined);
      await timing.advance(120_000);
      return call;
    },
  };
}
