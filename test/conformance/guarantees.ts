import type { StoreTraits } from '../../lib/store.ts';
import type { Markers } from './marked-section.ts';

export const GUARANTEE_MARKERS: Markers = {
  begin: '<!-- guarantees:begin -->',
  end: '<!-- guarantees:end -->',
};

type Trait = Exclude<keyof StoreTraits, 'name'>;

/** The body that a medium must keep, and the one that it must refuse. */
export interface Largest {
  readonly words: string;
  readonly keptBytes: number;
  readonly refusedBytes: number | null;
}

/** A medium, with details about its traits. The traits themselves answer yes or no. */
interface Medium {
  readonly head: string;
  readonly details: Partial<Readonly<Record<Trait | 'leases', string>>>;
  readonly largest: Largest;
  readonly writesOfOneKey: string;
}

const MIB = 1_024 * 1_024;
/** The largest request body of the service by default. */
const LARGEST_BODY = { keptBytes: 32 * MIB, refusedBytes: null };

/** By the name in the traits, in the order of the table columns. */
export const MEDIA: Readonly<Record<string, Medium>> = {
  memory: {
    head: 'memory',
    details: {},
    largest: { words: 'memory', ...LARGEST_BODY },
    writesOfOneKey: 'no limit',
  },
  file: {
    head: 'file',
    details: {
      compareAndSwap: 'across processes on one machine',
      durable: 'a synced record, or file and folder',
      labels: 'reads what has changed',
    },
    largest: { words: 'disk', ...LARGEST_BODY },
    writesOfOneKey: 'no limit',
  },
  postgres: {
    head: 'PostgreSQL',
    details: { durable: 'by the log of the server' },
    largest: { words: '1 GB, less in practice', ...LARGEST_BODY },
    writesOfOneKey: 'no limit',
  },
  r2: {
    head: 'R2',
    details: {
      compareAndSwap: 'etag',
      distinctVersions: 'equal bytes have one',
      conditionalDelete: 'checked, then deleted',
    },
    largest: { words: '100 MB, the largest request', ...LARGEST_BODY },
    writesOfOneKey: '1 a second',
  },
  'durable-objects': {
    head: 'R2 and Durable Objects',
    details: {
      compareAndSwap: 'etag',
      distinctVersions: 'equal bytes of a job have one',
      conditionalDelete: 'that of a job is checked, then deleted',
    },
    largest: { words: '100 MB, the largest request', ...LARGEST_BODY },
    writesOfOneKey: '1 a second for a job',
  },
  s3: {
    head: 'S3',
    details: {
      compareAndSwap: 'etag, examined at the start',
      distinctVersions: 'equal bytes have one',
      conditionalDelete: 'checked, then deleted; in one step where the server can',
      labels: 'looks up what has changed',
    },
    largest: { words: '5 GB, the largest put', ...LARGEST_BODY },
    writesOfOneKey: 'as the server',
  },
  'deno-kv': {
    head: 'Deno KV',
    details: { compareAndSwap: 'versionstamp' },
    largest: { words: 'in chunks, as large as a request', ...LARGEST_BODY },
    writesOfOneKey: 'no limit',
  },
  'workers-kv': {
    head: 'Workers KV',
    details: {
      compareAndSwap: 'the later of two writers wins',
      leases: '501',
      readAfterWrite: 'a minute late, or more',
      conditionalDelete: 'checked, then deleted',
    },
    largest: { words: '25 MiB', keptBytes: 25 * MIB, refusedBytes: 25 * MIB + 1 },
    writesOfOneKey: '1 a second',
  },
};

// Every trait has a row: the compiler requires one for a new trait.
const ROWS: Readonly<Record<Trait, string>> = {
  compareAndSwap: 'compare-and-swap',
  sharedBetweenProcesses: 'shared between processes',
  readAfterWrite: 'read after write',
  durable: 'durable when acknowledged',
  distinctVersions: 'a new version with every write',
  conditionalDelete: 'conditional delete',
  labels: 'lists without reading bodies',
};

/** The table of the traits of all media. Throws unless there is one store of each medium. */
export function guaranteeTable(given: readonly StoreTraits[]): string {
  const media = Object.values(MEDIA);
  if (given.length !== media.length) throw new Error('There is not one store of each medium');
  const all = Object.keys(MEDIA).map(name => traitsOf(name, given));
  const rows = Object.keys(ROWS) as Trait[];
  return [
    `| | ${media.map(({ head }) => head).join(' | ')} |`,
    `|---|${media.map(() => '---|').join('')}`,
    lineOf(
      'leases',
      all.map(traits => cellOf(traits, 'leases')),
    ),
    ...rows.map(row =>
      lineOf(
        ROWS[row],
        all.map(traits => cellOf(traits, row)),
      ),
    ),
    lineOf(
      'largest state',
      media.map(({ largest }) => largest.words),
    ),
    lineOf(
      'writes of one key',
      media.map(({ writesOfOneKey }) => writesOfOneKey),
    ),
  ].join('\n');
}

function traitsOf(medium: string, given: readonly StoreTraits[]): StoreTraits {
  const traits = given.find(({ name }) => name === medium);
  if (traits === undefined) throw new Error(`There is no store of the medium "${medium}"`);
  return traits;
}

function cellOf(traits: StoreTraits, row: Trait | 'leases'): string {
  const promised = row === 'leases' ? traits.compareAndSwap : traits[row];
  const detail = MEDIA[traits.name]?.details[row];
  const answer = promised ? 'yes' : 'no';
  if (detail === undefined) return answer;
  return promised ? `${answer}, ${detail}` : `${answer}: ${detail}`;
}

function lineOf(first: string, cells: readonly string[]): string {
  return `| ${[first, ...cells].join(' | ')} |`;
}
