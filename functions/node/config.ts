import { parseArgs } from 'node:util';
import * as z from 'zod';
import { isLoopback } from '../../lib/base/loopback.ts';
import {
  AccessTokens,
  AllowNetworkFileSystem,
  Bytes,
  CorsOrigins,
  Count,
  DEFAULT_GRACE_MS,
  Development,
  GraceMs,
  LogLevel,
  RetentionDays,
  StateMode,
  Whole,
} from '../entry/settings.ts';
import { SETTINGS } from './flags.ts';
import { StoreUrl } from './store/store-place.ts';

const NodeConfig = z.object({
  port: Whole.pipe(z.number().max(65_535)).default(8787),
  host: z.string().min(1).default('127.0.0.1'),
  'access-tokens': AccessTokens.optional(),
  'cors-origins': CorsOrigins.optional(),
  store: StoreUrl.optional(),
  'state-dir': z.string().min(1).default('./state'),
  'state-mode': StateMode.default(0o600),
  'allow-network-file-system': AllowNetworkFileSystem.default(false),
  'max-body-bytes': Bytes.default(32 * 1024 * 1024),
  'max-sheets': Count.default(10_000),
  'max-state-bytes': Bytes.optional(),
  'max-requests-in-flight': Count.default(1000),
  'max-bytes-in-flight': Bytes.optional(),
  'cache-bytes': Bytes.default(64 * 1024 * 1024),
  'sweep-interval': Whole.pipe(z.number().max(86_400)).default(60),
  'retention-days': RetentionDays.optional(),
  'presence-grace-ms': GraceMs.default(DEFAULT_GRACE_MS),
  'log-level': LogLevel.default('info'),
  'log-format': z.enum(['pretty', 'json']).optional(),
  development: Development.default(false),
});
export type NodeConfig = z.infer<typeof NodeConfig>;

/** Their values are not repeated: tokens, or entries of their list, and a URL that may have a password. */
const SECRET: ReadonlySet<string> = new Set(['access-tokens', 'store']);

export type ReadConfig =
  | { readonly kind: 'config'; readonly config: NodeConfig }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string };

/** The settings of the Node entry, from flags, else from the environment, else their defaults. */
export function readNodeConfig(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadConfig {
  const given = readFlags(flags);
  if (given.kind !== 'flags') return given;
  const input: Record<string, string> = {};
  for (const [name, { variable }] of Object.entries(SETTINGS)) {
    // An empty variable counts as not set: compose files and shells leave such variables.
    const value = given.values[name] ?? (environment[variable] || undefined);
    if (value !== undefined) input[name] = value;
  }
  const parsed = NodeConfig.safeParse(input);
  const ofHost = hostFaults(input['host'], input['access-tokens']);
  if (parsed.success && ofHost.length === 0) return { kind: 'config', config: parsed.data };
  const faults = (parsed.error?.issues ?? []).map(issue => {
    const name = String(issue.path[0]);
    const got = SECRET.has(name) ? '' : `, got ${JSON.stringify(input[name])}`;
    return `--${name} (${variableOf(name)}): ${issue.message}${got}`;
  });
  return { kind: 'refused', text: [...faults, ...ofHost].join('\n') };
}

/** Without tokens only this machine is served. */
function hostFaults(host: string | undefined, tokens: string | undefined): string[] {
  if (host === undefined || isLoopback(host) || (tokens ?? '').trim() !== '') return [];
  const reason = 'Without access tokens only loopback is served';
  return [`--host (HOST): ${reason}, got ${JSON.stringify(host)}`];
}

function readFlags(
  flags: readonly string[],
):
  | { readonly kind: 'flags'; readonly values: Readonly<Record<string, string | undefined>> }
  | Exclude<ReadConfig, { kind: 'config' }> {
  const options: Record<string, { type: 'string' }> = {};
  for (const name of Object.keys(SETTINGS)) options[name] = { type: 'string' };
  try {
    const { values } = parseArgs({
      args: [...flags],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      strict: true,
    });
    if (values['help'] === true) return { kind: 'help', text: helpText() };
    const strings: Record<string, string> = {};
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'string') strings[name] = value;
    }
    return { kind: 'flags', values: strings };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: 'refused', text: error.message };
  }
}

function helpText(): string {
  const lines = Object.entries(SETTINGS).map(
    ([name, { variable, help }]) => `  --${name.padEnd(26)} ${variable.padEnd(26)} ${help}`,
  );
  return [
    'Usage: dalsegno serve [flags]      in a clone: npm start -- [flags]',
    '',
    'Serves the folder of state files over HTTP until SIGTERM or SIGINT. Flags override variables.',
    '',
    ...lines,
  ].join('\n');
}

function isSetting(name: string): name is keyof typeof SETTINGS {
  return Object.hasOwn(SETTINGS, name);
}

function variableOf(name: string): string {
  return isSetting(name) ? SETTINGS[name].variable : name;
}
