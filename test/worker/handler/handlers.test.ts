import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runWorker, type SheetHandlers, type WorkerOptions } from '../../../lib/worker.ts';
import { openStage } from '../stage.ts';
import { openWorld, type World } from '../world.ts';

const MINUTE = 60_000;
const CLAIM = /claims/;

async function create(world: World, jobId: string, job_name: string, total_sheets = 1) {
  await world.client.create({ job_id: jobId, job_name, total_sheets });
}

/** A worker with these handlers. */
function start<Inputs>(
  world: World,
  handlers: SheetHandlers<Inputs>,
  options: Partial<WorkerOptions> = {},
) {
  return world.startWith(common => runWorker({ ...common, ...options, handlers }));
}

/** Handlers that note what they ran. */
function noting(names: readonly string[]) {
  const ran: string[] = [];
  const handlers = Object.fromEntries(
    names.map(name => [
      name,
      ({ jobId }: { readonly jobId: string }) => void ran.push(`${name} ${jobId}`),
    ]),
  );
  return { ran, handlers };
}

describe('a worker with several handlers', () => {
  it('runs each job by the handler of its name, and no other job', async () => {
    const world = openWorld();
    for (const [jobId, name] of [
      ['a-1', 'A'],
      ['b-1', 'B'],
      ['x-1', 'Unknown'],
      ['a-2', 'A'],
    ] as const)
      await create(world, jobId, name);
    const { ran, handlers } = noting(['A', 'B']);
    start(world, handlers);
    await world.timing.advance(MINUTE);
    expect(ran.toSorted()).toEqual(['A a-1', 'A a-2', 'B b-1']);
    expect(await world.load('x-1')).toMatchObject({ status: 'pending', sheets: {} });
  });

  it('has the input, timeout and retries of each handler', async () => {
    const world = openWorld();
    const config_snapshot = { rows: 3 };
    await world.client.create({ job_id: 'a-1', job_name: 'A', total_sheets: 1, config_snapshot });
    await create(world, 'b-1', 'B');
    const rows: number[] = [];
    const worker = start(
      world,
      {
        A: {
          input: z.object({ rows: z.number() }),
          onSheet: ({ input }) => void rows.push(input.rows),
        },
        B: {
          sheetTimeoutMs: 1000,
          retry: { attempts: 1 },
          onSheet: ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            }),
        },
      },
      { concurrency: 2 },
    );
    await world.timing.advance(MINUTE);
    expect(rows).toEqual([3]);
    expect(worker.told('finished').map(({ jobId, status }) => [jobId, status])).toEqual([
      ['a-1', 'completed'],
      ['b-1', 'failed'],
    ]);
  });

  it('takes turns: a name with many jobs does not keep the others waiting', async () => {
    const world = openWorld();
    for (let n = 1; n <= 8; n += 1) await create(world, `a-${n}`, 'A');
    for (let n = 1; n <= 2; n += 1) await create(world, `b-${n}`, 'B');
    const { ran, handlers } = noting(['A', 'B', 'C']);
    start(world, handlers);
    await world.timing.advance(MINUTE);
    expect(
      ran
        .slice(0, 4)
        .map(line => line.slice(0, 1))
        .toSorted(),
    ).toEqual(['A', 'A', 'B', 'B']);
    expect(ran).toHaveLength(10);
  });

  it('never leases more jobs than it has slots', async () => {
    const world = openWorld({ waits: true });
    const names = ['A', 'B', 'C'];
    const stage = openStage();
    const handlers = Object.fromEntries(names.map(name => [name, stage.onSheet]));
    const worker = start(world, handlers, { concurrency: 2 });
    await world.timing.advance(1000);
    for (const name of names) for (const n of [1, 2]) await create(world, `${name}-${n}`, name);
    for (let done = 0; done < 6; done += 1) {
      await world.timing.advance(1000);
      const running =
        worker.told('claimed').length -
        worker.told('finished').length -
        worker.told('released').length;
      expect(running).toBeLessThanOrEqual(2);
      stage.performances[done]?.finish();
    }
    await world.timing.advance(1000);
    expect(worker.told('finished')).toHaveLength(6);
  });

  it('waits at the service once for each name, and runs a new job at once', async () => {
    const world = openWorld({ waits: true });
    const { ran, handlers } = noting(['A', 'B']);
    start(world, handlers, { concurrency: 4 });
    await world.timing.advance(1000);
    const before = world.calls.filter(call => CLAIM.test(call)).length;
    expect(before).toBe(4);
    await world.timing.advance(10_000);
    expect(world.calls.filter(call => CLAIM.test(call))).toHaveLength(before);
    await create(world, 'b-1', 'B');
    await world.timing.advance(0);
    expect(ran).toEqual(['B b-1']);
  });

  it('ends the waits of all names when the last slot is taken', async () => {
    const world = openWorld({ waits: true });
    const stage = openStage();
    const worker = start(world, { A: stage.onSheet, B: stage.onSheet });
    await world.timing.advance(1000);
    await create(world, 'a-1', 'A', 2);
    await world.timing.advance(100);
    await create(world, 'b-1', 'B');
    await world.timing.advance(60_000);
    expect(stage.performances.map(({ context }) => context.jobId)).toEqual(['a-1']);
    expect(await world.load('b-1')).toMatchObject({ status: 'pending' });
    stage.last().finish();
    await world.timing.advance(0);
    stage.last().finish();
    await world.timing.advance(1000);
    expect(stage.last().context.jobId).toBe('b-1');
    expect(worker.told('claimed')).toHaveLength(2);
  });

  it('stops while all names wait', async () => {
    const world = openWorld({ waits: true });
    const worker = start(world, noting(['A', 'B', 'C']).handlers);
    await world.timing.advance(5000);
    worker.stop();
    await world.timing.advance(100);
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'stopped']);
  });

  it('polls each name where the service does not wait', async () => {
    const world = openWorld();
    const { ran, handlers } = noting(['A', 'B']);
    start(world, handlers);
    await world.timing.advance(MINUTE);
    expect(world.calls.length).toBeLessThan(60);
    await create(world, 'b-1', 'B');
    await world.timing.advance(10_000);
    expect(ran).toEqual(['B b-1']);
  });

  it.each([[{}], [Object.create({ A: () => undefined }) as Record<string, never>]])(
    'is refused without a handler',
    async handlers => {
      await expect(start(openWorld(), handlers).done).rejects.toThrow(TypeError);
    },
  );
});
