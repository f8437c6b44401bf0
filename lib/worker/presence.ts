import { type Deadline, deadlineOf } from './client/deadline.ts';
import type { HeartbeatAnswer, LeaseRequest } from './client/grant.ts';
import type { Anchor, PresenceCalls, StreamEvent } from './client/presence-calls.ts';
import { DalsegnoError, reasonOf } from './client/problem.ts';
import { backOff, type RandomSource } from './client/retry.ts';
import type { Timing } from './client/timing.ts';
import type { HeldJob } from './held-job.ts';
import type { Emit } from './worker-event.ts';

/**
 * Keeps a stream of events open while the worker has jobs. The service renews the leases of the stream, and sends
 * the requests of operators at once. Without a stream the leases are renewed by heartbeats.
 */
export interface PresenceLink {
  /** From now on the stream keeps the lease of the job, once the job has run for a moment. */
  watch(heldJob: HeldJob): void;
  unwatch(heldJob: HeldJob): void;
  /** Closes the stream for good. */
  end(): void;
}

/** What the heartbeat loop learns from the stream. */
export interface PresenceListener {
  /** The service answered as to a heartbeat. If it renewed the lease, the stream keeps it from now on. */
  answered(heldJob: HeldJob, answer: HeartbeatAnswer): void;
  /** The service has renewed the lease. */
  renewed(heldJob: HeldJob, renewal: { deadline: Deadline; expiresAt: string }): void;
  requested(heldJob: HeldJob, requested: LeaseRequest | null): void;
  /** The stream does not keep these leases any more. They need a heartbeat at once. */
  dropped(heldJobs: readonly HeldJob[]): void;
}

export type ConnectPresence = (listener: PresenceListener) => PresenceLink;

interface PresenceOptions {
  readonly calls: PresenceCalls;
  readonly timing: Timing;
  readonly random: RandomSource;
  readonly emit: Emit;
  /** Undefined for the default of the service. */
  readonly graceMs: number | undefined;
}

/** A job that ends sooner is never added to the stream, and costs no call. */
const ADD_AFTER_MS = 250;
/** A proxy that holds back what it receives does not deliver the first event in this time. */
const OPEN_MS = 5000;
const CHANGE_MS = 4000;
/** A stream without leases is closed after this time. */
const IDLE_MS = 30_000;
/** When to try again where streams do not work. */
const UNSUPPORTED_MS = 600_000;
const LEAST_PAUSE_MS = 100;
const FIRST_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 30_000;
/** So many streams in a row that ended soon are a network in which they do not work. */
const MAX_SHORT_STREAMS = 5;
const SHORT_MS = 15_000;
/** A timer that fires this late was blocked by a computation, or the machine stood still. */
const STALL_MS = 1000;
/** How long events that came during a stall have to be received. */
const AFTER_STALL_MS = 1000;
/** How long the times of the service and of the worker are compared by one answer, where no ping is confirmed. */
const ANCHORED_MS = 600_000;
/** A request may have twice as many. */
const MAX_TOKENS = 500;

interface Member {
  readonly heldJob: HeldJob;
  addAtMs: number;
  /** `refused`: the service does not keep it, and it is renewed by heartbeats. */
  state: 'new' | 'added' | 'refused';
  /** Whether the service may keep it on the stream: its token was sent, with or without an answer. */
  isSent: boolean;
}

interface Stream {
  readonly ended: AbortController;
  readonly openedAtMs: number;
  /** Null until the event `open`. */
  id: string | null;
  anchor: Anchor | null;
  anchoredAtMs: number;
  silentMs: number;
  isChanging: boolean;
  /** Whether the pings of the service must be confirmed. */
  isConfirmed: boolean;
  /** Whether a ping came while a change was under way. */
  isConfirmDue: boolean;
}

