import { describe, expect, it } from 'vitest';
import { JOB, STATE_KEY, update, write } from '../support/leasing.ts';
import { type Situation, type SituationName, situate } from '../support/situations.ts';

const WHY = `${JOB}/why`;

/** What came to pass in the situation, and what the answer says then. */
const STANDINGS: readonly (readonly [
  string,
  SituationName,
  (situation: Situation) => Promise<unknown> | void,
  Readonly<Record<string, unknown>>,
])[] = [
  [
    'pending and waits',
    'pending',
    () => {},
    { status: 'pending', standing: 'waiting', claimable: true, holder: null, epoch: 0 },
  ],
  [
    'held',
    'held',
    ({ clock }) => clock.advance(40_000),
    { status: 'running', standing: 'held', holder: 'w-1', since: '2026-03-04T05:06:07Z', epoch: 1 },
  ],
  [
    'held and asked to pause',
    'held',
    ({ app }) => app.ask('POST', `${JOB}/pause`),
    { standing: 'held', requested: 'pause', lease: { requested: 'pause' } },
  ],
  [
    'held by who has not renewed twice',
    'held',
    ({ clock }) => clock.advance(40_001),
    { status: 'running', standing: 'stalled', holder: 'w-1', since: '2026-03-04T05:06:07Z' },
  ],
  [
    'held by who is dead',
    'zombie',
    () => {},
    { status: 'running', standing: 'zombie', holder: 'w-1', since: '2026-03-04T05:07:07Z' },
  ],
  [
    'held by a lease whose object is gone',
    'held',
    ({ app, held }) => app.store.delete(held?.key ?? '', { kind: 'none' }),
    { standing: 'zombie', holder: 'w-1', since: '2026-03-04T05:06:07.000001Z', lease: null },
  ],
  [
    'held by a lease that is corrupt',
    'held',
    ({ app, held }) => write(app.store, held?.key ?? '', 'garbage'),
    { standing: 'zombie', holder: 'w-1', lease: null },
  ],
  [
    'paused by an operator',
    'paused',
    () => {},
    { status: 'paused', standing: 'resting', holder: null, since: '2026-03-04T05:06:07.000001Z' },
  ],
  [
    'recovered',
    'zombie',
    ({ app }) => app.ask('POST', '/v1/sweep'),
    { status: 'paused', standing: 'waiting', claimable: true, epoch: 1, recoveries: 1 },
  ],
  [
    'resumed',
    'paused',
    ({ app }) => app.ask('POST', `${JOB}/resume`),
    { status: 'paused', standing: 'waiting', claimable: true },
  ],
  ['running without a lease', 'unleased', () => {}, { status: 'running', standing: 'unleased' }],
  [
    'failed',
    'failed',
    () => {},
    { status: 'failed', standing: 'finished', since: '2026-03-04T05:06:07Z' },
  ],
  [
    'completed',
    'completed',
    () => {},
    { status: 'completed', standing: 'finished', since: '2026-03-04T05:06:07Z' },
  ],
  ['cancelled', 'cancelled', () => {}, { status: 'cancelled', standing: 'finished' }],
  [
    'out of sheets and not completed',
    'paused',
    async ({ app }) => {
      await update(app, 1, 'skipped');
      await update(app, 2, 'completed');
    },
    { status: 'paused', standing: 'resting' },
  ],
  [
    'corrupt',
    'pending',
    ({ app }) => write(app.store, STATE_KEY, '{'),
    { status: null, standing: 'corrupt', holder: null, since: null },
  ],
];

const SENTENCE = expect.stringMatching(/\S/);

describe.each(STANDINGS)('GET /v1/jobs/{id}/why of a job that is %s', (_what, name, pass, told) => {
  it('GET says how it stands', async () => {
    const situation = await situate(name);
    await pass(situation);
    const why = await situation.app.ask('GET', WHY);
    expect(why.status).toBe(200);
    expect(why.json).toMatchObject({ job_id: 'job-1', claimable: false, ...told });
  });

  it('GET has a sentence for everything', async () => {
    const situation = await situate(name);
    await pass(situation);
    const { json } = await situation.app.ask('GET', WHY);
    expect(json).toMatchObject({ summary: SENTENCE, next: SENTENCE, server_time: SENTENCE });
    const { evidence, safe } = json as { evidence: string[]; safe: string[] };
    expect(evidence).not.toHaveLength(0);
    expect(safe).not.toHaveLength(0);
    expect([...evidence, ...safe].filter(text => text.trim() === '')).toEqual([]);
  });

  it('GET writes nothing', async () => {
    const situation = await situate(name);
    await pass(situation);
    const { app } = situation;
    const version = await app.store.head(STATE_KEY);
    await app.ask('GET', WHY);
    expect(await app.store.head(STATE_KEY)).toBe(version);
  });

  it('GET answers the version of the job, and keeps the answer out of caches', async () => {
    const situation = await situate(name);
    await pass(situation);
    const { app } = situation;
    const why = await app.ask('GET', WHY);
    expect(why.header('etag')).toBe(`"${await app.store.head(STATE_KEY)}"`);
    expect(why.header('cache-control')).toBe('no-store');
  });
});
