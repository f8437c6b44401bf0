import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { claims } from './figures/claims.ts';
import { codec } from './figures/codec.ts';
import { get } from './figures/get.ts';
import { leases } from './figures/leases.ts';
import { list } from './figures/list.ts';
import { loadAndUpdate } from './figures/load-and-update.ts';
import { namedClaims } from './figures/named-claims.ts';
import { save } from './figures/save.ts';
import { sweep } from './figures/sweep.ts';
import { type Bench, type Figure, type Pace, reached } from './measure/figure.ts';
import { runPeersWorkload } from './peers-workload/workload.ts';
import { tableHead, tableRow } from './report/table.ts';

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
];
/** Has a table of its own, and runs only when it is asked for. `--rounds`, `--seconds` and `--folder` are its options. */
const PEERS_WORKLOAD = 'peers-workload';
const FULL: Pace = { kind: 'full', rounds: 7, millis: 300 };
const QUICK: Pace = { kind: 'quick', rounds: 3, millis: 60 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    folder: { type: 'string' },
  },
});

const chosen = BENCHES.filter(({ name }) => values.only === undefined || name === values.only);
if (values.only === PEERS_WORKLOAD) {
  const { quick, folder = null } = values;
  const rounds = Number(quick ? 1 : values.rounds);
  const seconds = Number(quick ? 0.5 : values.seconds);
  if (Number.isInteger(rounds) && rounds > 0 && seconds > 0) {
    await runPeersWorkload({ rounds, seconds, folder });
  } else {
    console.error('--rounds takes a whole number from 1, --seconds a number above 0');
    process.exitCode = 2;
  }
} else if (chosen.length === 0) {
  const names = [...BENCHES.map(({ name }) => name), PEERS_WORKLOAD];
  console.error(`--only takes one of ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  await run(chosen, values.quick ? QUICK : FULL);
}

async function run(benches: readonly Bench[], pace: Pace): Promise<void> {
  const figures: Figure[] = [];
  const startedAt = performance.now();
  console.log('A ratio is a rate by the rate it is held against: the median of all rounds.\n');
  console.log(tableHead());
  for (const bench of benches) {
    for await (const figure of bench.figures(pace)) {
      figures.push(figure);
      console.log(tableRow(figure));
    }
  }
  const missed = figures.filter(figure => !reached(figure)).length;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(
    `\n${figures.length} figures in ${seconds} s, ${missed} of them short of their target`,
  );
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ pace, figures }, null, 2));
}
