import { createAbility } from './client/ability.ts';
import type { Client, Heartbeat } from './client/api.ts';
import { isInDoubt, isPast } from './client/deadline.ts';
import type { Grant, HeartbeatAnswer, LeaseRequest, Renewal } from './client/grant.ts';
import { DalsegnoError, retryAfterMsOf } from './client/problem.ts';
import { backOff, type RandomSource } from './client/retry.ts';
import type { Timing } from './client/timing.ts';
import { createHeldJob, type HeldJob } from './held-job.ts';
import type { ConnectPresence, PresenceLink } from './presence.ts';
import {
  createRhythm,
  hasNews,
  isClose,
  isNeedless,
  minimum,
  nextDueMs,
  nextTimerMs,
  notify,
  type Rhythm,
  tryTimeoutSeconds,
} from './rhythm.ts';
import type { Emit } from './worker-event.ts';

/** Renews the leases of a worker. */
export interface HeartbeatLoop {
  start(grant: Grant): HeldJob;
  /**
   * Resolves when the lease is known to run, which is usually at once. After a stall or an outage longer than the
   * lease, it first asks the service, until the service answers or the worker has no more time. False if the
   * lease is lost.
   */
  ensureLease(heldJob: HeldJob): Promise<boolean>;
  /**
   * Sends the progress that the service has not been told yet, if there is any: before the lease ends. Resolves when
   * that is answered or has failed, or after some seconds.
   */
  report(heldJob: HeldJob): Promise<void>;
  stop(heldJob: HeldJob): void;
  /** The worker has ended: closes its presence stream. */
  end(): void;
}

interface HeartbeatLoopOptions {
  readonly client: Client;
  readonly timing: Timing;
  readonly random: RandomSource;
  readonly emit: Emit;
  /** Whether a lease that expired without a renewal counts as lost before the service says so. */
  readonly abortWhenUncertain: boolean;
  /** Connects to a stream on which the service renews the leases; null for heartbeats alone. */
  readonly presence?: ConnectPresence | null;
}

const MAX_BEATS = 100;
/** A timer that fires this late was blocked by a computation, or the machine slept. */
const STALL_MS = 1000;
const UNSENT = Symbol('unsent');
/** How long the end of a lease waits for the last progress to arrive. */
const LAST_REPORT_MS = 2000;
const LOST_CODES = new Set(['lease_lost', 'job_finished', 'job_not_found']);

