import { parseArgs } from 'node:util';
import * as z from 'zod';
import { AllowNetworkFileSystem, StateMode, settingFaults } from '../../entry/settings.ts';

/** A store: the text before the colon is the medium. */
export type StoreSpec =
  | { readonly medium: 'file' | 'deno-kv'; readonly place: string }
  | { readonly medium: 'r2' | 'workers-kv'; readonly place: 'local' | 'remote' };

export interface CopyFlags {
  readonly from: StoreSpec;
  readonly to: StoreSpec;
  readonly held: boolean;
  readonly overwrite: boolean;
  readonly others: boolean;
  readonly wranglerConfig: string;
  readonly files: FileSettings;
}

/** How folders of state files are opened: with the same settings as in the service. */
export interface FileSettings {
  readonly mode: number;
  readonly allowNetwork: boolean;
}

const Environment = z.object({
  STATE_MODE: StateMode.default(0o600),
  ALLOW_NETWORK_FILE_SYSTEM: AllowNetworkFileSystem.default(false),
});

export type ReadFlags =
  | { readonly kind: 'flags'; readonly flags: CopyFlags }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly reason: string };

export const USAGE = `Usage: npm run copy -- --from <store> --to <store> [flags]

Copies all jobs from one store to another, bytes unchanged, and then compares the two.
Run it again to continue an interrupted copy, or to copy later changes. For every job that it puts
at the target, it writes a copy record under copied/. It replaces only jobs with a copy record.

  <store>            file:<folder>
                     deno-kv:<path or https URL>     a URL needs DENO_KV_ACCESS_TOKEN
                     r2:local, workers-kv:local      the local state of \`wrangler dev\`
                     r2:remote, workers-kv:remote    the bucket or namespace of your account
  --held             copy held jobs too, with their leases
  --overwrite        replace other objects of the target under the same keys, except held jobs
  --others           the target may have jobs that the source does not have
  --wrangler-config  the file with the bindings STATE_BUCKET and STATE_KV (wrangler.toml)
  --help

In the environment: STATE_MODE, the mode of new files in octal (0600), and
ALLOW_NETWORK_FILE_SYSTEM=true for folders on network file systems such as NFS.

Exit code 0: everything is copied and verified; 1: something is not; 2: bad usage.`;

export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadFlags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        held: { type: 'boolean', default: false },
        overwrite: { type: 'boolean', default: false },
        others: { type: 'boolean', default: false },
        'wrangler-config': { type: 'string', default: 'wrangler.toml' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const from = specOf(values.from);
    if (from === null) return refused('--from', values.from);
    const to = specOf(values.to);
    if (to === null) return refused('--to', values.to);
    const { held, overwrite, others } = values;
    const wranglerConfig = values['wrangler-config'];
    const files = fileSettings(environment);
    if (typeof files === 'string') return { kind: 'refused', reason: files };
    return { kind: 'flags', flags: { from, to, held, overwrite, others, wranglerConfig, files } };
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

/** An empty variable counts as not set. */
function fileSettings(environment: Readonly<Record<string, string | undefined>>) {
  const input = Object.fromEntries(
    Object.keys(Environment.shape).map(name => [name, environment[name] || undefined]),
  );
  const parsed = Environment.safeParse(input);
  if (!parsed.success) return settingFaults(parsed.error, input).join('\n');
  const { STATE_MODE: mode, ALLOW_NETWORK_FILE_SYSTEM: allowNetwork } = parsed.data;
  return { mode, allowNetwork };
}

function refused(flag: string, text: string | undefined): ReadFlags {
  if (text === undefined) return { kind: 'refused', reason: `${flag} <store> is missing` };
  return { kind: 'refused', reason: `${flag}: Unknown store ${JSON.stringify(text)}` };
}

function specOf(text: string | undefined): StoreSpec | null {
  const [, medium = '', place = ''] = /^([a-z0-9-]+):(.+)$/s.exec(text ?? '') ?? [];
  if (place.includes('\0')) return null;
  switch (medium) {
    case 'file':
    case 'deno-kv':
      return { medium, place };
    case 'r2':
    case 'workers-kv':
      return place === 'local' || place === 'remote' ? { medium, place } : null;
    default:
      return null;
  }
}
