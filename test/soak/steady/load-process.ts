/** Makes the calls of a soak, and tells once a second what they came to. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Connection, createConnectionTo } from './connection.ts';
import { createRequests, type Requests, releaseOf } from './requests.ts';
import type { Tally } from './second.ts';
import { CONNECTIONS, type Kind, kindOf, Work } from './work.ts';

const TICK_MS = 4;
const REPORT_MS = 1000;
/** A service that is behind by more calls than this is overloaded, and gets no more. */
const MOST_QUEUED = 20_000;
/** At a fixed rate more calls may be open than at the top rate, for a moment. */
const OPEN_CONNECTIONS = 4 * CONNECTIONS;

process.on('message', message => {
  run(Work.parse(message)).then(
    () => process.send?.('done'),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});

async function run({ port, millis, perSecond, tokens }: Work): Promise<void> {
  const requests = createRequests(tokens);
  const caller = createCaller(port, requests);
  const report = setInterval(() => process.send?.(caller.takeTally()), REPORT_MS);
  try {
    await (perSecond === null ? atMost(caller, millis) : atRate(caller, perSecond, millis));
  } finally {
    clearInterval(report);
    caller.close();
  }
}

/** As many as are answered, each connection one after the other. */
async function atMost(caller: Caller, millis: number): Promise<void> {
  const endsAt = performance.now() + millis;
  let nth = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < endsAt) await caller.call(nth++, performance.now());
    }),
  );
}

/** So many a second, whether answers come or not: a slow answer makes the next calls wait, and that counts. */
async function atRate(caller: Caller, perSecond: number, millis: number): Promise<void> {
  const startedAt = performance.now();
  const queue: number[] = [];
  let nth = 0;
  let due = 0;
  const open = new Set<Promise<void>>();
  const dueAt = (call: number) => startedAt + (call * 1000) / perSecond;
  /** Makes the calls that are due, one after the other, on one connection. */
  const callNext = async () => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) await caller.call(nth++, at);
  };
  const fill = () => {
    while (open.size < OPEN_CONNECTIONS && queue.length > 0) {
      const call = callNext().finally(() => open.delete(call));
      open.add(call);
    }
  };
  while (performance.now() - startedAt < millis) {
    while (dueAt(due) <= performance.now()) queue.push(dueAt(due++));
    if (queue.length > MOST_QUEUED)
      throw new Error(`${queue.length} calls wait: the rate is too high`);
    caller.setQueued(queue.length);
    fill();
    await wait(TICK_MS);
  }
  queue.length = 0;
  await Promise.all(open);
}

interface Caller {
  /** Settles with the answer, or the failure, which is counted. */
  call(nth: number, dueAt: number): Promise<void>;
  setQueued(count: number): void;
  takeTally(): Tally;
  close(): void;
}

function createCaller(port: number, requests: Requests): Caller {
  const plain: Connection[] = [];
  const reading: Connection[] = [];
  const all: Connection[] = [];
  const counts = new Map<Kind, number>();
  let tally = emptyTally();

  function take(from: Connection[], keepsBodies: boolean): Connection {
    const known = from.pop();
    if (known !== undefined) return known;
    const fresh = createConnectionTo(port, { keepsBodies });
    all.push(fresh);
    return fresh;
  }

  async function timed(connection: Connection, request: Buffer, dueAt: number): Promise<string> {
    const body = await connection.call(request);
    tally.latencies.push(performance.now() - dueAt);
    tally.done += 1;
    return body;
  }

  return {
    async call(nth, dueAt) {
      const kind = kindOf(nth);
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const pool = kind === 'claim' ? reading : plain;
      const connection = take(pool, kind === 'claim');
      try {
        const body = await timed(connection, requests[kind](count), dueAt);
        if (kind === 'claim') await timed(connection, releaseOf(body), performance.now());
      } catch (error) {
        const reason = `${kind}: ${String(error).split('\r\n')[0]?.slice(0, 120)}`;
        tally.failures[reason] = (tally.failures[reason] ?? 0) + 1;
      }
      pool.push(connection);
    },
    setQueued(count) {
      tally.queued = count;
    },
    takeTally() {
      const taken = tally;
      tally = emptyTally();
      return taken;
    },
    close() {
      for (const connection of all) connection.close();
    },
  };
}

function emptyTally(): { -readonly [Member in keyof Tally]: Tally[Member] } {
  return { done: 0, latencies: [], failures: {}, queued: 0 };
}
