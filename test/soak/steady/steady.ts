/**
 * The top rate of a mixed load, and then 70 % of it for minutes: `npm run soak -- --steady --minutes 10`. Prints a line
 * a minute and a verdict, and ends with 1 if something grows or failed.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ObservedService, startObserved } from '../../bench/http/observed-service.ts';
import { makeFolder, removeFolder } from '../../bench/jobs/folder.ts';
import { openRepository, openStore } from '../../bench/jobs/job-folder.ts';
import { descriptorsOf } from '../../bench/measure/process-usage.ts';
import { medianOf } from '../../bench/measure/spread.ts';
import { describeMachine } from '../../bench/report/machine.ts';
import { type Load, startLoad } from './load.ts';
import { minuteRow, minutesHead, minutesOf } from './minutes.ts';
import { plotOfSoak } from './plot.ts';
import { prepareSoak } from './preparation.ts';
import type { Second, Tally } from './second.ts';
import { verdictOn, verdictText } from './verdict.ts';
import { MIX } from './work.ts';

const { values } = parseArgs({
  options: {
    steady: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    share: { type: 'string', default: '0.7' },
    'top-seconds': { type: 'string', default: '15' },
    json: { type: 'string' },
    svg: { type: 'string' },
  },
});
const MINUTES = Number(values.minutes);
const SHARE = Number(values.share);
const TOP_SECONDS = Number(values['top-seconds']);
const SECONDS_IN_A_MINUTE = 60;
const CLAIM_SHARE = MIX.claim / 100;

if (!(MINUTES > 0) || !(SHARE > 0) || !(TOP_SECONDS >= 3)) {
  console.error('--minutes and --share take numbers above 0, --top-seconds one from 3');
  process.exit(2);
}

const folder = await makeFolder();
const store = await openStore(`${folder}/jobs`);
const tokens = await prepareSoak(openRepository(store));
await store.close();
const service = await startObserved(`${folder}/jobs`, `${folder}/log`, { logLevel: 'info' });
const load = startLoad();
try {
  await soak(service, load);
} finally {
  load.close();
  await service.stop();
  await removeFolder(folder);
}

async function soak(observed: ObservedService, calls: Load): Promise<void> {
  const startedAt = new Date().toISOString();
  const common = { port: observed.port, folder, tokens };
  const topRate = await topRateOf(calls, common);
  const perSecond = topRate * SHARE;
  console.log(`Top rate: ${topRate.toFixed(0)} calls/s. Steady rate: ${perSecond.toFixed(0)}\n`);
  console.log(minutesHead());
  const seconds: Second[] = [];
  let cpuBefore = (await observed.usage()).cpuMicros;
  let reading: Promise<void> = Promise.resolve();
  const note = async (tally: Tally) => {
    const { cpuMicros, rssBytes, heapBytes, lagP99Ms, lagMaxMs } = await observed.usage();
    const descriptors = descriptorsOf(observed.pid);
    const at = seconds.length;
    const spent = cpuMicros - cpuBefore;
    cpuBefore = cpuMicros;
    seconds.push({
      at,
      tally,
      rssBytes,
      heapBytes,
      descriptors,
      lagP99Ms,
      lagMaxMs,
      cpuMicros: spent,
    });
    if (seconds.length % SECONDS_IN_A_MINUTE === 0) printLastMinute(seconds);
  };
  await calls.run({ ...common, millis: MINUTES * SECONDS_IN_A_MINUTE * 1000, perSecond }, tally => {
    // One after the other: the answers have no names.
    reading = reading.then(() => note(tally));
  });
  await reading;
  if (seconds.length % SECONDS_IN_A_MINUTE !== 0) printLastMinute(seconds);
  const verdict = verdictOn(seconds);
  console.log(`\n${verdictText(verdict)}`);
  const failures = failuresOf(seconds);
  for (const [reason, count] of failures) console.log(`${count} x ${reason}`);
  const title = `${MINUTES} minutes at ${Math.round(SHARE * 100)} % of the top rate: ${perSecond.toFixed(0)} calls a second`;
  if (values.svg !== undefined) writeFileSync(values.svg, plotOfSoak(seconds, title));
  if (values.json !== undefined) {
    const run = {
      date: startedAt,
      ...describeMachine(),
      topRate,
      perSecond,
      minutes: minutesOf(seconds),
      verdict,
      failures: Object.fromEntries(failures),
      seconds: seconds.map(withoutLatencies),
    };
    writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
  }
  if (!verdict.isSteady) process.exitCode = 1;
}

/** After some seconds of warm-up: the median of the seconds. */
async function topRateOf(
  calls: Load,
  common: { readonly port: number; readonly folder: string; readonly tokens: string[] },
): Promise<number> {
  const rates: number[] = [];
  let failed: string | null = null;
  await calls.run({ ...common, millis: TOP_SECONDS * 1000, perSecond: null }, tally => {
    rates.push(tally.done);
    failed ??= Object.keys(tally.failures)[0] ?? null;
  });
  if (failed !== null) throw new Error(`A call failed at the top rate: ${String(failed)}`);
  const rate = medianOf(rates.slice(Math.floor(rates.length / 3)));
  // A claim and its release are two answers to one call of the plan.
  return rate / (1 + CLAIM_SHARE);
}

function printLastMinute(seconds: readonly Second[]): void {
  const last = minutesOf(seconds.slice(-SECONDS_IN_A_MINUTE)).at(-1);
  const minute = Math.ceil(seconds.length / SECONDS_IN_A_MINUTE);
  if (last !== undefined) console.log(minuteRow({ ...last, minute }));
}

function failuresOf(seconds: readonly Second[]): Map<string, number> {
  const failures = new Map<string, number>();
  for (const { tally } of seconds) {
    for (const [reason, count] of Object.entries(tally.failures))
      failures.set(reason, (failures.get(reason) ?? 0) + count);
  }
  return failures;
}

function withoutLatencies({ tally: { done, queued }, ...second }: Second) {
  return { ...second, done, queued };
}
