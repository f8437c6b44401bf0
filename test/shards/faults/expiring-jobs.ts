import { seededRandom } from '../../support/random.ts';
import { openWorld, type ShardWorld } from '../shard-world.ts';

const TTL_SECONDS = 5;
const TOTAL_SHEETS = 100;

/** What workers were told while their leases ended, and what is stored then. */
export interface Expiring {
  readonly world: ShardWorld;
  readonly jobs: readonly ExpiringJob[];
  /** Answers that are neither a success nor a refusal that a race explains. */
  readonly unexpected: readonly string[];
}

export interface ExpiringJob {
  readonly id: string;
  readonly grants: readonly Grant[];
  /** Updates and heartbeats that were accepted, by the epoch of their lease. */
  readonly accepted: readonly Accepted[];
  /** The sheets whose completion was acknowledged. */
  readonly completed: ReadonlySet<number>;
}

export interface Grant {
  readonly epoch: number;
  readonly token: string;
  /** When the answer came: its place among all calls and answers, and the time. */
  readonly answeredAt: number;
  readonly atMs: number;
}

interface Accepted {
  readonly epoch: number;
  readonly begunAt: number;
  /** Until when the answer says that the lease lasts. Null where it says nothing. */
  readonly expiresAtMs: number | null;
}

interface MutableJob extends ExpiringJob {
  readonly grants: Grant[];
  readonly accepted: Accepted[];
  readonly completed: Set<number>;
  nextSheet: number;
}

/**
 * Workers of several isolates update, renew and claim jobs at once, in rounds, while alarms ring, time passes and shards begin
 * again. The seed decides what they do, and the order of all remote calls.
 */
export async function raceExpiry({
  seed,
  jobs: count,
  rounds,
}: {
  readonly seed: number;
  readonly jobs: number;
  readonly rounds: number;
}): Promise<Expiring> {
  const random = seededRandom(seed);
  const has = (chance: number): boolean => random.fraction() < chance;
  const upTo = (limit: number): number => Math.floor(random.fraction() * limit);

  async function turns(): Promise<void> {
    for (let left = upTo(4); left > 0; left -= 1) {
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  const world = await openWorld({
    shards: 2,
    under: turns,
    async step(_name, task) {
      const answer = await task();
      await turns();
      return answer;
    },
  });
  const { clock } = world;
  const isolates = [world.app, world.openIsolate(seed), world.openIsolate(1_000 + seed)];
  const jobs: MutableJob[] = [];
  const unexpected: string[] = [];
  let place = 0;

  const pick = <T>(from: readonly T[]): T => from[upTo(from.length)] as T;
  const next = (): number => ++place;

  function note(status: number, expected: readonly number[], what: string): void {
    if (!expected.includes(status)) unexpected.push(`${what}: ${status}`);
  }

  async function claim(): Promise<void> {
    const answer = await pick(isolates).ask('POST', '/v1/claims', {
      json: { holder: 'w-1', ttl_seconds: TTL_SECONDS },
    });
    note(answer.status, [201, 204, 503], 'claim');
    if (answer.status !== 201) return;
    const { lease, token } = answer.json as { lease: ShownLease; token: string };
    const job = jobs.find(({ id }) => id === lease.job_id);
    job?.grants.push({
      epoch: lease.epoch,
      token,
      answeredAt: next(),
      atMs: clock.millis(),
    });
    job?.accepted.push({
      epoch: lease.epoch,
      begunAt: place,
      expiresAtMs: Date.parse(lease.expires_at),
    });
  }

  /** By any of its holders, most often the last one. */
  async function update(): Promise<void> {
    const job = pick(jobs);
    const grant = has(0.8) ? job.grants.at(-1) : job.grants.at(-2);
    if (grant === undefined) return;
    const { epoch, token } = grant;
    job.nextSheet += 1;
    const sheet = job.nextSheet;
    const begunAt = next();
    const answer = await pick(isolates).ask('PUT', `/v1/jobs/${job.id}/sheets/${sheet}`, {
      json: { status: 'completed' },
      headers: { 'Lease-Token': token },
    });
    note(answer.status, [200, 409, 503], 'update');
    if (answer.status !== 200) return;
    job.completed.add(sheet);
    job.accepted.push({ epoch, begunAt, expiresAtMs: null });
  }

  async function beatAll(): Promise<void> {
    const held = jobs.flatMap(job =>
      job.grants.slice(-2).flatMap(grant => (has(0.6) ? [{ job, grant }] : [])),
    );
    if (held.length === 0) return;
    const begunAt = next();
    const answer = await pick(isolates).ask('POST', '/v1/heartbeats', {
      json: { beats: held.map(({ grant }) => ({ token: grant.token })) },
    });
    note(answer.status, [200], 'heartbeats');
    const { beats } = answer.json as { beats: ({ lease: ShownLease } | { status: number })[] };
    for (const [index, { job, grant }] of held.entries()) {
      const beat = beats[index];
      if (beat === undefined || !('lease' in beat)) {
        note(beat?.status ?? 0, [409, 503], 'heartbeat');
        continue;
      }
      const expiresAtMs = Date.parse(beat.lease.expires_at);
      job.accepted.push({ epoch: grant.epoch, begunAt, expiresAtMs });
    }
  }

  async function ring(): Promise<void> {
    await turns();
    await pick(world.shards).ring();
  }

  /** Time passes while calls are under way. */
  async function pass(): Promise<void> {
    await turns();
    clock.advance(upTo(1_500));
  }

  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
  for (let nth = 0; nth < count; nth += 1) {
    const id = `job-${nth}`;
    await world.app.create({ job_id: id, total_sheets: TOTAL_SHEETS });
    jobs.push({ id, grants: [], accepted: [], completed: new Set(), nextSheet: 0 });
  }
  for (const _ of jobs) await claim();
  const tasks = [claim, update, update, beatAll, ring, pass];
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: 2 + upTo(5) }, () => pick(tasks)()));
    if (has(0.05)) pick(world.shards).crash();
    await world.advance(upTo(has(0.3) ? 6_000 : 1_500));
  }
  return { world, jobs, unexpected };
}

interface ShownLease {
  readonly job_id: string;
  readonly epoch: number;
  readonly expires_at: string;
}
