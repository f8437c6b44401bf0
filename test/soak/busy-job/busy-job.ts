import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { mintAccessToken } from '../../../lib/access/access-token.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { startEmulation } from '../../entries/cloudflare-emulation.ts';

/*
 * `npm run soak -- --busy-job`: many updates a second of one job in workerd, on a bucket that takes one write of a key a
 * second as R2 does. `--alone` asks a Worker without objects, to compare.
 */
const { values } = parseArgs({
  options: {
    'busy-job': { type: 'boolean' },
    alone: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '50' },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'dalsegno-busy-'));
const main = join(import.meta.dirname, 'limited-worker.ts');
await run('wrangler', ['deploy', main, '--dry-run', '--outdir', folder]);
const script = await readFile(join(folder, 'limited-worker.js'), 'utf8');
await rm(folder, { recursive: true });

const accessToken = await mintAccessToken(systemRandom.secret());
const emulation = await startEmulation({
  script,
  workers: { busy: { token: accessToken, vars: { LOG_LEVEL: 'error' }, objects: !values.alone } },
});
const worker = emulation.worker('busy');

const updates = seconds * rate;
/** One more than are updated: the job never ends. */
const SHEETS = 101;
const job = { job_id: 'busy', job_name: 'A busy job', total_sheets: SHEETS };
await worker.ask('POST', '/v1/jobs', { json: job });
const granted = await worker.ask('POST', '/v1/jobs/busy/lease', {
  json: { holder: 'w', ttl_seconds: 3_600 },
});
const { token } = granted.json as { readonly token: string };
// The grant was a write too.
await sleep(1_500);
const before = await countsNow();

async function countsNow(): Promise<{ readonly puts: number; readonly refused: number }> {
  return (await worker.ask('GET', '/counts')).json as { puts: number; refused: number };
}

interface Outcome {
  readonly status: number;
  readonly milliseconds: number;
}

/** All sheets are started, then all completed, and so on. */
function isStart(nth: number): boolean {
  return Math.floor(nth / (SHEETS - 1)) % 2 === 0;
}

function attemptOf(nth: number): number {
  return Math.floor(nth / (2 * (SHEETS - 1))) + 1;
}

function sheetOf(nth: number): number {
  return (nth % (SHEETS - 1)) + 1;
}

async function update(nth: number): Promise<Outcome> {
  const startedAt = performance.now();
  const answer = await worker.ask('PUT', `/v1/jobs/busy/sheets/${sheetOf(nth)}`, {
    json: { status: isStart(nth) ? 'in_progress' : 'completed', attempt: attemptOf(nth) },
    headers: { 'Lease-Token': token },
  });
  return { status: answer.status, milliseconds: performance.now() - startedAt };
}

const sent: Promise<Outcome>[] = [];
const startedAt = performance.now();
for (let nth = 0; nth < updates; nth += 1) {
  sent.push(update(nth));
  await sleep(Math.max(0, startedAt + ((nth + 1) * 1_000) / rate - performance.now()));
}
const outcomes = await Promise.all(sent);
const tookSeconds = (performance.now() - startedAt) / 1_000;
const after = await countsNow();
const stored = (await worker.ask('GET', '/v1/jobs/busy')).json as {
  readonly sheets: Readonly<Record<string, { readonly attempt_count: number }>>;
};
await emulation.stop();

const acknowledged = outcomes.filter(({ status }) => status === 200).length;
const times = outcomes.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
const at = (share: number) => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0);
/** Each start that was acknowledged is an attempt of its sheet. */
const attempts = Map.groupBy(
  outcomes.flatMap(({ status }, nth) => (status === 200 && isStart(nth) ? [sheetOf(nth)] : [])),
  sheet => sheet,
);
let lost = 0;
for (const [sheet, { length }] of attempts) {
  lost += Math.max(0, length - (stored.sheets[sheet]?.attempt_count ?? 0));
}
console.log(
  `${updates} updates in ${tookSeconds.toFixed(1)} s: ${acknowledged} acknowledged, ${lost} of them lost; ` +
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; ${after.puts - before.puts} puts, ${after.refused - before.refused} of them refused for their rate`,
);
const statuses = Object.groupBy(outcomes, ({ status }) => String(status));
console.log(
  Object.entries(statuses)
    .map(([status, all]) => `${status}: ${all?.length}`)
    .join(', '),
);
if (!values.alone && (acknowledged < updates || lost > 0 || at(0.99) > 2_500)) process.exitCode = 1;
