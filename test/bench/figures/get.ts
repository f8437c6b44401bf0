import { laneOf, requestHead, startLoadClient } from '../http/http-load.ts';
import { type ServerProcess, startBareServer, startService } from '../http/server-process.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openJobs, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { MEDIUM, SMALL, stateBody, TINY } from '../jobs/state.ts';
import type { Bench, Pace } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';

/** GET of a job from the service against bare Hono answering the same bytes from memory. */
export const get: Bench = {
  name: 'get',
  async *figures(pace) {
    const folder = await makeFolder();
    const logs = await makeFolder();
    try {
      await writeJobs(folder);
      const service = await startService(folder, `${logs}/service`);
      const bare = await startBareServer(folder, `${logs}/bare`);
      try {
        yield* against(bare, service, pace);
      } finally {
        await service.stop();
        await bare.stop();
      }
    } finally {
      await removeFolder(folder);
      await removeFolder(logs);
    }
  },
};

/** The largest is the one from which on the bytes cost more than the request. */
const SIZES = [
  { ...TINY, goal: null },
  { ...SMALL, goal: { atLeast: 0.75 } },
  { ...MEDIUM, goal: { atLeast: 0.9 } },
];
const CONNECTIONS = 32;

async function writeJobs(folder: string): Promise<void> {
  const store = await openStore(folder);
  const jobs = openJobs(store);
  for (const size of SIZES) {
    const jobId = `sheets-${size.sheets}`;
    await must(jobs.save(targetFor(jobId), stateBody(jobId, size), UNGUARDED));
  }
  await store.close();
}

async function* against(bare: ServerProcess, service: ServerProcess, pace: Pace) {
  const client = startLoadClient();
  try {
    for (const { name, sheets, goal } of SIZES) {
      const head = requestHead(`GET /v1/jobs/sheets-${sheets}`);
      const lanes = Array.from({ length: CONNECTIONS }, () => laneOf({ head, bodyFile: null }));
      yield* await compare(
        {
          name: 'bare Hono',
          measure: millis => client.sample(bare, { millis, lanes }),
        },
        [
          {
            name: `GET, ${CONNECTIONS} connections, ${name}`,
            goal,
            measure: millis => client.sample(service, { millis, lanes }),
          },
        ],
        pace,
      );
    }
  } finally {
    client.close();
  }
}
