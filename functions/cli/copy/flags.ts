import * as z from 'zod';
import { AllowNetworkFileSystem, StateMode, settingFaults } from '../../entry/settings.ts';
import { placeText, StoreUrl } from '../../node/store/store-place.ts';
import type { PostgresPlace } from '../../store/postgres-place.ts';
import type { S3Place } from '../../store/s3-place.ts';

/** A store: the text before the colon is the medium. */
export type StoreSpec =
  | { readonly medium: 'file' | 'deno-kv' | 'service'; readonly place: string }
  | { readonly medium: 'r2' | 'workers-kv'; readonly place: 'local' | 'remote' }
  /** The place is what follows the medium in its URL. */
  | { readonly medium: 's3'; readonly place: string; readonly bucket: S3Place }
  /** The place is that of the database, without its user and password. */
  | { readonly medium: 'postgres'; readonly place: string; readonly database: PostgresPlace };

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
  if (from === null || typeof from === 'string') return refused('--from', given.from, from);
  const to = specOf(given.to);
  if (to === null || typeof to === 'string') return refused('--to', given.to, to);
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

/** The fault of a URL stands alone: the URL may have credentials, which do not belong there. */
function refused(flag: string, text: string | undefined, fault: string | null): ReadFlags {
  if (text === undefined) return { kind: 'refused', reason: `${flag} <store> is missing` };
  if (fault !== null) return { kind: 'refused', reason: `${flag}: ${fault}` };
  // A medium that is not known may be a spelling mistake in front of a password.
  const shown = text.replace(/(:\/\/).*@/s, '$1...@');
  return { kind: 'refused', reason: `${flag}: Unknown store ${JSON.stringify(shown)}` };
}

/** Null where there is no such store; a text where its URL has a fault. */
function specOf(text: string | undefined): StoreSpec | string | null {
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
    case 's3':
    case 'postgres':
    case 'postgresql':
      return placeOf(`${medium}:${place}`, place);
    default:
      return null;
  }
}

function placeOf(url: string, place: string): StoreSpec | string | null {
  const parsed = StoreUrl.safeParse(url);
  if (!parsed.success) return parsed.error.issues.map(({ message }) => message).join('\n');
  const { data } = parsed;
  if (data.kind === 's3') return { medium: 's3', place, bucket: data };
  if (data.kind !== 'postgres') return null;
  return {
    medium: 'postgres',
    place: placeText(data).slice('postgres:'.length),
    database: data,
  };
}
