import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { cases } from '../support/effort.ts';
import {
  beat,
  COMPLETED,
  claim,
  claimed,
  type Held,
  JOB,
  keysOf,
  LEASE,
  load,
  update,
} from '../support/leasing.ts';

type Update = readonly [sheet: number, status: string];

/** Updates of a job of three sheets after which every sheet is over and none failed. */
const ENDINGS: readonly (readonly [name: string, updates: readonly Update[]])[] = [
  ['the last sheet is skipped', updates('1 completed', '2 completed', '3 skipped')],
  ['a sheet in between was skipped', updates('1 completed', '2 skipped', '3 completed')],
  ['the first sheet was skipped', updates('1 skipped', '2 completed', '3 completed')],
  ['every sheet is skipped', updates('1 skipped', '2 skipped', '3 skipped')],
  ['sheets end in any order', updates('3 completed', '1 skipped', '2 skipped')],
  [
    'a started sheet is skipped',
    updates('1 completed', '2 completed', '3 in_progress', '3 skipped'),
  ],
  ['a failed sheet is skipped', updates('1 completed', '2 failed', '3 skipped', '2 skipped')],
  ['a failed sheet is completed', updates('1 failed', '3 skipped', '2 skipped', '1 completed')],
];

/** Updates after which something is not over, though no sheet or only a failed one comes next. */
const NO_ENDINGS: readonly (readonly [name: string, updates: readonly Update[], next: unknown])[] =
  [
    ['the last sheet failed', updates('1 skipped', '2 skipped', '3 failed'), 3],
    [
      'a sheet failed and a later one is completed',
      updates('1 failed', '2 skipped', '3 completed'),
      null,
    ],
    [
      'a sheet was never run and a later one is completed',
      updates('2 skipped', '3 completed'),
      null,
    ],
    [
      'a sheet that was completed is started again',
      updates('1 skipped', '2 skipped', '3 in_progress'),
      3,
    ],
  ];

function updates(...texts: readonly string[]): Update[] {
  return texts.map(text => [Number(text.slice(0, 1)), text.slice(2)] as const);
}

async function play(app: AppClient, list: readonly Update[], held?: Held) {
  const answers = [];
  for (const [sheet, status] of list) answers.push(await update(app, sheet, status, held));
  return answers;
}

describe('the last update under a lease', () => {
  it.each(ENDINGS)('completes the job when %s', async (_name, list) => {
    const app = openApp();
    await app.create();
    const answers = await play(app, list, await claim(app));
    const statuses = answers.map(({ json }) => (json as { status: string }).status);
    expect(statuses).toEqual([...list.slice(1).map(() => 'running'), 'completed']);
    expect(answers.at(-1)?.json).toMatchObject({ next_sheet: null });
    expect((await load(app)).json).toMatchObject(COMPLETED);
  });

  it.each(ENDINGS)('leaves no lease, no hint and nothing to claim when %s', async (_name, list) => {
    const app = openApp();
    await app.create();
    await play(app, list, await claim(app));
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
    expect(await claimed(app)).toBeNull();
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    expect(refused.json).toMatchObject({ code: 'job_finished' });
  });

  it.each(NO_ENDINGS)('leaves the job running when %s', async (_name, list, next_sheet) => {
    const app = openApp();
    await app.create();
    const held = await claim(app);
    const answers = await play(app, list, held);
    expect(answers.at(-1)?.json).toMatchObject({ status: 'running', next_sheet });
    expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(200);
  });

  it('is answered in the same way when it is made again', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await claim(app);
    const first = await update(app, 1, 'skipped', held);
    const again = await update(app, 1, 'skipped', held);
    expect([again.status, again.text, again.header('etag')]).toEqual([
      200,
      first.text,
      first.header('etag'),
    ]);
  });

  it('leaves nothing for a later sweep, and no message of an earlier one', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create({ total_sheets: 1 });
    await beat(app, await claim(app));
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    await update(app, 1, 'skipped', await claim(app));
    clock.advance(3_600_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ examined: 0 });
    expect((await load(app)).json).toMatchObject({ status: 'completed', error_message: null });
  });
});

describe('an update without a lease', () => {
  it.each(ENDINGS)('leaves the status to the reference when %s', async (_name, list) => {
    const app = openApp();
    await app.create({ status: 'running' });
    const answers = await play(app, list);
    expect(answers.at(-1)?.json).toMatchObject({ status: 'running' });
  });
});

const STEPS = ['in_progress', 'completed', 'failed', 'skipped', 'hand back', 'die'] as const;

/** Any run of a job of three sheets under leases. */
const runs = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.integer({ min: 1, max: 3 })), {
  minLength: 3,
  maxLength: 12,
});

interface Shown {
  readonly status: string;
  readonly sheets: Readonly<Record<string, { readonly status: string }>>;
}

function isOver({ sheets }: Shown): boolean {
  return [1, 2, 3].every(sheet => /^(?:completed|skipped)$/.test(sheets[sheet]?.status ?? ''));
}

describe('a job under leases', () => {
  it('is completed exactly when every sheet is completed or skipped, and then never claimed', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async steps => {
        const clock = frozenClock();
        const app = openApp({ clock });
        await app.create();
        for (const [step, sheet] of steps) {
          const granted = await app.ask('POST', LEASE, { json: { holder: 'w' } });
          fc.pre(granted.status === 201);
          const headers = { 'Lease-Token': (granted.json as { token: string }).token };
          const statuses = step === 'hand back' || step === 'die' ? [] : [step];
          for (const status of statuses) {
            await app.ask('PUT', `${JOB}/sheets/${sheet}`, { json: { status }, headers });
          }
          const releases = step === 'die' ? [] : ['DELETE'];
          for (const method of releases) await app.ask(method, LEASE, { headers });
          clock.advance(60_000);
          await app.ask('POST', '/v1/sweep');
          const job = (await load(app)).json as Shown;
          expect(job.status === 'completed').toBe(isOver(job));
          if (!isOver(job)) continue;
          expect(await claimed(app)).toBeNull();
          expect(await keysOf(app.store, 'leases/')).toEqual([]);
          return;
        }
      }),
      { seed: 20_260_304, numRuns: cases(16) },
    );
  });
});
