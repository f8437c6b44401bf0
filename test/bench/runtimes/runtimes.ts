import { mkdir } from 'node:fs/promises';
import { type Lane, laneOf, requestHead, startLoadClient } from '../http/http-load.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { MEDIUM, SMALL } from '../jobs/state.ts';
import type { Bench, Goal, Pace, RuntimeName } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { durable, readJob, writeCalls } from './calls.ts';
import { type Peers, startPeers } from './peers.ts';
import { copyAnswers, prepareJobs, READ_SIZES } from './preparation.ts';

/** The same calls on each runtime beside bare Hono on it, and beside bare Hono with the same writes. */
export const runtimes: Bench = {
  name: 'runtimes',
  async *figures(pace) {
    for (const runtime of pace.runtimes) {
      const folder = await makeFolder();
      try {
        const peers = await startPeers(runtime, folder);
        try {
          yield* on(runtime, peers, { folder, pace });
        } finally {
          await peers.stop();
        }
      } finally {
        await removeFolder(folder);
      }
    }
  },
};

const CONNECTIONS = 16;
const READ_GOALS: Readonly<Record<RuntimeName, ReadonlyMap<string, Goal>>> = {
  node: new Map([
    [SMALL.name, { atLeast: 0.75 }],
    [MEDIUM.name, { atLeast: 0.9 }],
  ]),
  workerd: new Map([[SMALL.name, { atLeast: 0.6 }]]),
  deno: new Map([[SMALL.name, { atLeast: 0.6 }]]),
};
const NO_GOALS = { node: new Map(), workerd: new Map(), deno: new Map() } as const;
/** Each `GET` of the service asks the store for the version: another process may have written. */
const READS = [
  { bareName: 'bare Hono', prefix: '', goals: READ_GOALS },
  { bareName: 'bare Hono + 1 head', prefix: '/asked', goals: NO_GOALS },
  { bareName: 'bare Hono + 1 get', prefix: '/stored', goals: NO_GOALS },
] as const;
const WRITES = [
  { call: 'save', name: `PUT job, ${SMALL.name}`, writes: '1 write' },
  { call: 'update', name: `PUT sheet, ${SMALL.name}`, writes: '1 write' },
  { call: 'heartbeat', name: 'PUT lease', writes: '1 write' },
  { call: 'claim', name: 'POST claims, DELETE lease', writes: '5 writes' },
] as const;

async function* on(
  runtime: RuntimeName,
  { service, bare }: Peers,
  { folder, pace }: { readonly folder: string; readonly pace: Pace },
) {
  const tokens = await prepareJobs(service, CONNECTIONS);
  await copyAnswers(service, bare, tokens[0] ?? '');
  await mkdir(`${folder}/requests`);
  const calls = await writeCalls(`${folder}/requests`, tokens);
  const client = startLoadClient();
  const rounds = { rounds: pace.rounds, millis: pace.millis, runtime };
  const asking = (server: Peers['bare'], lanes: readonly Lane[]) => (millis: number) =>
    client.sample(server, { millis, lanes });
  try {
    for (const { name } of READ_SIZES) {
      const lanes = (prefix: string) => {
        const head = requestHead(`GET ${prefix}/v1/jobs/${readJob(name)}`);
        return Array.from({ length: CONNECTIONS }, () => laneOf({ head, bodyFile: null }));
      };
      const measure = asking(service, lanes(''));
      for (const { bareName, prefix, goals } of READS) {
        const goal = goals[runtime].get(name) ?? null;
        yield* await compare(
          { name: bareName, measure: asking(bare, lanes(prefix)) },
          [{ name: `GET job, ${name}`, goal, measure }],
          rounds,
        );
      }
    }
    for (const { call, name, writes } of WRITES) {
      const lanes = calls[call];
      const challenger = { name, goal: null, measure: asking(service, lanes) };
      yield* await compare(
        { name: 'bare Hono', measure: asking(bare, lanes) },
        [challenger],
        rounds,
      );
      yield* await compare(
        { name: `bare Hono + ${writes}`, measure: asking(bare, durable(lanes)) },
        [challenger],
        rounds,
      );
    }
  } finally {
    client.close();
  }
}
