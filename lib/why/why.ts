import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { type FalseAlarms, refundsOf } from '../storage/false-alarms.ts';
import { requireJob } from '../storage/precondition.ts';
import type { Version } from '../store.ts';
import type { Explanation } from './evidence.ts';
import { explain, explainCorrupt } from './explain.ts';
import { type Standing, standingOf } from './standing.ts';

export interface Why extends Explanation {
  readonly version: Version;
  readonly job_id: string;
  /** The stored status; null for a corrupt state. */
  readonly status: JobStatus | null;
  /** `corrupt` if the stored bytes are not a checkpoint state. */
  readonly standing: Standing['kind'] | 'corrupt';
  readonly holder: string | null;
  readonly epoch: number;
  /** Without the recoveries whose holders came back. */
  readonly recoveries: number;
  readonly claimable: boolean;
  /** No claim gets the job before this time, because its last leases were not used; null if there is no delay. */
  readonly delayed_until: Timestamp | null;
  readonly lease: Lease | null;
  readonly falseAlarms: FalseAlarms | null;
  readonly serverTime: Timestamp;
}

export interface WhyReader {
  /** Explains a corrupt state too. Failures: `job_not_found`, `job_id_collision`. */
  why(target: JobTarget): Promise<Result<Why>>;
}

export function createWhyReader(parts: ProtocolContext): WhyReader {
  const { store, clock, hints, reader, holdings, expiredLeases } = parts;
  const locate = (key: string) => store.locate(key);

  async function isHinted(state: CheckpointState): Promise<boolean> {
    return store.traits.compareAndSwap && (await hints.find(state)) !== null;
  }

  return {
    async why({ key, jobId }) {
      const current = await reader.read(key);
      if (current === null) return fail({ code: 'job_not_found', jobId });
      if (current.kind === 'corrupt') {
        const { version, errorType, detail } = current;
        return ok({
          ...explainCorrupt(store.locate(key), errorType, detail),
          version,
          job_id: jobId,
          status: null,
          standing: 'corrupt',
          holder: null,
          epoch: 0,
          recoveries: 0,
          claimable: false,
          delayed_until: null,
          lease: null,
          falseAlarms: null,
          serverTime: clock.now(),
        });
      }
      const job = requireJob(jobId, current, locate);
      if (!job.ok) return job;
      const { state, version } = job.value;
      const holding = await holdings.of(state);
      const history = await expiredLeases.of(jobId);
      const falseAlarms = history.alarms;
      const hinted = await isHinted(state);
      const now = clock.now();
      const standing = standingOf(state, { holding, hinted, now });
      const jobLease = jobLeaseOf(state);
      const { epoch } = jobLease;
      const recoveries = jobLease.recoveries - refundsOf(history, jobLease.recoveries).length;
      return ok({
        ...explain(state, standing, { now, falseAlarms, recoveries }),
        version,
        job_id: jobId,
        status: state.status,
        standing: standing.kind,
        holder: holding.kind === 'none' ? null : holding.named.holder,
        epoch,
        recoveries,
        claimable: standing.kind === 'waiting' && standing.until === null,
        delayed_until: standing.kind === 'waiting' ? standing.until : null,
        lease: holding.kind === 'none' ? null : holding.lease,
        falseAlarms,
        serverTime: now,
      });
    },
  };
}