export function createHeartbeatLoop(options: HeartbeatLoopOptions): HeartbeatLoop {
  const { client, timing, random, emit, abortWhenUncertain } = options;
  const rhythms = new Map<HeldJob, Rhythm>();
  /** Whether the service knows which sheet a progress is of. */
  const namesSheets = createAbility(timing);
  let disarm = (): void => {};
  let armedForMs = 0;
  const link: PresenceLink | null =
    options.presence?.({
      answered(heldJob, answer) {
        const rhythm = rhythms.get(heldJob);
        if (rhythm === undefined) return;
        rhythm.isKept = answer.ok;
        handleAnswer(rhythm, answer);
        arm();
      },
      renewed(heldJob, { deadline, expiresAt }) {
        const rhythm = rhythms.get(heldJob);
        if (rhythm === undefined || isPast(deadline, timing)) return;
        const { dueAtMs } = rhythm;
        handleRenewal(rhythm, {
          lease: { ...heldJob.lease, expires_at: expiresAt },
          requested: heldJob.requested,
          server_time: expiresAt,
          expires_at: expiresAt,
          renew_after_ms: rhythm.renewAfterMs,
          deadline,
        });
        // New progress is still due.
        rhythm.dueAtMs = Math.min(dueAtMs, rhythm.dueAtMs);
        arm();
      },
      requested(heldJob, requested) {
        const rhythm = rhythms.get(heldJob);
        if (rhythm !== undefined) handleRequest(rhythm, requested);
      },
      dropped(heldJobs) {
        for (const heldJob of heldJobs) {
          const rhythm = rhythms.get(heldJob);
          if (rhythm === undefined) continue;
          rhythm.isKept = false;
          rhythm.mustRepeat = rhythm.isAsking;
          rhythm.dueAtMs = timing.elapsedMs();
        }
        arm();
      },
    }) ?? null;

  function arm(): void {
    disarm();
    const now = timing.elapsedMs();
    armedForMs = Math.max(now, minimum([...rhythms.values()].map(nextTimerMs)));
    if (armedForMs !== Number.POSITIVE_INFINITY) disarm = timing.after(armedForMs - now, tick);
  }

  function tick(): void {
    const now = timing.elapsedMs();
    const isStalled = now - armedForMs > STALL_MS;
    for (const rhythm of rhythms.values()) {
      // The process could not receive an answer during the stall, so the request counts as not sent.
      if (isStalled) rhythm.askedAtMs = null;
      checkDeadline(rhythm);
    }
    const idle = [...rhythms.values()].filter(({ isAsking }) => !isAsking);
    for (const rhythm of idle.filter(({ dueAtMs }) => dueAtMs <= now)) {
      const { renewAfterMs } = rhythm;
      if (isNeedless(rhythm, now)) {
        rhythm.dueAtMs = nextDueMs(rhythm.heldJob, { renewAfterMs, now });
      }
    }
    const isDue = ({ dueAtMs, failures, heldJob }: Rhythm) =>
      dueAtMs <= now || (failures === 0 && isInDoubt(heldJob.deadline, timing));
    for (const rhythm of idle.filter(({ isAlone }) => isAlone).filter(isDue)) void ask([rhythm]);
    const others = idle.filter(({ isAlone }) => !isAlone);
    const batch = others.some(isDue)
      ? others.filter(it => isDue(it) || (isClose(it, now) && !isNeedless(it, now)))
      : [];
    for (let from = 0; from < batch.length; from += MAX_BEATS) {
      void ask(batch.slice(from, from + MAX_BEATS));
    }
    arm();
  }

  /** Decides by the deadline if the service was asked in time and has not answered. */
  function checkDeadline(rhythm: Rhythm): void {
    const { heldJob, askedAtMs, isAsking } = rhythm;
    if (!isPast(heldJob.deadline, timing) || askedAtMs === null) return;
    const askedSince = askedAtMs >= heldJob.deadline.elapsedMs;
    if (askedSince && isAsking) return;
    if (abortWhenUncertain) setLost(rhythm, 'deadline');
    else setUncertain(rhythm);
  }

  /** The job may still be leased to this worker: the sheet and the heartbeats continue. */
  function setUncertain(rhythm: Rhythm): void {
    if (rhythm.isUncertain) return;
    rhythm.isUncertain = true;
    const { held, deadline, lease } = rhythm.heldJob;
    const { jobId, epoch } = held;
    const since = new Date(deadline.wallMs).toISOString();
    emit({ type: 'uncertain', jobId, epoch, since, expiresAt: lease.expires_at });
  }

  /** What to tell the service of the sheet that runs. */
  function beatOf(rhythm: Rhythm): Heartbeat {
    const { progress, progressSheet: sheet } = rhythm.heldJob;
    rhythm.hasNamedSheet = progress !== undefined && sheet !== null && namesSheets.isAssumed();
    if (progress === undefined) return {};
    return rhythm.hasNamedSheet && sheet !== null ? { progress, sheet } : { progress };
  }

  async function ask(batch: readonly Rhythm[]): Promise<void> {
    const now = timing.elapsedMs();
    for (const rhythm of batch) {
      rhythm.isAsking = true;
      rhythm.askedAtMs = now;
      rhythm.sentProgress = rhythm.heldJob.progress;
    }
    const [only] = batch;
    const beatOptions = { retries: 0, timeoutSeconds: tryTimeoutSeconds(batch, now) };
    try {
      if (only !== undefined && batch.length === 1) {
        const { held } = only.heldJob;
        const renewal = await client.renew(held, beatOf(only), beatOptions);
        handleAnswer(only, { ok: true, ...renewal });
        return;
      }
      const beats = batch.map(rhythm => ({ held: rhythm.heldJob.held, ...beatOf(rhythm) }));
      const answers = await client.renewAll(beats, beatOptions);
      for (const [index, rhythm] of batch.entries()) {
        const answer = answers[index] ?? { ok: false, code: 'unexpected_answer', detail: 'none' };
        handleAnswer(rhythm, answer);
      }
    } catch (error) {
      const isRefused = batch.length > 1 && isBatchRefused(error);
      for (const rhythm of batch) {
        rhythm.isAlone ||= isRefused;
        handleError(rhythm, error);
      }
    } finally {
      for (const rhythm of batch) {
        rhythm.isAsking = false;
        if (rhythm.mustRepeat) rhythm.dueAtMs = timing.elapsedMs();
        rhythm.mustRepeat = false;
        notify(rhythm.answered);
      }
      arm();
    }
  }

  function handleAnswer(rhythm: Rhythm, answer: HeartbeatAnswer): void {
    if (!answer.ok) {
      const { code, detail } = answer;
      handleError(rhythm, new DalsegnoError('A heartbeat', { status: 200, code, detail }));
      return;
    }
    if (rhythms.get(rhythm.heldJob) !== rhythm) return;
    if (isPast(answer.deadline, timing)) {
      const detail = 'the lease was over when the answer arrived';
      const answered = { status: 200, code: 'late_answer', detail };
      handleError(rhythm, new DalsegnoError('A heartbeat', answered));
      return;
    }
    handleRenewal(rhythm, answer);
  }

  function handleRenewal(rhythm: Rhythm, { lease, requested, ...answer }: Renewal): void {
    const { heldJob } = rhythm;
    const { jobId, epoch } = heldJob.held;
    const now = timing.elapsedMs();
    if (rhythm.isUncertain) {
      const afterMs = now - heldJob.deadline.elapsedMs;
      emit({ type: 'certain', jobId, epoch, afterMs, expiresAt: answer.expires_at });
    }
    rhythm.isUncertain = false;
    rhythm.renewAfterMs = answer.renew_after_ms;
    rhythm.askedAtMs = null;
    rhythm.failures = 0;
    heldJob.deadline = answer.deadline;
    heldJob.renewedAtMs = now;
    rhythm.dueAtMs = nextDueMs(heldJob, { renewAfterMs: answer.renew_after_ms, now });
    heldJob.lease = lease;
    emit({ type: 'renewed', jobId, epoch, expiresAt: answer.expires_at });
    handleRequest(rhythm, requested);
    notify(rhythm.waiting);
  }

  function handleRequest({ heldJob }: Rhythm, requested: LeaseRequest | null): void {
    const { jobId, epoch } = heldJob.held;
    if (requested !== null && requested !== heldJob.requested) {
      emit({ type: 'requested', jobId, epoch, requested });
    }
    heldJob.requested = requested;
    if (requested !== null) heldJob.onRequested?.();
    if (requested === 'cancel' || requested === 'fail') heldJob.interrupt(requested);
  }

  /** One heartbeat, after the one under way. Never rejects. */
  async function reportNow(rhythm: Rhythm): Promise<void> {
    if (rhythm.isAsking) await new Promise<void>(resolve => rhythm.answered.add(resolve));
    if (hasNews(rhythm) && rhythms.get(rhythm.heldJob) === rhythm) await ask([rhythm]);
  }

  /** A heartbeat failed: the lease is lost, or the heartbeat is tried again. */
  function handleError(rhythm: Rhythm, error: unknown): void {
    const { heldJob } = rhythm;
    if (rhythms.get(heldJob) !== rhythm) return;
    const code = error instanceof DalsegnoError ? error.code : null;
    if (code !== null && LOST_CODES.has(code)) {
      setLost(rhythm, 'refused');
      return;
    }
    rhythm.failures += 1;
    // The progress may not have arrived.
    rhythm.sentProgress = UNSENT;
    const { renewAfterMs, failures } = rhythm;
    const backOffMs = backOff(random, { attempt: failures, longestMs: renewAfterMs });
    const wantedMs = Math.min(retryAfterMsOf(error) ?? 0, renewAfterMs);
    rhythm.dueAtMs = timing.elapsedMs() + wantedMs + backOffMs;
    if (code === 'invalid') {
      // It may be an older service, which does not know sheets; or it is the progress. The lease is more important.
      if (rhythm.hasNamedSheet) namesSheets.deny();
      else heldJob.progress = undefined;
    }
    const { jobId, epoch } = heldJob.held;
    emit({ type: 'error', during: 'renew', jobId, epoch, error });
  }

  function setLost(rhythm: Rhythm, by: HeldJob['lostBy']): void {
    rhythms.delete(rhythm.heldJob);
    link?.unwatch(rhythm.heldJob);
    rhythm.heldJob.lostBy = by;
    rhythm.heldJob.interrupt('lost');
    notify(rhythm.waiting);
  }

  return {
    start(grant) {
      const now = timing.elapsedMs();
      const heldJob = createHeldJob(grant, now);
      const rhythm = createRhythm(heldJob, { renewAfterMs: grant.renew_after_ms, now });
      rhythms.set(heldJob, rhythm);
      link?.watch(heldJob);
      heldJob.writesEnded.addEventListener('abort', () => notify(rhythm.waiting), { once: true });
      arm();
      return heldJob;
    },

    async ensureLease(heldJob) {
      while (isInDoubt(heldJob.deadline, timing) && !heldJob.writesEnded.aborted) {
        const rhythm = rhythms.get(heldJob);
        if (rhythm === undefined) break;
        const notified = new Promise<void>(resolve => rhythm.waiting.add(resolve));
        if (rhythm.failures === 0) rhythm.dueAtMs = timing.elapsedMs();
        arm();
        await notified;
      }
      return !heldJob.lost.aborted;
    },

    async report(heldJob) {
      const rhythm = rhythms.get(heldJob);
      if (rhythm === undefined || !hasNews(rhythm)) return;
      const late = new Promise<void>(resolve => {
        const cancel = timing.after(LAST_REPORT_MS, resolve);
        void reportNow(rhythm).finally(() => {
          cancel();
          resolve();
        });
      });
      await late;
    },

    stop(heldJob) {
      const rhythm = rhythms.get(heldJob);
      rhythms.delete(heldJob);
      link?.unwatch(heldJob);
      if (rhythm !== undefined) notify(rhythm.waiting);
      arm();
    },

    end() {
      link?.end();
    },
  };
}

/** Whether the service refuses the batch, or does not support batches. Single heartbeats may still succeed. */
function isBatchRefused(error: unknown): boolean {
  return error instanceof DalsegnoError && [404, 405, 413, 422].includes(error.status);
}
