import { describe, expect, it } from 'vitest';
import { type Claiming, claimFromIsolates } from './claiming-isolates.ts';

const ROUNDS = 10;

/** Jobs that got their turn later than one that was created more than so long after them. */
function overtakenBy({ jobs, grants }: Claiming, milliseconds: number): string[] {
  const grantedAtMs = new Map(grants.map(({ id, atMs }) => [id, atMs]));
  const at = (id: string) => grantedAtMs.get(id) ?? Number.POSITIVE_INFINITY;
  return jobs
    .filter(job =>
      jobs.some(
        later => later.createdAtMs > job.createdAtMs + milliseconds && at(later.id) < at(job.id),
      ),
    )
    .map(({ id }) => id);
}

describe.each([2, 3, 4])(
  '%i isolates that claim at the same time from lists of their own',
  isolates => {
    it('get each job once, and one for each claim while there are enough', async () => {
      const claiming = await claimFromIsolates({
        isolates,
        seed: isolates,
        waiting: 30,
        rounds: ROUNDS,
      });
      const { grants, missed, world } = claiming;
      expect(grants).toHaveLength(isolates * ROUNDS);
      expect(new Set(grants.map(({ id }) => id)).size).toBe(grants.length);
      expect(missed).toEqual([]);
      for (const { id } of grants) {
        const { json } = await world.app.ask('GET', `/v1/jobs/${id}`);
        expect(json).toMatchObject({ status: 'running', dalsegno: { epoch: 1 } });
      }
      world.close();
    });

    it('leave no job behind, and find none where none waits', async () => {
      const claiming = await claimFromIsolates({
        isolates,
        seed: 10 + isolates,
        waiting: 2,
        rounds: ROUNDS,
      });
      const { grants, missed, jobs, world } = claiming;
      expect(new Set(grants.map(({ id }) => id)).size).toBe(grants.length);
      // What a claim had no room for, or lost to another claim, the claims of the next round get.
      expect(missed).toEqual([]);
      const last = await world
        .openIsolate(99)
        .ask('POST', '/v1/claims', { json: { holder: 'w-2', max: 100 } });
      const rest = last.status === 201 ? (last.json as { grants: unknown[] }).grants.length : 0;
      expect(grants.length + rest).toBe(jobs.length);
      world.close();
    });
  },
);

describe("isolates that are in each other's way", () => {
  it('ask little more for a claim than one, and let no job wait long for later ones', async () => {
    const claiming = await claimFromIsolates({ isolates: 4, seed: 5, waiting: 40, rounds: 20 });
    const { claims, reads, puts } = claiming.spent;
    // Each refused write of a job costs as much as the claim.
    expect(puts / claims).toBeLessThan(1.3);
    expect(reads / claims).toBeLessThan(5);
    expect(overtakenBy(claiming, 2_000)).toEqual([]);
    claiming.world.close();
  });
});