export function createPresenceLink(
  { calls, timing, random, emit, graceMs }: PresenceOptions,
  listener: PresenceListener,
): PresenceLink {
  /** By lease id. */
  const members = new Map<string, Member>();
  /** Tokens that the stream has, of jobs that are over. */
  const removals = new Set<string>();
  let stream: Stream | null = null;
  let notBeforeMs = 0;
  /** When a stream without leases is closed. A ping that is confirmed meanwhile does not change it. */
  let idleEndMs = 0;
  let shortStreams = 0;
  let isEnded = false;
  let disarmWork = (): void => {};
  let disarmWatch = (): void => {};

  /** When there is something to do next; infinite if there is nothing. */
  function nextWorkMs(): number {
    if (stream !== null && (stream.id === null || stream.isChanging))
      return Number.POSITIVE_INFINITY;
    if (members.size === 0) return stream === null ? Number.POSITIVE_INFINITY : idleEndMs;
    let next = Number.POSITIVE_INFINITY;
    for (const { addAtMs, state } of members.values()) {
      if (state === 'new') next = Math.min(next, addAtMs);
    }
    return stream === null ? Math.max(next, notBeforeMs) : next;
  }

  function arm(): void {
    disarmWork();
    if (isEnded) return;
    const now = timing.elapsedMs();
    const atMs = nextWorkMs();
    if (atMs === Number.POSITIVE_INFINITY) return;
    disarmWork = timing.after(Math.max(0, atMs - now), () => {
      // Timers may fire a little early: a stream that is opened then has no token, and costs a call more.
      if (nextWorkMs() > timing.elapsedMs()) arm();
      else if (members.size === 0) close();
      else if (stream === null) connect();
      else void change(stream);
    });
  }

  function takeNew(now: number): readonly Member[] {
    const taken: Member[] = [];
    for (const member of members.values()) {
      if (member.state === 'new' && member.addAtMs <= now) taken.push(member);
      if (taken.length === MAX_TOKENS) break;
    }
    for (const member of taken) {
      member.state = 'added';
      member.isSent = true;
    }
    return taken;
  }

  function connect(): void {
    const now = timing.elapsedMs();
    const current: Stream = {
      ended: new AbortController(),
      openedAtMs: now,
      id: null,
      anchor: null,
      anchoredAtMs: now,
      silentMs: OPEN_MS,
      isChanging: false,
      isConfirmed: true,
      isConfirmDue: false,
    };
    stream = current;
    const added = takeNew(now);
    const tokens = added.map(({ heldJob }) => heldJob.held.token);
    watchSilence(current);
    const options = {
      signal: current.ended.signal,
      onEvent: (event: StreamEvent) => receive(current, event, added),
    };
    calls.open({ tokens, graceMs }, options).then(
      () => lose(current, { reason: 'the service ended it', error: null }),
      (error: unknown) => lose(current, { reason: reasonOf(error), error }),
    );
  }

  /** A stream that is silent for too long is broken, or something holds its events back. */
  function watchSilence(current: Stream, silentMs = current.silentMs): void {
    disarmWatch();
    const atMs = timing.elapsedMs() + silentMs;
    disarmWatch = timing.after(silentMs, () => {
      // An event that came during a stall is received after the timers that were due.
      if (timing.elapsedMs() - atMs > STALL_MS) return watchSilence(current, AFTER_STALL_MS);
      const reason = current.id === null ? 'no event arrived' : 'it was silent';
      lose(current, { reason, error: null });
    });
  }

  function receive(current: Stream, event: StreamEvent, added: readonly Member[]): void {
    if (stream !== current) return;
    if (event.type === 'open') begin(current, event, added);
    watchSilence(current);
    switch (event.type) {
      case 'open':
      case 'ping':
        current.isConfirmDue = current.isConfirmed;
        void change(current);
        return;
      case 'pong':
        confirmRarely(current);
        return;
      case 'renewed':
        for (const { lease_id: leaseId, expires_at: expiresAt } of event.leases) {
          const member = members.get(leaseId);
          if (member === undefined || current.anchor === null) continue;
          const { sent, server_time } = current.anchor;
          const deadline = deadlineOf(sent, { server_time, expires_at: expiresAt });
          listener.renewed(member.heldJob, { deadline, expiresAt });
        }
        return;
      case 'request': {
        const member = members.get(event.leaseId);
        if (member !== undefined) listener.requested(member.heldJob, event.requested);
        return;
      }
      case 'lease_lost': {
        const member = members.get(event.leaseId);
        if (member === undefined) return;
        // A heartbeat finds out what has happened.
        member.state = 'refused';
        member.isSent = false;
        listener.dropped([member.heldJob]);
        return;
      }
      case 'closing':
        lose(current, { reason: `the service ended it: ${event.reason}`, error: null });
        return;
      default:
        event satisfies never;
    }
  }

  function begin(
    current: Stream,
    event: StreamEvent & { readonly type: 'open' },
    added: readonly Member[],
  ): void {
    current.id = event.id;
    current.anchor = event.anchor;
    current.anchoredAtMs = timing.elapsedMs();
    current.isConfirmed = event.isConfirmed;
    // The service ends a silent stream first.
    current.silentMs = event.silentMs + 1000;
    emit({ type: 'presence', isOpen: true, reason: null });
    handleAnswers(added, event.answers);
  }

  /** Clocks differ more and more, and the service has tokens of jobs that are over. */
  function confirmRarely(current: Stream): void {
    if (timing.elapsedMs() - current.anchoredAtMs < ANCHORED_MS) return;
    current.isConfirmDue = true;
    void change(current);
  }

  function handleAnswers(added: readonly Member[], answers: readonly HeartbeatAnswer[]): void {
    for (const [index, member] of added.entries()) {
      const answer = answers[index];
      if (answer === undefined || members.get(leaseIdOf(member.heldJob)) !== member) continue;
      if (!answer.ok) member.state = 'refused';
      listener.answered(member.heldJob, answer);
    }
  }

  /** Confirms a ping, and tells the service about the jobs that were begun and ended since the last change. */
  async function change(current: Stream): Promise<void> {
    if (current.id === null || current.isChanging || stream !== current) return;
    const added = takeNew(timing.elapsedMs());
    if (added.length === 0 && !current.isConfirmDue) {
      arm();
      return;
    }
    current.isChanging = true;
    current.isConfirmDue = false;
    const tokens = added.map(({ heldJob }) => heldJob.held.token);
    const remove = [...removals].slice(0, MAX_TOKENS);
    try {
      const changed = await calls.change(current.id, { tokens, remove }, { timeoutMs: CHANGE_MS });
      if (stream !== current) return;
      current.anchor = changed.anchor;
      current.anchoredAtMs = timing.elapsedMs();
      for (const token of remove) removals.delete(token);
      handleAnswers(added, changed.answers);
    } catch (error) {
      if (stream !== current) return;
      if (error instanceof DalsegnoError && error.status < 500) {
        // The stream is at another process than the call, or was ended.
        lose(current, { reason: reasonOf(error), error: null });
        return;
      }
      // The next ping is confirmed again.
      for (const member of added) {
        if (member.state === 'added') member.state = 'new';
        member.addAtMs = timing.elapsedMs() + CHANGE_MS;
      }
    } finally {
      current.isChanging = false;
    }
    if (current.isConfirmDue) void change(current);
    else arm();
  }

  /** The stream has ended. Its leases need heartbeats now, and another stream later. */
  function lose(current: Stream, why: { readonly reason: string; readonly error: unknown }): void {
    if (stream !== current) return;
    const wasOpen = current.id !== null;
    drop(current);
    const now = timing.elapsedMs();
    const isShort = now - current.openedAtMs < SHORT_MS;
    shortStreams = isShort ? shortStreams + 1 : 0;
    const isHopeless =
      isUnsupported(why.error) ||
      (why.error === null && !wasOpen) ||
      shortStreams >= MAX_SHORT_STREAMS;
    notBeforeMs = now + (isHopeless ? UNSUPPORTED_MS * (1 / 2 + random.fraction()) : pauseMs());
    if (isHopeless) shortStreams = 0;
    if (wasOpen) emit({ type: 'presence', isOpen: false, reason: why.reason });
    // A stream that the service itself has refused keeps nothing.
    const isRefused = why.error instanceof DalsegnoError && why.error.problem !== null;
    const kept: HeldJob[] = [];
    for (const member of members.values()) {
      if (member.isSent && !isRefused) kept.push(member.heldJob);
      member.state = 'new';
      member.isSent = false;
    }
    if (kept.length > 0) listener.dropped(kept);
    arm();
  }

  function pauseMs(): number {
    const attempt = Math.max(1, shortStreams);
    const longestMs = LONGEST_BACK_OFF_MS;
    return LEAST_PAUSE_MS + backOff(random, { attempt, firstMs: FIRST_BACK_OFF_MS, longestMs });
  }

  function drop(current: Stream): void {
    stream = null;
    removals.clear();
    disarmWatch();
    current.ended.abort();
  }

  function close(): void {
    if (stream !== null) drop(stream);
  }

  return {
    watch(heldJob) {
      const addAtMs = timing.elapsedMs() + ADD_AFTER_MS;
      members.set(leaseIdOf(heldJob), { heldJob, addAtMs, state: 'new', isSent: false });
      arm();
    },

    unwatch(heldJob) {
      const member = members.get(leaseIdOf(heldJob));
      if (member?.heldJob !== heldJob) return;
      members.delete(leaseIdOf(heldJob));
      if (members.size === 0) idleEndMs = timing.elapsedMs() + IDLE_MS;
      if (member.isSent && stream !== null) removals.add(heldJob.held.token);
      arm();
    },

    end() {
      isEnded = true;
      disarmWork();
      close();
    },
  };
}

function leaseIdOf({ lease }: HeldJob): string {
  return lease.lease_id;
}

/** Whether the service, or something in front of it, has no streams. */
function isUnsupported(error: unknown): boolean {
  if (!(error instanceof DalsegnoError)) return false;
  return error.status === 404 || error.status === 405 || error.status === 501 || error.status < 300;
}
