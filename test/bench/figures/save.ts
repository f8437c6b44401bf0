import { mkdir, writeFile } from 'node:fs/promises';
import type { Bytes, ObjectStore, Version } from '../../../lib/store.ts';
import { atVersion, UNCONDITIONAL } from '../../../lib/store.ts';
import {
  type LaneRequest,
  type LoadClient,
  requestHead,
  startLoadClient,
} from '../http/http-load.ts';
import { startService } from '../http/server-process.ts';
import { createBareSaver } from '../jobs/bare-save.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openJobs, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { MEDIUM, SIZES, type Size, SMALL, stateBody } from '../jobs/state.ts';
import { AS_FAST_AS_BARE, type Bench, type Figure, type Pace } from '../measure/figure.ts';
import { compare, rateOf } from '../measure/rounds.ts';

/** A durable save at three heights, each on jobs of its own, against the bare loop. */
export const save: Bench = {
  name: 'save',
  async *figures(pace) {
    const client = startLoadClient();
    try {
      for (const size of pace.kind === 'quick' ? [SMALL, MEDIUM] : SIZES) {
        for (const lanes of [1, 32]) yield* await inFolder({ size, lanes, client, pace });
      }
    } finally {
      client.close();
    }
  },
};

interface Setting {
  readonly size: Size;
  readonly lanes: number;
  readonly client: LoadClient;
  readonly pace: Pace;
}

async function inFolder(setting: Setting): Promise<Figure[]> {
  const folder = await makeFolder();
  try {
    return await figuresOf(folder, setting);
  } finally {
    await removeFolder(folder);
  }
}

async function figuresOf(
  folder: string,
  { size, lanes, client, pace }: Setting,
): Promise<Figure[]> {
  const bodies = Array.from({ length: lanes }, (_, lane) => stateBody(jobIdOf(lane), size));
  const bodyOf = bodiesByTurns(bodies, size);
  for (const name of ['bare', 'bodies']) await mkdir(`${folder}/${name}`);
  const bare = await createBareSaver(`${folder}/bare`, bodies[0] ?? HOLE);
  const store = await openStore(`${folder}/store`);
  const put = await putter(store, bodies);
  const saving = await openStore(`${folder}/jobs`);
  const jobs = openJobs(saving);
  await seed(`${folder}/service`, bodies);
  const service = await startService(`${folder}/service`, `${folder}/log`);
  const requests = await requestsOf(`${folder}/bodies`, bodies);
  const label = `${lanes} at once, ${size.name}`;
  try {
    return await compare(
      { name: 'bare save', measure: millis => rateOf(lane => bare.save(lane), { millis, lanes }) },
      [
        {
          name: `store.put, ${label}`,
          target: AS_FAST_AS_BARE,
          measure: millis => rateOf(put, { millis, lanes }),
        },
        {
          name: `Jobs.save, ${label}`,
          target: AS_FAST_AS_BARE,
          measure: millis =>
            rateOf(lane => must(jobs.save(targetFor(jobIdOf(lane)), bodyOf(lane), UNGUARDED)), {
              millis,
              lanes,
            }),
        },
        {
          name: `PUT, ${label}`,
          target: null,
          measure: millis => client.rate({ port: service.port, millis, lanes: requests }),
        },
      ],
      pace,
    );
  } finally {
    await service.stop();
    for (const open of [bare, store, saving]) await open.close();
  }
}

/** As a worker saves: from one save to the next one sheet is different. */
function bodiesByTurns(bodies: readonly Bytes[], size: Size): (lane: number) => Bytes {
  const stepped = bodies.map((_, lane) =>
    stateBody(jobIdOf(lane), size, { completed: size.sheets }),
  );
  const calls = bodies.map(() => 0);
  return lane => {
    const call = (calls[lane] ?? 0) + 1;
    calls[lane] = call;
    return (call % 2 === 0 ? bodies : stepped)[lane] ?? HOLE;
  };
}

function jobIdOf(lane: number): string {
  return `job-${lane}`;
}

/** `If-Match: *` asks for a job that is there. */
async function seed(folder: string, bodies: readonly Bytes[]): Promise<void> {
  const store = await openStore(folder);
  const jobs = openJobs(store);
  for (const [lane, body] of bodies.entries()) {
    await must(jobs.save(targetFor(jobIdOf(lane)), body, UNGUARDED));
  }
  await store.close();
}

/** Replaces each object at the version it left, as a writer of jobs does. */
async function putter(
  store: ObjectStore,
  bodies: readonly Bytes[],
): Promise<(lane: number) => Promise<void>> {
  const versions: (Version | null)[] = bodies.map(() => null);
  return async lane => {
    const before = versions[lane] ?? null;
    const expected = before === null ? UNCONDITIONAL : atVersion(before);
    const version = await store.put(`jobs/${jobIdOf(lane)}.json`, bodies[lane] ?? HOLE, expected);
    if (version === null) throw new Error('The store refused a write that had no rival');
    versions[lane] = version;
  };
}

const HOLE = new Uint8Array();

async function requestsOf(folder: string, bodies: readonly Bytes[]): Promise<LaneRequest[]> {
  return Promise.all(
    bodies.map(async (body, lane) => {
      const bodyFile = `${folder}/${lane}`;
      await writeFile(bodyFile, body);
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': body.byteLength,
        'If-Match': '*',
        Prefer: 'return=minimal',
      };
      return { head: requestHead(`PUT /v1/jobs/${jobIdOf(lane)}`, headers), bodyFile };
    }),
  );
}
