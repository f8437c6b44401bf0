import { join } from 'node:path';

/** Where the service of the demo runs, and on which store; `workerd-objects` is workerd with Durable Objects. */
export type Runtime = 'node' | 'workerd' | 'workerd-objects' | 'deno';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Finds the address in a line of what the service says. */
  readonly url: RegExp;
}

export interface LaunchOptions {
  readonly folder: string;
  readonly port: number;
}

const FUNCTIONS = join(import.meta.dirname, '../../functions');
const COMMAND_LINE = join(FUNCTIONS, 'cli/bin.js');
const DENO_ENVIRONMENT = { DEVELOPMENT: 'true', DENO_NO_UPDATE_CHECK: '1' };
const DENO_FLAGS = [
  '--unstable-kv',
  '--unstable-cron',
  '--allow-net',
  '--allow-env',
  '--allow-read',
  '--allow-write',
];
const IN_JSON = /"url":"(http:[^"]+)"/;

/** From sweep to sweep. Deno's cron, which fires by the clock, is the one that cannot come more often. */
export function sweepSecondsOf(runtime: Runtime): number {
  return runtime === 'deno' ? 60 : 1;
}

/** How a service is started there. Port 0 takes any free one. */
export function launchOf(runtime: Runtime, { folder, port }: LaunchOptions): Launch {
  const sweep = String(sweepSecondsOf(runtime));
  switch (runtime) {
    case 'node':
      return {
        program: process.execPath,
        args: [join(FUNCTIONS, 'node.ts'), '--log-format', 'json', '--log-level', 'info'],
        environment: { PORT: String(port), STATE_DIR: folder, SWEEP_INTERVAL: sweep },
        url: IN_JSON,
      };
    case 'workerd':
    case 'workerd-objects':
      return {
        program: process.execPath,
        args: [
          COMMAND_LINE,
          'dev',
          '--port',
          String(port),
          '--persist-to',
          folder,
          ...(runtime === 'workerd-objects' ? ['--env', 'durable'] : []),
        ],
        environment: { SWEEP_INTERVAL: sweep },
        url: /Ready on (http:\S+)/,
      };
    case 'deno':
      return {
        program: 'deno',
        args: ['run', ...DENO_FLAGS, join(FUNCTIONS, 'deno.ts')],
        environment: { ...DENO_ENVIRONMENT, PORT: String(port), STATE_DIR: folder },
        url: IN_JSON,
      };
    default:
      return runtime satisfies never;
  }
}
