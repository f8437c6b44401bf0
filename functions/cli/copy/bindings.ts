import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';
import { optional, Refusal } from './refusal.ts';
import { readFullBodies, WRANGLER_QUIET } from './wrangler.ts';

/** The part of wrangler that opens a binding. */
export interface WranglerLike {
  getPlatformProxy(options: {
    configPath: string;
    environment?: string;
    persist: false | { path: string };
    remoteBindings: boolean;
  }): Promise<{ readonly env: Record<string, unknown>; dispose(): Promise<void> }>;
  unstable_readConfig(options: { config: string; env?: string }): WranglerConfigLike;
}

/** The configuration as wrangler returns it, for the selected environment. */
export interface WranglerConfigLike {
  readonly name?: string | undefined;
  readonly compatibility_date?: string | undefined;
  readonly account_id?: string | undefined;
  readonly compliance_region?: string | undefined;
  readonly r2_buckets: readonly R2BindingLike[];
  readonly kv_namespaces: readonly KvBindingLike[];
}

interface R2BindingLike {
  readonly binding: string;
  readonly bucket_name?: unknown;
  readonly jurisdiction?: string | undefined;
}

interface KvBindingLike {
  readonly binding: string;
  readonly id?: unknown;
}

export interface OpenBinding {
  readonly binding: unknown;
  close(): Promise<void>;
}

type Medium = 'r2' | 'workers-kv';

/** The bindings in the configuration: R2 at the top level, Workers KV in a separate environment. */
const BINDINGS = {
  r2: { name: 'STATE_BUCKET', folder: 'r2', environment: {}, readEnvironment: {} },
  'workers-kv': {
    name: 'STATE_KV',
    folder: 'kv',
    environment: { environment: 'kv' },
    readEnvironment: { env: 'kv' },
  },
} as const;

// Wrangler reads these variables when it is loaded.
const QUIET = {
  ...WRANGLER_QUIET,
  WRANGLER_LOG: 'error',
  WRANGLER_WRITE_LOGS: 'false',
} as const;

export async function loadWrangler(): Promise<WranglerLike> {
  Object.assign(process.env, QUIET);
  return optional('wrangler', () => import('wrangler'));
}

/** Throws a `Refusal` when `wrangler dev` has never stored anything: opening it would create it. */
export function requireLocalState(medium: Medium, configPath: string): void {
  requireConfig(configPath);
  const path = join(localState(configPath), BINDINGS[medium].folder);
  if (!existsSync(path)) throw new Refusal(`There is no local state in "${path}"`);
}

/** Opens the emulated bucket or namespace that `wrangler dev` uses with this configuration. */
export async function openLocal(
  medium: Medium,
  configPath: string,
  load = loadWrangler,
): Promise<OpenBinding> {
  requireConfig(configPath);
  const wrangler = await load();
  const { name, environment } = BINDINGS[medium];
  const proxy = await wrangler.getPlatformProxy({
    configPath,
    ...environment,
    persist: { path: localState(configPath) },
    remoteBindings: false,
  });
  return bindingOf(proxy, { name, configPath, medium });
}

/** Opens the real bucket or namespace with wrangler's credentials: its login, or CLOUDFLARE_API_TOKEN. */
export async function openRemote(
  medium: Medium,
  configPath: string,
  load = loadWrangler,
): Promise<OpenBinding> {
  requireConfig(configPath);
  const wrangler = await load();
  const { name, readEnvironment } = BINDINGS[medium];
  const config = wrangler.unstable_readConfig({ config: configPath, ...readEnvironment });
  const folder = await mkdtemp(join(tmpdir(), 'dalsegno-copy-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const remotePath = join(folder, 'wrangler.json');
    await writeFile(remotePath, JSON.stringify(remoteConfig(medium, config, configPath)));
    const proxy = await wrangler.getPlatformProxy({
      configPath: remotePath,
      persist: false,
      remoteBindings: true,
    });
    const opened = await bindingOf(proxy, { name, configPath, medium });
    return {
      binding: opened.binding,
      async close() {
        await opened.close();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/**
 * A configuration with only this binding, and with it as remote. In the project's configuration no binding is remote,
 * because `wrangler dev` must stay on this machine.
 */
export function remoteConfig(
  medium: Medium,
  config: WranglerConfigLike,
  configPath: string,
): Record<string, unknown> {
  const { name, compatibility_date, account_id, compliance_region } = config;
  // JSON leaves out undefined values.
  const shared = { name, compatibility_date, account_id, compliance_region };
  if (medium === 'r2') {
    const bound = config.r2_buckets.find(({ binding }) => binding === BINDINGS.r2.name);
    const bucket_name = text(bound?.bucket_name);
    if (bound === undefined || bucket_name === null) {
      throw new Refusal(`"${configPath}" names no bucket_name for STATE_BUCKET`);
    }
    const { binding, jurisdiction } = bound;
    return { ...shared, r2_buckets: [{ binding, bucket_name, jurisdiction, remote: true }] };
  }
  const bound = config.kv_namespaces.find(({ binding }) => binding === BINDINGS[medium].name);
  const id = text(bound?.id);
  if (bound === undefined || id === null) {
    throw new Refusal(`"${configPath}" names no id for STATE_KV in its environment "kv"`);
  }
  return { ...shared, kv_namespaces: [{ binding: bound.binding, id, remote: true }] };
}

export function bucketOf({ binding }: OpenBinding): R2BucketLike {
  return binding as R2BucketLike;
}

export function namespaceOf({ binding }: OpenBinding): WorkersKvLike {
  return readFullBodies(binding as WorkersKvLike);
}

async function bindingOf(
  proxy: { readonly env: Record<string, unknown>; dispose(): Promise<void> },
  asked: { readonly name: string; readonly configPath: string; readonly medium: Medium },
): Promise<OpenBinding> {
  const binding = proxy.env[asked.name];
  if (binding === undefined) {
    await proxy.dispose();
    const where = asked.medium === 'r2' ? '' : ' in its environment "kv"';
    throw new Refusal(`"${asked.configPath}" has no binding ${asked.name}${where}`);
  }
  return { binding, close: () => proxy.dispose() };
}

/** The state folder of `wrangler dev`, next to its configuration. The proxy would use the working directory. */
function localState(configPath: string): string {
  return join(dirname(resolve(configPath)), '.wrangler/state/v3');
}

function requireConfig(path: string): void {
  if (!existsSync(path)) throw new Refusal(`There is no wrangler configuration "${path}"`);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
