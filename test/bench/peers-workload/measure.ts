import type { ObservedService, Usage } from '../http/observed-service.ts';
import type { WorkClient } from './client.ts';
import type { Row } from './rows.ts';
import type { Work } from './work.ts';

/** What one round of a row came to, for each unit of its work. */
export interface Sample {
  readonly perSecond: number;
  readonly serverCpuMs: number;
  readonly clientCpuMs: number;
  readonly syncs: number;
}

export interface Contest {
  readonly client: WorkClient;
  readonly services: readonly ObservedService[];
}

/** Does the work of a row once, `count` times over. The samples of its lines, by their names. */
export async function measure(
  row: Row,
  { count, ...contest }: Contest & { readonly count: number },
): Promise<ReadonlyMap<string, Sample>> {
  const { before, work, unitsEach, name } = row;
  const samples = new Map<string, Sample>();
  const run = (step: Row['work']) => sampleOf({ ...step, count }, contest, count * unitsEach);
  if (before !== null) {
    const sample = await run(before.work);
    if (before.name !== null) samples.set(before.name, sample);
  }
  return samples.set(name, await run(work));
}

async function sampleOf(
  work: Omit<Work, 'ports'>,
  { client, services }: Contest,
  units: number,
): Promise<Sample> {
  const usage = () => Promise.all(services.map(service => service.usage()));
  const before = await usage();
  const ports = services.map(({ port }) => port);
  const { seconds, cpuMicros } = await client.does({ ...work, ports });
  const after = await usage();
  return {
    perSecond: units / seconds,
    serverCpuMs: (sum(after, 'cpuMicros') - sum(before, 'cpuMicros')) / 1000 / units,
    clientCpuMs: cpuMicros / 1000 / units,
    syncs: (sum(after, 'syncs') - sum(before, 'syncs')) / units,
  };
}

/** As `measure`, for what the row is named after. */
export async function measureAlone(
  row: Row,
  options: Contest & { readonly count: number },
): Promise<Sample> {
  const sample = (await measure(row, options)).get(row.name);
  if (sample === undefined) throw new Error(`No sample of ${row.name}`);
  return sample;
}

const MOST = 10_000;

/** How many of the work take so long, going by one sample of it. */
export function countFor(row: Row, { perSecond }: Sample, seconds: number): number {
  const count = Math.round((perSecond / row.unitsEach) * seconds);
  return Math.max(row.atFirst, Math.min(MOST, count));
}

function sum(usages: readonly Usage[], member: keyof Usage): number {
  return usages.reduce((total, usage) => total + usage[member], 0);
}
