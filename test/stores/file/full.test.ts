import type * as FileSystem from 'node:fs';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { ABSENT } from '../../../lib/store.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { type MovableClock, movableSystemClock } from '../../support/clock.ts';
import { type Folder, makeFolder } from '../../support/folder.ts';
import { aState } from '../../support/state.ts';

/** The calls that fail while the disk is full; the others work. */
const full = vi.hoisted((): { at: string | null; removesNothing: boolean } => ({
  at: null,
  removesNothing: false,
}));

type Opened = (error: NodeJS.ErrnoException | null, fd: number) => void;

// Some disks fail when a name is created, some when bytes are written, and some when they are synced.
vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const failure = (what: string) =>
    Object.assign(new Error(`ENOSPC: no space left on device, ${what}`), {
      code: 'ENOSPC',
      errno: -28,
    });
  const create = fs.constants.O_CREAT;
  return {
    ...fs,
    openSync(path: string, flags: number, mode?: number) {
      if (full.at === 'open' && (flags & create) !== 0) throw failure('open');
      return fs.openSync(path, flags, mode);
    },
    open(path: string, flags: number, mode: number, done: Opened) {
      if (full.at === 'open' && (flags & create) !== 0) done(failure('open'), -1);
      else fs.open(path, flags, mode, done);
    },
    writeSync(fd: number, body: Uint8Array, offset: number, length: number, at?: number) {
      // What is written over takes no new space.
      const isOver = at !== undefined && at + length <= fs.fstatSync(fd).size;
      if (isOver) return fs.writeSync(fd, body, offset, length, at);
      if (full.at === 'write') throw failure('write');
      if (full.at === 'second write') {
        if (length < body.byteLength || length < 2) throw failure('write');
        return fs.writeSync(fd, body, offset, Math.floor(length / 2), at);
      }
      return fs.writeSync(fd, body, offset, length, at);
    },
    fsync(fd: number, done: FileSystem.NoParamCallback) {
      const isFolder = fs.fstatSync(fd).isDirectory();
      const fails = full.at === 'fsync' || (full.at === 'fsync of a folder' && isFolder);
      if (fails) done(failure('fsync'));
      else fs.fsync(fd, done);
    },
    fdatasync(fd: number, done: FileSystem.NoParamCallback) {
      if (full.at === 'fsync') done(failure('fdatasync'));
      else fs.fdatasync(fd, done);
    },
    unlinkSync(path: string) {
      if (full.removesNothing) throw failure('unlink');
      fs.unlinkSync(path);
    },
    linkSync(from: string, to: string) {
      if (full.at === 'name') throw failure('link');
      fs.linkSync(from, to);
    },
    renameSync(from: string, to: string) {
      if (full.at === 'name') throw failure('rename');
      fs.renameSync(from, to);
    },
  };
});

const PLACES = ['open', 'write', 'second write', 'fsync', 'name'] as const;

interface Service {
  readonly app: AppClient;
  readonly folder: Folder;
  readonly clock: MovableClock;
  readonly tokens: Readonly<Record<string, string>>;
}

/** With one waiting job and two held jobs. */
async function openService(): Promise<Service> {
  full.at = null;
  const folder = await makeFolder();
  const clock = movableSystemClock();
  const app = openApp({ store: await folder.open(), clock });
  const tokens: Record<string, string> = {};
  for (const job_id of ['waiting', 'held', 'working']) await app.create({ job_id });
  for (const job_id of ['held', 'working']) {
    const granted = await app.ask('POST', `/v1/jobs/${job_id}/lease`, { json: { holder: 'w' } });
    tokens[job_id] = JSON.parse(granted.text).token;
  }
  return { app, folder, clock, tokens };
}

type Call = readonly [method: string, path: string, json?: unknown, tokenOf?: string];

const ANY = { 'If-Match': '*' };

const WRITES: Readonly<Record<string, Call>> = {
  create: ['POST', '/v1/jobs', aState({ job_id: 'new' })],
  save: ['PUT', '/v1/jobs/waiting', aState({ job_id: 'waiting', job_name: 'saved' })],
  update: ['PUT', '/v1/jobs/waiting/sheets/1', { status: 'in_progress' }],
  'update of a held job': ['PUT', '/v1/jobs/held/sheets/1', { status: 'in_progress' }, 'held'],
  acquire: ['POST', '/v1/jobs/waiting/lease', { holder: 'x' }],
  claim: ['POST', '/v1/claims', { holder: 'x' }],
  heartbeat: ['PUT', '/v1/jobs/held/lease', { progress: 1 }, 'held'],
  'pause of a held job': ['POST', '/v1/jobs/held/pause'],
  'pause of a job that waits': ['POST', '/v1/jobs/waiting/pause'],
  cancel: ['POST', '/v1/jobs/waiting/cancel'],
  fail: ['POST', '/v1/jobs/waiting/fail'],
  release: ['DELETE', '/v1/jobs/held/lease', undefined, 'held'],
};

