import { systemTimers } from '../../../lib/base/timers.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { benchTarget } from './bench-target.ts';
import { makeManyJobs } from './many-jobs.ts';
import { callService } from './service.ts';

/*
 * node test/bench/postgres/fill.ts URL SERVICE [JOBS]: fills the schema `dalsegno` of an empty database, which the service uses, with
 * a million jobs.
 */

const [url = '', service = '', count = '1000000'] = process.argv.slice(2);
const connection = await connectTo(benchTarget(url));

async function sql(text: string): Promise<void> {
  const startedAtMs = systemTimers.elapsedMs();
  await connection.run({ text, values: [] });
  const seconds = (systemTimers.elapsedMs() - startedAtMs) / 1000;
  console.log(`${seconds.toFixed(1)} s: ${text.trim().slice(0, 60)}`);
}

await makeManyJobs({ call: callService(service), sql, schema: 'dalsegno', jobs: Number(count) });
await connection.end();
