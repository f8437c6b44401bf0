import { mkdir, writeFile } from 'node:fs/promises';
import type { Jobs } from '../../../lib/service/jobs.ts';
import type { Bytes, ObjectStore, Version } from '../../../lib/store.ts';
import { atVersion, UNCONDITIONAL } from '../../../lib/store.ts';
import {
  type Lane,
  type LaneRequest,
  type LoadClient,
  requestHead,
  startLoadClient,
} from '../http/http-load.ts';
import { startService } from '../http/server-process.ts';
import { createBareSaver } from '../jobs/bare-save.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openJobs, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { LARGE, SIZES, type Size, stateBody } from '../jobs/state.ts';
import {
  AS_FAST_AS_BARE,
  type Bench,
  type Figure,
  type Goal,
  type Pace,
} from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleOf } from '../measure/sample.ts';

/** A durable save at three heights, each on jobs of its own, against the bare loop. */
export const save: Bench = {
  name: 'save',
  async *figures(pace) {
    const client = startLoadClient();
    try {
      for (const size of SIZES) {
        for (const lanes of [1, 32]) yield* await inFolder({ size, lanes, client, pace });
      }
    } finally {
      client.close();
    }
  },
};

/** From one save to the next one sheet is different. */
const SAVED: Goal = { atLeast: 0.85 };
const LARGE_SAVED: Goal = { atLeast: 0.6 };
const LARGE_NEW: Goal = { atLeast: 0.3 };

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
  const steppedBodies = bodies.map((_, lane) =>
    stateBody(jobIdOf(lane), size, { completed: size.sheets }),
  );
  const newBodies = [1, 2].map(edition =>
    bodies.map((_, lane) => stateBody(newJobIdOf(lane), size, { edition })),
  );
  for (const name of ['bare', 'bodies']) await mkdir(`${folder}/${name}`);
  const bare = await createBareSaver(`${folder}/bare`, bodies[0] ?? HOLE);
  const store = await openStore(`${folder}/store`);
  const put = await putter(store, bodies);
  const saving = await openStore(`${folder}/jobs`);
  const jobs = openJobs(saving);
  await seed(`${folder}/service`, bodies);
  const service = await startService(`${folder}/service`, `${folder}/log`);
  const requests = await requestsOf(`${folder}/bodies`, [bodies, steppedBodies]);
  const saveStepped = await saver(jobs, jobIdOf, [bodies, steppedBodies]);
  const saveNew = await saver(jobs, newJobIdOf, newBodies);
  const label = `${lanes} at once, ${size.name}`;
  try {
    return await compare(
      {
        name: 'bare save',
        measure: millis => sampleOf(lane => bare.save(lane), { millis, lanes }),
      },
      [
        {
          name: `store.put, ${label}`,
          goal: AS_FAST_AS_BARE,
          measure: millis => sampleOf(put, { millis, lanes }),
        },
        {
          name: `Jobs.save, ${label}`,
          goal: size === LARGE ? LARGE_SAVED : SAVED,
          measure: millis => sampleOf(saveStepped, { millis, lanes }),
        },
        {
          name: `Jobs.save, all sheets new, ${label}`,
          goal: size === LARGE ? LARGE_NEW : null,
          measure: millis => sampleOf(saveNew, { millis, lanes }),
        },
        {
          name: `PUT, ${label}`,
          goal: null,
          measure: millis => client.sample(service, { millis, lanes: requests }),
        },
      ],
      pace,
    );
  } finally {
    await service.stop();
    for (const open of [bare, store, saving]) await open.close();
  }
}

/**
 * Saves the bodies of each lane by turns, each on a job that no other contender writes: so it is known what the body before was.
 * All jobs are saved once before, since a first save has nothing to compare with.
 */
async function saver(
  jobs: Jobs,
  idOf: (lane: number) => string,
  turns: readonly (readonly Bytes[])[],
): Promise<(lane: number) => Promise<unknown>> {
  const calls: number[] = [];
  function saveNext(lane: number): Promise<unknown> {
    const call = calls[lane] ?? 0;
    calls[lane] = call + 1;
    const body = turns[call % turns.length]?.[lane] ?? HOLE;
    return must(jobs.save(targetFor(idOf(lane)), body, UNGUARDED));
  }
  for (const lane of turns[0]?.keys() ?? []) await saveNext(lane);
  return saveNext;
}

function jobIdOf(lane: number): string {
  return `job-${lane}`;
}

function newJobIdOf(lane: number): string {
  return `new-${lane}`;
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

/** The bodies of each turn, one for every lane. */
async function requestsOf(folder: string, turns: readonly (readonly Bytes[])[]): Promise<Lane[]> {
  const lanes = (turns[0] ?? []).map((_, lane) =>
    Promise.all(turns.map((bodies, turn) => requestOf(`${folder}/${lane}-${turn}`, lane, bodies))),
  );
  return (await Promise.all(lanes)).map(requests => ({ requests, release: null }));
}

async function requestOf(
  bodyFile: string,
  lane: number,
  bodies: readonly Bytes[],
): Promise<LaneRequest> {
  const body = bodies[lane] ?? HOLE;
  await writeFile(bodyFile, body);
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': body.byteLength,
    'If-Match': '*',
    Prefer: 'return=minimal',
  };
  return { head: requestHead(`PUT /v1/jobs/${jobIdOf(lane)}`, headers), bodyFile };
}
