import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { benchTarget } from './bench-target.ts';
import { REQUESTS } from './requests.ts';
import { callService } from './service.ts';

/*
 * node test/bench/postgres/log-bytes.ts URL SERVICE: the bytes that a request adds to the log of a server that nothing else uses, with
 * the record of its commits: the least of some, and directly after a checkpoint, when each page that it changes goes into the log as
 * a whole. The administrator may order checkpoints.
 */

const [url = '', service = ''] = process.argv.slice(2);
const NAMES = new Set(['claim', 'heartbeat', 'update of a sheet', 'release']);
const ROUNDS = 9;
const CHECKPOINTS = 3;
const connection = await connectTo(benchTarget(url));
const call = callService(service);
let created = 0;

const requests = [
  {
    name: 'create',
    run: () => {
      created += 1;
      const json = { job_id: `log-${process.pid}-${created}`, job_name: 'name-1', total_sheets: 3 };
      return call('POST', '/v1/jobs', { json });
    },
  },
  ...REQUESTS.filter(({ name }) => NAMES.has(name)),
];

async function place(): Promise<bigint> {
  const text = `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`;
  const [row] = await connection.run({ text, values: [] });
  return BigInt(row?.[0] ?? 0);
}

async function bytesOf(
  { prepare, run }: (typeof REQUESTS)[number],
  before: () => Promise<unknown>,
): Promise<number> {
  const known = (await prepare?.(call)) ?? {};
  await before();
  const from = await place();
  await run(call, known);
  return Number((await place()) - from);
}

console.log('| request | bytes of log | after a checkpoint |');
console.log('|---|---|---|');
for (const request of requests) {
  const usual: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    usual.push(await bytesOf(request, async () => {}));
  }
  const after: number[] = [];
  for (let round = 0; round < CHECKPOINTS; round += 1) {
    after.push(await bytesOf(request, () => connection.run({ text: 'CHECKPOINT', values: [] })));
  }
  console.log(`| ${request.name} | ${Math.min(...usual)} | ${Math.max(...after)} |`);
}
await connection.end();
