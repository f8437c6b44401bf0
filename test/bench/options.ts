import { parseArgs } from 'node:util';
import type { Pace, RuntimeName } from './measure/figure.ts';

/** What the command line asks for. */
export interface Options {
  readonly pace: Pace;
  /** The sections to run; all if it is empty. */
  readonly only: readonly string[];
  readonly json: string | null;
  /** Whether sections that the JSON file has, and this run does not measure, stay in it. */
  readonly merge: boolean;
  readonly svg: string | null;
  readonly compare: string | null;
  /** Whether the page of the documents gets the figures. */
  readonly page: boolean;
  /** A run to take the figures from, in place of measuring. */
  readonly from: string | null;
  /** For `peers-workload`, as are the next two. */
  readonly rounds: number;
  readonly seconds: number;
  readonly folder: string | null;
}

export const USAGE = `npm run bench -- [flags]

--only <names>       sections, by commas
--runtime <name>     node, workerd, deno or all, for the section runtimes; all by default
--quick              fewer and shorter rounds, smaller series
--million            also a million jobs: four gigabytes of files, and minutes
--json <file>        writes the run
--merge              keeps the sections of that file that this run does not measure
--svg <file>         writes the plot
--compare <file>     prints what changed since the run in that file. Exit code 3 if something got worse
--page               writes the figures and the plot into functions/performance
--from <file>        takes the figures from the run in that file and measures nothing
--rounds <number>    of every figure
--seconds, --folder  for --only peers-workload

Exit codes: 0, 1 if the bench failed, 2 if a flag is wrong, 3 if --compare found something worse.`;

const FULL = { kind: 'full', rounds: 7, millis: 300 } as const;
const QUICK = { kind: 'quick', rounds: 3, millis: 60 } as const;
const RUNTIMES: readonly RuntimeName[] = ['node', 'workerd', 'deno'];

/** Throws an error with a message for the person who typed the command. */
export function readOptions(
  args: readonly string[],
  sections: readonly string[],
): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      million: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      merge: { type: 'boolean', default: false },
      json: { type: 'string' },
      svg: { type: 'string' },
      compare: { type: 'string' },
      from: { type: 'string' },
      only: { type: 'string', default: '' },
      runtime: { type: 'string', default: 'all' },
      rounds: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      folder: { type: 'string' },
    },
  });
  if (values.help) return 'help';
  if (values.merge && values.json === undefined) throw new Error('--merge wants a file: --json');
  const only = values.only.split(',').filter(name => name !== '');
  const unknown = only.find(name => !sections.includes(name));
  if (unknown !== undefined)
    throw new Error(`--only does not know ${unknown}: it takes ${sections.join(', ')}`);
  const pace = values.quick ? QUICK : FULL;
  const rounds = Number(values.rounds ?? pace.rounds);
  const seconds = Number(values.seconds);
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0))
    throw new Error('--rounds takes a whole number from 1, --seconds a number above 0');
  return {
    pace: { ...pace, rounds, million: values.million, runtimes: runtimesIn(values.runtime) },
    only,
    json: values.json ?? null,
    merge: values.merge,
    svg: values.svg ?? null,
    compare: values.compare ?? null,
    page: values.page,
    from: values.from ?? null,
    rounds: values.rounds === undefined && values.quick ? 1 : rounds,
    seconds: values.quick ? 0.5 : seconds,
    folder: values.folder ?? null,
  };
}

function runtimesIn(text: string): readonly RuntimeName[] {
  if (text === 'all') return RUNTIMES;
  const wanted = text.split(',');
  const unknown = wanted.find(name => !RUNTIMES.some(runtime => runtime === name));
  if (unknown !== undefined) throw new Error(`--runtime takes ${RUNTIMES.join(', ')} or all`);
  return RUNTIMES.filter(runtime => wanted.includes(runtime));
}
