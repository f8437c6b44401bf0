import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { launchForFile, type Service, startService } from './service.ts';

const run = promisify(execFile);

const JOBS = 5;
/** More than are completed while the slowest machine copies. */
const SHEETS = 5_000;
const names = Array.from({ length: JOBS }, (_, nth) => `job-${nth}`);

/** What the clients know of a job: the sheets whose completion was answered, and the one that may be stored already. */
interface Knowledge {
  acknowledged: number;
  sent: number;
}

const service = await launchForFile();

const MACHINES = {
  'the same machine': (_folder: string) => undefined,
  'another machine, which replays the journal': moveToOtherMachine,
};

describe('a copy of the folder that was made while the service runs', () => {
  it.each([
    ['jobs first', 'the same machine'],
    ['jobs first', 'another machine, which replays the journal'],
    ['jobs last', 'the same machine'],
    ['jobs last', 'another machine, which replays the journal'],
  ] as const)(
    'made with the %s has each job as it was meanwhile, on %s',
    async (order, machine) => {
      const copy = await makeTemporaryFolder();
      const clients = await startClients(`${order} ${machine}`);
      const before = clients.known();
      const parts = ['*.json', '.dalsegno'];
      for (const part of order === 'jobs first' ? parts : parts.toReversed()) {
        // Names that disappear meanwhile make cp exit with 1. It copies everything else.
        await run('sh', ['-c', `cp -a ${service.folder}/${part} ${copy}/ || true`]);
        await clients.moreUpdates();
      }
      const after = clients.known();
      await clients.stop();
      MACHINES[machine](copy);

      const restored = await startService({ folder: copy });
      const { corrupt } = await ask(restored, 'GET', '/v1/jobs?limit=1');
      expect(corrupt).toEqual([]);
      for (const [name, { acknowledged }] of before) {
        const state = await ask(restored, 'GET', `/v1/jobs/${name}`);
        const completed = Number(state['last_completed_sheet']);
        expect(completed).toBeGreaterThanOrEqual(acknowledged);
        expect(completed).toBeLessThanOrEqual(after.get(name)?.sent ?? 0);
        const outputs = Object.values(Object(state['sheets'])).map(
          sheet => Object(sheet).stdout_tail,
        );
        const whole = Array.from({ length: completed }, (_, nth) => outputOf(nth + 1));
        expect(outputs.filter(output => output !== null).slice(0, completed)).toEqual(whole);
      }
      expect(await ask(restored, 'POST', '/v1/sweep')).toMatchObject({ errors: 0 });
    },
  );
});

interface Clients {
  known(): ReadonlyMap<string, Readonly<Knowledge>>;
  /** Settles when each job has two sheets more. */
  moreUpdates(): Promise<void>;
  stop(): Promise<void>;
}

/** Clients that hold a job each and complete its sheets, one after the other. All have completed some when this settles. */
async function startClients(label: string): Promise<Clients> {
  const knowledge = new Map<string, Knowledge>();
  const stopping = { asked: false };
  let onUpdate = (): void => undefined;

  async function work(jobId: string, known: Knowledge): Promise<void> {
    await ask(service, 'POST', '/v1/jobs', {
      job_id: jobId,
      job_name: label,
      total_sheets: SHEETS,
    });
    const lease = { holder: jobId, ttl_seconds: 3600 };
    const grant = await ask(service, 'POST', `/v1/jobs/${jobId}/lease`, lease);
    const headers = { 'Lease-Token': String(grant['token']) };
    for (let sheet = 1; sheet < SHEETS && !stopping.asked; sheet += 1) {
      const path = `/v1/jobs/${jobId}/sheets/${sheet}`;
      await ask(service, 'PUT', path, { status: 'in_progress' }, headers);
      known.sent = sheet;
      const done = { status: 'completed', stdout: outputOf(sheet) };
      await ask(service, 'PUT', path, done, headers);
      known.acknowledged = sheet;
      onUpdate();
    }
    await ask(service, 'DELETE', `/v1/jobs/${jobId}/lease`, undefined, headers);
  }

  const working = names.map(name => {
    const jobId = `${name} ${label}`.replaceAll(/[ ,]+/g, '-');
    const known = { acknowledged: 0, sent: 0 };
    knowledge.set(jobId, known);
    return work(jobId, known);
  });

  function moreUpdates(): Promise<void> {
    const goals = [...knowledge.values()].map(known => [known, known.acknowledged + 2] as const);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    onUpdate = () => {
      if (goals.every(([{ acknowledged }, goal]) => acknowledged >= goal)) resolve();
    };
    Promise.all(working).then(() => reject(new Error('All sheets are completed')), reject);
    return promise;
  }

  await moreUpdates();
  return {
    moreUpdates,
    known: () => new Map([...knowledge].map(([jobId, known]) => [jobId, { ...known }])),
    async stop() {
      stopping.asked = true;
      await Promise.all(working);
    },
  };
}

/** Long enough to span blocks of a disk. */
function outputOf(sheet: number): string {
  return `${sheet} `.repeat(300);
}

/** The journals of the copy are then those of another run of the machine. */
function moveToOtherMachine(folder: string): void {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const journals = join(folder, '.dalsegno/journal');
  for (const name of readdirSync(journals)) {
    const path = join(journals, name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(boot, 0, 'latin1');
    expect(at).toBeGreaterThan(0);
    bytes.write(boot.replaceAll(/[0-9]/g, '0'), at, 'latin1');
    writeFileSync(path, bytes);
  }
}

async function ask(
  { url }: Service,
  method: string,
  path: string,
  json?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  expect(response.ok).toBe(true);
  return response.status === 204 ? {} : response.json();
}
