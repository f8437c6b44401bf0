import { createApp } from '../../functions/app.ts';
import { readWorkerConfig } from '../../functions/cloudflare/config.ts';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { SHARED_HINTS_MS } from '../../lib/ready/listed-hints.ts';
import { createRepository, type Repository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { meterBucket } from '../../lib/stores/r2/meter.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { SweepBudget } from '../../lib/sweep/budget.ts';
import { createBudgetedSweep, type ScheduledReport } from '../../lib/sweep/budgeted.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { tokenOf } from '../support/counting-store.ts';
import { seededRandom } from '../support/random.ts';
import { aState } from '../support/state.ts';
import { type BucketCall, countBucket } from './counted-bucket.ts';

const app = createApp();

/** The service at the edge: isolates that come and go over one bucket, whose calls are counted. */
export interface EdgeService {
  readonly clock: MovableClock;
  /** One that remembers nothing yet. */
  isolate(): Isolate;
}

/** Every request has a repository of its own; a memory is all that those of one isolate share. */
export interface Isolate {
  /** A request that must succeed, and what it asked of the bucket. */
  spend(method: string, path: string, options?: AskOptions): Promise<Spent>;
  /** The sweep of the platform's timer, as it is on the paid plan. */
  sweepOnTime(): Promise<{
    readonly report: ScheduledReport;
    readonly calls: readonly BucketCall[];
  }>;
  create(overrides?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The headers of the holder that leases the job, for so long as a lease can last. */
  hold(jobId: string): Promise<Record<string, string>>;
}

export interface Spent {
  readonly answer: Answer;
  readonly calls: readonly BucketCall[];
}

export function openEdgeService(
  inner: R2BucketLike,
  { retentionDays = null }: { readonly retentionDays?: number | null } = {},
): EdgeService {
  const counted = countBucket(inner);
  const clock = frozenClock();
  const random = seededRandom();
  const budget = budgetOfPaidPlan();

  function isolate(): Isolate {
    const memory = createProcessMemory({ cacheBytes: 1 << 22, listedHintsMs: SHARED_HINTS_MS });

    function repositoryOn(store: ObjectStore): Repository {
      const availability = createStoredAvailability(store, memory.availability);
      return createRepository({ store, clock, random, memory, availability, retentionDays });
    }

    async function spend(method: string, path: string, options: AskOptions = {}): Promise<Spent> {
      counted.takeCalls();
      const store = createR2Store({ bucket: counted.bucket });
      const repository = repositoryOn(store);
      const request = new Request(`http://localhost${path}`, initOf(method, options));
      const services = { ...repository, bodyLimitBytes: 1 << 25, access: null, doctorKeys: 1001 };
      const answer = await answerOf(await app.fetch(request, services));
      if (answer.status >= 300) throw new Error(`A counted request was refused: ${answer.text}`);
      return { answer, calls: counted.takeCalls() };
    }

    async function sweepOnTime() {
      counted.takeCalls();
      const { bucket, spending } = meterBucket(counted.bucket);
      const store = createR2Store({ bucket });
      const repository = repositoryOn(store);
      const { availability } = memory;
      const parts = { ...repository, store, clock, availability, spending, budget };
      const sweep = createBudgetedSweep(parts);
      return { report: await sweep.run(), calls: counted.takeCalls() };
    }

    return {
      spend,
      sweepOnTime,
      async create(overrides) {
        await spend('POST', '/v1/jobs', { json: aState(overrides) });
      },
      async hold(jobId) {
        const json = { holder: 'w-1', ttl_seconds: 3600 };
        const { answer } = await spend('POST', `/v1/jobs/${jobId}/lease`, { json });
        return { 'Lease-Token': tokenOf(answer) };
      },
    };
  }

  return { clock, isolate };
}

function budgetOfPaidPlan(): SweepBudget {
  const read = readWorkerConfig({ PLAN: 'paid' });
  if (read.kind === 'refused') throw new Error(read.faults.join());
  return read.config.budget;
}
