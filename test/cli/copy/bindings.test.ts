import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadWrangler,
  openLocal,
  openRemote,
  remoteConfig,
  type WranglerLike,
} from '../../../functions/cli/copy/bindings.ts';
import { optional } from '../../../functions/cli/copy/refusal.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const CONFIG = `name = "dalsegno"
compatibility_date = "2026-10-30"
account_id = "acc"

[[r2_buckets]]
binding = "STATE_BUCKET"
bucket_name = "dalsegno-state"
preview_bucket_name = "preview"

[env.kv]
r2_buckets = []

[[env.kv.kv_namespaces]]
binding = "STATE_KV"
id = "0123456789abcdef0123456789abcdef"
`;

async function configured(text: string): Promise<string> {
  const path = join(await makeTemporaryFolder(), 'wrangler.toml');
  await writeFile(path, text);
  return path;
}

/** Reads configurations like wrangler, and opens nothing. */
async function pretending() {
  const real = await loadWrangler();
  const asked: { options: unknown; config: unknown; path: string }[] = [];
  const wrangler: WranglerLike = {
    unstable_readConfig: options => real.unstable_readConfig(options),
    async getPlatformProxy(options) {
      const config: unknown = JSON.parse(await readFile(options.configPath, 'utf8'));
      asked.push({ options, config, path: options.configPath });
      return { env: { STATE_BUCKET: 'bucket', STATE_KV: 'namespace' }, dispose: async () => {} };
    },
  };
  return { asked, load: async () => wrangler };
}

const REMOTE = [
  [
    'r2',
    'bucket',
    { r2_buckets: [{ binding: 'STATE_BUCKET', bucket_name: 'dalsegno-state', remote: true }] },
  ],
  [
    'workers-kv',
    'namespace',
    {
      kv_namespaces: [
        { binding: 'STATE_KV', id: '0123456789abcdef0123456789abcdef', remote: true },
      ],
    },
  ],
] as const;

describe('openRemote()', () => {
  it.each(REMOTE)('asks for the one remote binding of %s', async (medium, binding, bindings) => {
    const { asked, load } = await pretending();
    const opened = await openRemote(medium, await configured(CONFIG), load);
    expect(opened.binding).toBe(binding);
    expect(asked.map(({ config }) => config)).toEqual([
      {
        name: expect.stringMatching(/^dalsegno/),
        compatibility_date: '2026-10-30',
        account_id: 'acc',
        ...bindings,
      },
    ]);
    expect(asked.map(({ options }) => options)).toEqual([
      expect.objectContaining({ remoteBindings: true, persist: false }),
    ]);
    await opened.close();
    expect(asked.map(({ path }) => existsSync(dirname(path)))).toEqual([false]);
  });

  it('makes a configuration that wrangler reads as remote', async () => {
    const wrangler = await loadWrangler();
    const project = await configured(CONFIG);
    const derived = remoteConfig('r2', wrangler.unstable_readConfig({ config: project }), project);
    const path = join(dirname(project), 'wrangler.json');
    await writeFile(path, JSON.stringify(derived));
    expect(wrangler.unstable_readConfig({ config: path }).r2_buckets).toEqual([
      expect.objectContaining({ binding: 'STATE_BUCKET', remote: true }),
    ]);
  });

  it('removes its configuration when wrangler fails', async () => {
    const { asked, load } = await pretending();
    const wrangler = await load();
    const failing: WranglerLike = {
      ...wrangler,
      async getPlatformProxy(options) {
        await wrangler.getPlatformProxy(options);
        throw new Error('You are not logged in');
      },
    };
    const opening = openRemote('r2', await configured(CONFIG), async () => failing);
    await expect(opening).rejects.toThrow('not logged in');
    expect(asked.map(({ path }) => existsSync(dirname(path)))).toEqual([false]);
  });

  it.each([
    ['r2', 'names no bucket_name for STATE_BUCKET'],
    ['workers-kv', 'names no id for STATE_KV'],
  ] as const)('refuses a configuration that does not name its %s', async (medium, reason) => {
    const path = await configured('name = "x"\ncompatibility_date = "2026-10-30"\n[env.kv]\n');
    await expect(openRemote(medium, path)).rejects.toThrow(reason);
  });
});

describe('openLocal()', () => {
  it('uses the state next to the configuration, as `wrangler dev` does', async () => {
    const path = await configured(CONFIG);
    const asked: unknown[] = [];
    const wrangler: WranglerLike = {
      ...(await loadWrangler()),
      async getPlatformProxy(options) {
        asked.push(options);
        return { env: { STATE_KV: 'namespace' }, dispose: async () => {} };
      },
    };
    await openLocal('workers-kv', path, async () => wrangler);
    const persist = { path: join(dirname(path), '.wrangler/state/v3') };
    expect(asked).toEqual([
      { configPath: path, environment: 'kv', persist, remoteBindings: false },
    ]);
  });

  it.each([
    ['r2', 'has no binding STATE_BUCKET'],
    ['workers-kv', 'has no binding STATE_KV in its environment "kv"'],
  ] as const)('refuses a configuration without the binding of %s', async (medium, reason) => {
    const path = await configured('name = "x"\ncompatibility_date = "2026-10-30"\n[env.kv]\n');
    await expect(openLocal(medium, path)).rejects.toThrow(reason);
  });

  it('refuses a missing configuration', async () => {
    await expect(openLocal('r2', '/nowhere/wrangler.toml')).rejects.toThrow(
      'There is no wrangler configuration "/nowhere/wrangler.toml"',
    );
  });
});

describe('optional()', () => {
  it('says which package is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'wrangler'\nmore"));
    await expect(optional('wrangler', missing)).rejects.toThrow(
      "This store needs the package wrangler, which cannot be loaded: `npm install wrangler` (Cannot find package 'wrangler')",
    );
  });
});
