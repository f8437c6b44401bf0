import type { Random } from '../../lib/base/random.ts';
import type { Answer, AppClient } from '../support/app.ts';
import { type Granted, withToken } from './world.ts';

/** Something that was acknowledged, with the version that it made of its job. */
export interface Acknowledged {
  readonly kind: 'granted' | 'started' | 'completed';
  readonly jobId: string;
  readonly epoch: number;
  readonly sheet: number | null;
  /** Versions of the memory store count up. */
  readonly order: number;
}

export interface SimulatedWorker {
  /** Does one thing, whatever comes to it next. */
  act(): Promise<void>;
}

interface Task {
  readonly granted: Granted;
  readonly sheet: number | null;
}

/** A worker without manners: it forgets its lease, comes back late, and goes on without asking. */
export function simulatedWorker(
  app: () => AppClient,
  {
    name,
    random,
    acknowledge,
  }: {
    name: string;
    random: Random;
    acknowledge: (fact: Acknowledged) => void;
  },
): SimulatedWorker {
  let task: Task | null = null;

  function note(kind: Acknowledged['kind'], { granted, sheet }: Task, answer: Answer): void {
    const { job_id: jobId, epoch } = granted.lease;
    // A quote, the letter of the memory store, and a number that counts its writes.
    const order = Number.parseInt(answer.header('etag')?.slice(2, -1) ?? '', 36);
    acknowledge({ kind, jobId, epoch, sheet, order });
  }

  async function claim(): Promise<void> {
    const answer = await app().ask('POST', '/v1/claims', {
      json: { holder: name, ttl_seconds: 10 },
    });
    if (answer.status !== 201) return;
    const granted = answer.json as Granted & { next_sheet: number | null };
    task = { granted, sheet: granted.next_sheet };
    note('granted', task, answer);
  }

  async function play(held: Task, status: 'in_progress' | 'completed'): Promise<void> {
    const { job_id: jobId } = held.granted.lease;
    const answer = await app().ask('PUT', `/v1/jobs/${jobId}/sheets/${held.sheet ?? 1}`, {
      json: { status },
      ...withToken(held.granted.token),
    });
    if (answer.status === 409) task = null;
    if (answer.status !== 200) return;
    note(status === 'completed' ? 'completed' : 'started', held, answer);
    const { next_sheet: sheet } = answer.json as { next_sheet: number | null };
    task = sheet === null ? null : { ...held, sheet };
  }

  async function beat(held: Task): Promise<void> {
    const { job_id: jobId } = held.granted.lease;
    const lease = withToken(held.granted.token);
    const answer = await app().ask('PUT', `/v1/jobs/${jobId}/lease`, lease);
    // Half of the time it does not listen.
    if (answer.status === 409 && random.fraction() < 0.5) task = null;
  }

  async function release(held: Task): Promise<void> {
    const { job_id: jobId } = held.granted.lease;
    await app().ask('DELETE', `/v1/jobs/${jobId}/lease`, withToken(held.granted.token));
    task = null;
  }

  return {
    async act() {
      const held = task;
      const choice = random.fraction();
      if (held === null) return claim();
      if (choice < 0.3) return play(held, 'in_progress');
      if (choice < 0.6) return play(held, 'completed');
      if (choice < 0.85) return beat(held);
      if (choice < 0.93) return release(held);
      if (choice < 0.97) task = null;
    },
  };
}
