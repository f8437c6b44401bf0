import { isLoopback } from '../../lib/base/loopback.ts';
import { DenoConfig, type ReadDenoConfig, readDenoConfig } from './config.ts';

export type ReadDenoCommand = ReadDenoConfig | { readonly kind: 'help'; readonly text: string };

/** The flags by name, each with its variable: `--state-dir` is `STATE_DIR`. */
const VARIABLES = new Map(
  Object.keys(DenoConfig.shape).map(name => [name.toLowerCase().replaceAll('_', '-'), name]),
);

/**
 * The settings of `dalsegno serve` on Deno: from flags, else from the environment, else their defaults. Without access
 * tokens only a loopback address is accepted.
 */
export function readDenoCommand(
  flags: readonly string[],
  variable: (name: string) => string | undefined,
): ReadDenoCommand {
  const given = new Map<string, string>();
  const rest = [...flags];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === '--help' || flag === '-h') return { kind: 'help', text: helpText() };
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(flag) ?? [];
    const target = VARIABLES.get(name);
    if (target === undefined) return refused(`${flag}: No such flag; --help prints all`);
    const value = inline ?? rest.shift();
    if (value === undefined) return refused(`${flag}: A value is missing`);
    given.set(target, value);
  }
  const read = readDenoConfig(name => given.get(name) ?? variable(name), false);
  if (read.kind === 'refused') return read;
  const { HOST, ACCESS_TOKENS } = read.config;
  if (ACCESS_TOKENS.size > 0 || isLoopback(HOST)) return read;
  return refused(
    `HOST: Without access tokens only loopback is served, got ${JSON.stringify(HOST)}`,
  );
}

function refused(fault: string): ReadDenoCommand {
  return { kind: 'refused', faults: [fault] };
}

function helpText(): string {
  return [
    'Usage: deno run -A --unstable-kv npm:dalsegno serve [flags]',
    '',
    'Serves Deno KV, or what --store names, over HTTP until SIGTERM or SIGINT. Flags override variables.',
    '',
    ...[...VARIABLES].map(([flag, name]) => `  --${flag.padEnd(24)} ${name}`),
  ].join('\n');
}
