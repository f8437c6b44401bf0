import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../lib/worker.ts';
import { startService } from './service.ts';

type Line = Readonly<Record<string, unknown>>;

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  /** The first line of this type, printed already or yet to come. */
  line(type: string): Promise<Line>;
}

function startWorker(urls: readonly string[], flags: readonly string[]): WorkerProcess {
  const script = join(import.meta.dirname, 'presence-worker.ts');
  const child = spawn(process.execPath, [script, '--urls', urls.join(','), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout === null) throw new TypeError('The output of the process is not piped');
  createInterface({ input: child.stdout }).on('line', text => {
    lines.push(JSON.parse(text));
    for (const check of waiting) check();
  });
  return {
    child,
    lines,
    line(type) {
      const { promise, resolve } = Promise.withResolvers<Line>();
      const check = (): void => {
        const found = lines.find(line => line['type'] === type);
        if (found !== undefined) resolve(found);
      };
      waiting.add(check);
      check();
      return promise;
    },
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What a busy machine may add: the pauses between two claims are 0.3 s at most. The ttl would be a minute. */
const ROOM_MS = 50_000;

describe('the Node entry', () => {
  it.each([
    ['0', 0],
    ['2', 2000],
  ])(
    'gives the job of a killed worker to another one, with a grace of %s s',
    async (grace, least) => {
      const service = await startService();
      const client = createClient({ url: service.url });
      await client.create({ job_id: 'job-1', job_name: 'A job', total_sheets: 1 });
      const first = startWorker([service.url], ['--holder', 'w-1', '--grace', grace, '--hang']);
      await Promise.all([first.line('began'), first.line('presence')]);
      const second = startWorker([service.url], ['--holder', 'w-2', '--grace', grace]);
      await second.line('idle');
      const killedAt = now();
      first.child.kill('SIGKILL');
      const { at } = await second.line('began');
      expect(Number(at) - killedAt).toBeGreaterThan(least);
      expect(Number(at) - killedAt).toBeLessThan(least + ROOM_MS);
      await second.line('finished');
      expect(await client.load('job-1')).toMatchObject({ status: 'completed' });
      const end = await service.line(line => line['reason'] === 'closed');
      expect(end).toMatchObject({ path: '/v1/presence', leases: 1 });
    },
  );

  it('takes nothing from a worker whose service was killed: it goes on with another one', async () => {
    const first = await startService();
    const second = await startService({ folder: first.folder });
    const client = createClient({ url: second.url });
    await client.create({ job_id: 'job-1', job_name: 'A job', total_sheets: 1 });
    const worker = startWorker([first.url, second.url], ['--hang']);
    await worker.line('presence');
    await first.stop('SIGKILL');
    const isOpenAgain = () =>
      worker.lines.filter(({ type, isOpen }) => type === 'presence' && isOpen === true).length >= 2;
    const other = startWorker([second.url], ['--holder', 'w-2']);
    await other.line('idle');
    while (!isOpenAgain()) await Promise.race([worker.line('lost'), other.line('began'), soon()]);
    await client.cancel({ jobId: 'job-1' });
    await worker.line('released');
    expect(other.lines.map(({ type }) => type)).not.toContain('began');
    expect(worker.lines.map(({ type }) => type)).not.toContain('lost');
    expect(await client.load('job-1')).toMatchObject({ status: 'cancelled' });
  });

  it('closes the streams when it stops, and does not wait for their clients', async () => {
    const service = await startService();
    const client = createClient({ url: service.url });
    await client.create({ job_id: 'job-1', job_name: 'A job', total_sheets: 1 });
    const worker = startWorker([service.url], ['--hang']);
    await worker.line('presence');
    // A request that does not end would be cut off after ten seconds, for another reason.
    const ended = service.line(line => line['reason'] === 'stopping');
    expect(await service.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(await ended).toMatchObject({ path: '/v1/presence' });
  });
});

function soon(): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, 100);
  });
}