async function call({ app, tokens }: Service, name: string) {
  const [method, path, json, tokenOf] = WRITES[name] ?? ['GET', '/'];
  const token = tokenOf === undefined ? undefined : tokens[tokenOf];
  const headers = { ...ANY, ...(token === undefined ? {} : { 'Lease-Token': token }) };
  return app.ask(method, path, { headers, ...(json === undefined ? {} : { json }) });
}

async function statesOf({ folder }: Service): Promise<Record<string, string>> {
  const names = (await folder.names()).filter(name => name.endsWith('.json'));
  const bodies = await Promise.all(names.map(async name => [name, await folder.read(name)]));
  return Object.fromEntries(bodies);
}

function temporariesIn({ folder }: Service): string[] {
  return readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.tmp'),
  );
}

describe.each(PLACES)('a disk that is full at the %s', place => {
  it.each(Object.keys(WRITES))(
    '%s answers 503, changes and leaves nothing, and works when there is space',
    async name => {
      const service = await openService();
      const before = await statesOf(service);
      full.at = place;
      const refused = await call(service, name);
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([503, 'store_unavailable']);
      expect(refused.header('retry-after')).toMatch(/^[1-9]/);
      expect(temporariesIn(service)).toEqual([]);
      expect(await statesOf(service)).toEqual(before);
      expect((await service.app.ask('GET', '/v1/jobs/held')).status).toBe(200);
      expect((await service.app.ask('GET', '/v1/jobs')).status).toBe(200);
      full.at = null;
      const done = await call(service, name);
      expect([200, 201, 202, 204]).toContain(done.status);
    },
  );

  it('readiness answers 503, and 200 when there is space', async () => {
    const service = await openService();
    full.at = place;
    expect((await service.app.ask('GET', '/readyz')).status).toBe(503);
    full.at = null;
    service.clock.advance(5_000);
    expect((await service.app.ask('GET', '/readyz')).status).toBe(200);
    expect(temporariesIn(service)).toEqual([]);
  });

  it('a batch of heartbeats reports each failure, and a sweep and the doctor report theirs', async () => {
    const service = await openService();
    const { app, clock, tokens } = service;
    const before = await statesOf(service);
    const beats = [{ token: tokens['held'] }, { token: tokens['working'] }];
    full.at = place;
    const beaten = await app.ask('POST', '/v1/heartbeats', { json: { beats } });
    const unavailable = { ok: false, status: 503, code: 'store_unavailable' };
    expect(beaten.json).toMatchObject({ beats: [unavailable, unavailable] });
    clock.advance(120_000);
    const swept = await app.ask('POST', '/v1/sweep');
    expect(swept.json).toMatchObject({ examined: 2, recovered: 0, errors: 2 });
    const examined = await app.ask('POST', '/v1/doctor?list_keys=2');
    expect(examined.status).toBe(200);
    expect(temporariesIn(service)).toEqual([]);
    expect(await statesOf(service)).toEqual(before);
    full.at = null;
    const again = await app.ask('POST', '/v1/sweep');
    expect(again.json).toMatchObject({ recovered: 2, errors: 0 });
  });

  it('a job can be removed, because that needs no space', async () => {
    const service = await openService();
    full.at = place;
    const removed = await service.app.ask('DELETE', '/v1/jobs/waiting');
    expect(removed.status).toBe(place === 'fsync' ? 503 : 204);
    full.at = null;
    const loaded = await service.app.ask('GET', '/v1/jobs/waiting');
    expect(loaded.status).toBe(place === 'fsync' ? 200 : 404);
  });
});

describe('a disk that cannot sync folders', () => {
  it('an update is acknowledged: its record is on the disk, and the folder is synced later', async () => {
    const service = await openService();
    full.at = 'fsync of a folder';
    expect((await call(service, 'update of a held job')).status).toBe(200);
    full.at = null;
    const loaded = await service.app.ask('GET', '/v1/jobs/held');
    expect(loaded.json).toMatchObject({ sheets: { 1: { attempt_count: 1 } } });
  });
});

describe('a full disk that cannot remove files either', () => {
  it('a save reports why it failed, and a cleaner removes what it left', async () => {
    const service = await openService();
    const { folder, app } = service;
    const before = await statesOf(service);
    await app.ask('GET', '/v1/jobs');
    full.at = 'write';
    full.removesNothing = true;
    await expect(app.store.put('jobs/new.json', new Uint8Array(9), ABSENT)).rejects.toThrow(
      'no space left on device',
    );
    expect((await call(service, 'save')).status).toBe(503);
    const left = temporariesIn(service).length;
    full.at = null;
    full.removesNothing = false;
    expect(left).toBeGreaterThan(0);
    expect(await statesOf(service)).toEqual(before);
    expect(openTemporaries(folder.path)).toEqual([]);
    await folder.open();
    expect(temporariesIn(service)).toEqual([]);
    expect((await call(service, 'save')).status).toBe(200);
  });
});

/** The temporary files that this process has open. */
function openTemporaries(path: string): string[] {
  return readdirSync('/proc/self/fd')
    .map(fd => linkOf(`/proc/self/fd/${fd}`))
    .filter(name => name.startsWith(path) && name.includes('.tmp'));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor of the listing itself is closed by now.
    return '';
  }
}
