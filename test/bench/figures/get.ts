import { requestHead, startLoadClient } from '../http/http-load.ts';
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

const SIZES = [TINY, SMALL, MEDIUM];
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
    for (const { name, sheets } of SIZES) {
      const head = requestHead(`GET /v1/jobs/sheets-${sheets}`);
      const lanes = Array.from({ length: CONNECTIONS }, () => ({ head, bodyFile: null }));
      yield* await compare(
        {
          name: 'bare Hono',
          measure: millis => client.rate({ port: bare.port, millis, lanes }),
        },
        [
          {
            name: `GET, ${CONNECTIONS} connections, ${name}`,
            target: { kind: 'ratio', atLeast: 0.7 },
            measure: millis => client.rate({ port: service.port, millis, lanes }),
          },
        ],
        pace,
      );
    }
  } finally {
    client.close();
  }
}
