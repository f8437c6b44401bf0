import { BATCH, STEPS, type Work } from './work.ts';

type Step = Omit<Work, 'ports' | 'count'>;

/** One line of the table: what is measured, after what is not. */
export interface Row {
  readonly name: string;
  /** What is counted; so many of it are in one of the work's `count`. */
  readonly unit: 'step' | 'job' | 'beat';
  readonly unitsEach: number;
  readonly work: Step;
  /** Done before, with as many. It is a line of the table too if it has a name. */
  readonly before: { readonly name: string | null; readonly work: Step } | null;
  /** How many the first round takes, to find out how many fit. */
  readonly atFirst: number;
}

const WIDTHS = [1, 16];
const PREPARING = 16;

function steps(by: Work['by'], width: number): Row {
  const names = { http: 'steps', 'http-starting': 'steps, each started', worker: 'steps, worker' };
  return {
    name: `${names[by]} @${width}`,
    unit: 'step',
    unitsEach: STEPS,
    work: { kind: 'run', by, width, sheets: STEPS },
    before: {
      name: null,
      work: { kind: 'create', by: 'http', width: PREPARING, sheets: STEPS },
    },
    atFirst: width === 1 ? 4 : 16,
  };
}

function jobs(by: Work['by'], width: number): Row {
  const label = by === 'worker' ? ', worker' : '';
  const create = { kind: 'create', by, width, sheets: 1 } as const;
  return {
    name: `jobs${label} @${width}`,
    unit: 'job',
    unitsEach: 1,
    work: { ...create, kind: 'run' },
    before: { name: `enqueue${label} @${width}`, work: create },
    atFirst: width === 1 ? 25 : 100,
  };
}

const BEATS: readonly Row[] = [
  {
    name: 'heartbeats @16',
    unit: 'beat',
    unitsEach: 1,
    work: { kind: 'renew', by: 'http', width: 16, sheets: 1 },
    before: null,
    atFirst: 200,
  },
  {
    name: `heartbeats by ${BATCH} @4`,
    unit: 'beat',
    unitsEach: BATCH,
    work: { kind: 'renew-all', by: 'http', width: 4, sheets: 1 },
    before: null,
    atFirst: 4,
  },
];

/** Jobs of steps, jobs of one step, and heartbeats: one and sixteen at once. */
export const ROWS: readonly Row[] = [
  ...(['http', 'http-starting', 'worker'] as const).flatMap(by => WIDTHS.map(at => steps(by, at))),
  ...(['http', 'worker'] as const).flatMap(by => WIDTHS.map(at => jobs(by, at))),
  ...BEATS,
];
