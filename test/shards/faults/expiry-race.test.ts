import { expect, it } from 'vitest';
import { seeds } from '../../support/effort.ts';
import { claimed } from '../../support/leasing.ts';
import { type ExpiringJob, raceExpiry } from './expiring-jobs.ts';

/** Where somebody had a job whose lease another one had. */
function doubleHolders({ id, grants, accepted }: ExpiringJob): string[] {
  return grants.flatMap(({ epoch, answeredAt, atMs }) =>
    accepted
      .filter(each => each.epoch < epoch)
      .filter(({ begunAt, expiresAtMs }) => begunAt > answeredAt || (expiresAtMs ?? 0) > atMs)
      .map(each => `${id}: epoch ${each.epoch} after the grant of ${epoch}`),
  );
}

interface State {
  readonly sheets: Readonly<Record<string, { readonly status: string }>>;
  readonly dalsegno: { readonly epoch: number };
}

const byNumber = (left: number, right: number): number => left - right;
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

it.each(seeds(6))(
  'updates, heartbeats, claims and alarms at the end of leases lose no update, and each job has one holder: seed %i',
  async seed => {
    const { world, jobs, unexpected } = await raceExpiry({ seed, jobs: 3, rounds: 16 });
    const { app } = world;
    expect(unexpected).toEqual([]);
    expect(jobs.flatMap(doubleHolders)).toEqual([]);
    expect(jobs.flatMap(({ grants }) => grants).length).toBeGreaterThan(2);
    for (let round = 0; round < 2; round += 1) {
      await world.advance(60_000);
      await app.repository.missingLeases.recoverAll();
    }
    for (const { id, grants, completed } of jobs) {
      const { dalsegno, sheets } = (await app.ask('GET', `/v1/jobs/${id}`)).json as State;
      expect(grants.map(({ epoch }) => epoch).toSorted(byNumber)).toEqual(upTo(dalsegno.epoch));
      expect([...completed].filter(sheet => sheets[sheet]?.status !== 'completed')).toEqual([]);
    }
    const { json } = await app.ask('GET', '/v1/jobs?status=paused,pending');
    expect((json as { jobs: unknown[] }).jobs).toHaveLength(jobs.length);
    const claims = [await claimed(app), await claimed(app), await claimed(app)];
    expect(new Set(claims)).toEqual(new Set(jobs.map(({ id }) => id)));
    world.close();
  },
);
