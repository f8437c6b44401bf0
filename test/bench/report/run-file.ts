import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/*
 * A run as a file, for `--compare`, the plot and the page. Times are in microseconds, rates for one second, memory in
 * bytes. What could not be measured is null.
 */

/** JSON has no NaN. */
const Measure = z.number().nullable();

const Spread = z.object({
  median: Measure,
  min: Measure,
  low: Measure,
  high: Measure,
  max: Measure,
});

const Side = z.object({
  perSecond: Measure,
  wallMicros: Measure,
  cpuMicros: Measure,
  clientCpuMicros: Measure,
});

const RunFigure = z.object({
  section: z.string(),
  name: z.string(),
  against: z.string(),
  runtime: z.enum(['node', 'workerd', 'deno']),
  unit: z.enum(['ratio', 'times', 'seconds', 'milliseconds', 'bytes', 'operations']),
  value: Measure,
  spread: Spread,
  goal: z.union([z.object({ atLeast: z.number() }), z.object({ atMost: z.number() })]).nullable(),
  cpuRatio: Spread.nullable(),
  own: Side.nullable(),
  other: Side.nullable(),
  points: z.array(
    z.object({
      at: z.number(),
      wallMicros: z.number(),
      cpuMicros: z.number(),
      operations: z.number().nullable(),
    }),
  ),
});

const Machine = z.object({
  cores: z.number(),
  model: z.string(),
  memoryBytes: z.number(),
  system: z.string(),
});

export const Run = z.object({
  format: z.literal(1),
  /** When the run began. */
  date: z.iso.datetime(),
  seconds: z.number(),
  commit: z.string().nullable(),
  machine: Machine,
  /** Of the runtimes and of what the service is held against. */
  versions: z.record(z.string(), z.string()),
  pace: z.object({ kind: z.enum(['full', 'quick']), rounds: z.number(), millis: z.number() }),
  figures: z.array(RunFigure),
});
export type Run = z.infer<typeof Run>;
export type RunFigure = Run['figures'][number];

export function writeRun(path: string, run: object): void {
  writeFileSync(path, `${JSON.stringify(run, null, 1)}\n`);
}

/** The figures of a run, with those sections of an earlier one that it does not have. */
export function mergeFigures(
  earlier: readonly RunFigure[],
  later: readonly RunFigure[],
): RunFigure[] {
  const measured = new Set(later.map(({ section }) => section));
  return [...earlier.filter(({ section }) => !measured.has(section)), ...later];
}

/** Throws if the file is missing, or no run of this format. */
export function readRun(path: string): Run {
  const text = readFileSync(path, 'utf8');
  const read = Run.safeParse(parsed(text, path));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${path} is no run of the bench: ${issue?.path.join('.')}: ${issue?.message}`);
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is no JSON`, { cause });
  }
}
