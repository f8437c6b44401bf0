import * as z from 'zod';
import { AllowNetworkFileSystem, StateMode, settingFaults } from '../../entry/settings.ts';

/** A store: the text before the colon is the medium. */
export type StoreSpec =
  | { readonly medium: 'file' | 'deno-kv' | 'service'; readonly place: string }
  | { readonly medium: 'r2' | 'workers-kv'; readonly place: 'local' | 'remote' };

export interface CopyFlags {
  readonly from: StoreSpec;
  readonly to: StoreSpec;
  readonly held: boolean;
  readonly overwrite: boolean;
  readonly others: boolean;
  readonly wranglerConfig: string;
  readonly files: FileSettings;
  readonly tokens: ServiceTokens;
}

/** The access tokens of services that are copied from or to. Null where there is none. */
export interface ServiceTokens {
  readonly from: string | null;
  readonly to: string | null;
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
  | { readonly kind: 'refused'; readonly reason: string };

/** The options of the command as they were given. */
export interface GivenCopyOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly held?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
  readonly others?: boolean | undefined;
  readonly wranglerConfig?: string | undefined;
}

export function readFlags(
  given: GivenCopyOptions,
  environment: Readonly<Record<string, string | undefined>>,
): ReadFlags {
  const { held = false, overwrite = false, others = false } = given;
  const { wranglerConfig = 'wrangler.toml' } = given;
  const from = specOf(given.from);
  if (from === null) return refused('--from', given.from);
  const to = specOf(given.to);
  if (to === null) return refused('--to', given.to);
  const files = fileSettings(environment);
  if (typeof files === 'string') return { kind: 'refused', reason: files };
  const tokens = {
    from: tokenOf('DALSEGNO_FROM_TOKEN', environment),
    to: tokenOf('DALSEGNO_TO_TOKEN', environment),
  };
  return {
    kind: 'flags',
    flags: { from, to, held, overwrite, others, wranglerConfig, files, tokens },
  };
}

/** Of one side, or that of both. */
function tokenOf(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  return environment[name] || environment['DALSEGNO_TOKEN'] || null;
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
    case 'service':
      return { medium, place };
    case 'r2':
    case 'workers-kv':
      return place === 'local' || place === 'remote' ? { medium, place } : null;
    default:
      return null;
  }
}
