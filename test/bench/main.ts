import { writeFileSync } from 'node:fs';
import { claims } from './figures/claims.ts';
import { codec } from './figures/codec.ts';
import { get } from './figures/get.ts';
import { leases } from './figures/leases.ts';
import { list } from './figures/list.ts';
import { loadAndUpdate } from './figures/load-and-update.ts';
import { memoryPerJob } from './figures/memory-per-job.ts';
import { namedClaims } from './figures/named-claims.ts';
import { save } from './figures/save.ts';
import { sweep } from './figures/sweep.ts';
import { growth } from './growth/growth.ts';
import { type Bench, reached } from './measure/figure.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { runPeersWorkload } from './peers-workload/workload.ts';
import { compareRuns, hasWorsened } from './report/compare.ts';
import { comparisonTable } from './report/comparison-table.ts';
import { describeMachine } from './report/machine.ts';
import { writePage } from './report/page.ts';
import { plotOf } from './report/plot/plot.ts';
import { mergeFigures, type Run, type RunFigure, readRun, writeRun } from './report/run-file.ts';
import { tableHead, tableRow } from './report/table.ts';
import { runtimes } from './runtimes/runtimes.ts';

const BENCHES: readonly Bench[] = [
  codec,
  loadAndUpdate,
  save,
  get,
  list,
  leases,
  claims,
  namedClaims,
  sweep,
  memoryPerJob,
  runtimes,
  growth,
];
/** Has a table of its own, and runs only when it is asked for. `--rounds`, `--seconds` and `--folder` are its options. */
const PEERS_WORKLOAD = 'peers-workload';
const FAILED = 1;
const BAD_FLAG = 2;
const WORSE = 3;

const options = optionsGiven();
if (options === 'help') console.log(USAGE);
else if (options !== null) await run(options);

/** Null, with a message and an exit code, where they are wrong. */
function optionsGiven(): Options | 'help' | null {
  try {
    const names = [...BENCHES.map(({ name }) => name), PEERS_WORKLOAD];
    return readOptions(process.argv.slice(2), names);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = BAD_FLAG;
    return null;
  }
}

async function run(given: Options): Promise<void> {
  if (given.only.includes(PEERS_WORKLOAD)) return runPeersWorkload(given);
  // A file that cannot be read is better known before an hour than after it.
  const before = given.compare === null ? null : readRun(given.compare);
  const after = given.from === null ? await measureAll(given) : readRun(given.from);
  if (given.svg !== null) writeFileSync(given.svg, plotOf(after, before));
  if (given.page) writePage(after, before);
  if (before !== null) report(before, after);
}

function report(before: Run, after: Run): void {
  const changes = compareRuns(before, after);
  console.log(`\n${comparisonTable(changes)}`);
  if (hasWorsened(changes)) process.exitCode ||= WORSE;
}

async function measureAll({ only, pace, json, merge }: Options): Promise<Run> {
  const earlier = merge && json !== null ? readRun(json).figures : [];
  const startedAt = performance.now();
  const date = new Date().toISOString();
  const figures: RunFigure[] = [];
  const runSoFar = (): Run => ({
    format: 1,
    date,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    ...describeMachine(),
    pace,
    figures: mergeFigures(earlier, figures),
  });
  console.log('A ratio is a rate by the rate it is held against: the median of all rounds.\n');
  console.log(tableHead());
  for (const bench of BENCHES) {
    if (only.length > 0 && !only.includes(bench.name)) continue;
    try {
      for await (const figure of bench.figures(pace)) {
        figures.push({ section: bench.name, ...figure, points: [...figure.points] });
        console.log(tableRow(figure));
      }
    } catch (error) {
      // The others are still worth an hour.
      console.error(`${bench.name} failed:`, error);
      process.exitCode = FAILED;
    }
    if (json !== null) writeRun(json, runSoFar());
  }
  const all = runSoFar();
  const missed = figures.filter(
    ({ goal, value }) => !reached({ goal, value: value ?? Number.NaN }),
  );
  console.log(`\n${figures.length} figures in ${all.seconds} s, ${missed.length} miss their goal`);
  return all;
}
