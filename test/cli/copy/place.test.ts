import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isUrl,
  requireSafePlace,
  requireSafeService,
  requireTwoStores,
} from '../../../functions/cli/copy/place.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

function judge(from: string, to: string): () => void {
  const specs = { from: { medium: 'file', place: from }, to: { medium: 'file', place: to } };
  return () => requireTwoStores(specs as Parameters<typeof requireTwoStores>[0]);
}

describe('requireTwoStores()', () => {
  it.each(['.dalsegno', 'new/folder', '../state/x'])('refuses %s inside the source', async name => {
    const state = join(await makeTemporaryFolder(), 'state');
    await mkdir(state);
    expect(judge(state, join(state, name))).toThrow('--to is inside the folder of --from');
    expect(judge(join(state, name), state)).toThrow('--from is inside the folder of --to');
  });

  it('follows links, also to missing folders', async () => {
    const folder = await makeTemporaryFolder();
    await mkdir(join(folder, 'state'));
    await symlink(join(folder, 'state'), join(folder, 'link'));
    const inside = join(folder, 'link/not/yet');
    expect(judge(join(folder, 'state'), inside)).toThrow('--to is inside');
    expect(judge(join(folder, 'state/new'), join(folder, 'link/new'))).toThrow('the same store');
  });

  it('accepts neighbouring folders whose names begin alike', async () => {
    const folder = await makeTemporaryFolder();
    expect(judge(join(folder, 'state'), join(folder, 'state-2'))).not.toThrow();
  });
});

describe('requireSafePlace()', () => {
  it.each([
    ['http://db.example/connect', 'in clear text: use https'],
    ['HTTP://db.example', 'in clear text: use https'],
    [' http://db.example', 'in clear text: use https'],
    ['http://127.evil.example', 'in clear text: use https'],
    ['http://localhost.example', 'in clear text: use https'],
    [':memory:', 'is lost when the process ends'],
    ['file::memory:', 'is not a path'],
    ['file:x?mode=memory', 'is not a path'],
  ])('refuses %s', (place, reason) => {
    expect(() => requireSafePlace(place)).toThrow(reason);
  });

  it.each([
    'https://api.deno.com/databases/x/connect',
    'http://localhost:4512',
    'http://127.0.0.1:4512',
    'http://[::1]:4512',
    './kv.sqlite',
    'C:kv.sqlite',
  ])('takes %s', place => {
    expect(() => requireSafePlace(place)).not.toThrow();
  });
});

describe('isUrl()', () => {
  it.each([
    ['https://x', true],
    [' HTTP://x', true],
    ['./http/x', false],
    ['ftp://x', false],
  ])('says of %j: %s', (place, answer) => {
    expect(isUrl(place)).toBe(answer);
  });
});

describe('requireSafeService()', () => {
  it.each([
    ['http://service.example', 'in clear text: use https'],
    ['service.example', 'is not the URL of a service'],
    ['https://user@service.example', 'is not the URL of a service'],
    ['https://service.example/?a=b', 'is not the URL of a service'],
  ])('refuses %s', (place, reason) => {
    expect(() => requireSafeService(place)).toThrow(reason);
  });

  it.each(['https://service.example/', 'http://127.0.0.1:8787'])('accepts %s', place => {
    expect(() => requireSafeService(place)).not.toThrow();
  });

  it('is the same store with a slash at its end', () => {
    const from = { medium: 'service', place: 'https://a.example' } as const;
    const to = { medium: 'service', place: 'https://a.example/' } as const;
    expect(() => requireTwoStores({ from, to })).toThrow('the same store');
  });
});
