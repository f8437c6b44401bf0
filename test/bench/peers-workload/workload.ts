import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObservedService, startObserved } from '../http/observed-service.ts';
import { removeFolder } from '../jobs/folder.ts';
import { startClient } from './client.ts';
import { type Contest, countFor, measure, measureAlone, type Sample } from './measure.ts';
import { recoverySeconds } from './recovery.ts';
import { median, printProgress, printRow, printSentence, printTableHead } from './report.ts';
import { ROWS, type Row } from './rows.ts';
import { HELD } from './work.ts';

export interface WorkloadOptions {
  readonly rounds: number;
  /** Of one row in one round. */
  readonly seconds: number;
  /** Where the folder with the jobs is made; the one for temporary files if it is null. */
  readonly folder: string | null;
}

const MOST_RECOVERIES = 3;
const PAIR_ROW = 'steps @16';
/** Polls of the recovering worker in seconds; null for the default of the library. */
const POLLS = [0.2, null];

/**
 * The work by which the service is held against its peers: jobs of twenty steps, jobs of one step, heartbeats, and the
 * recovery from a killed worker. The service runs on a disk in a process of its own, and the client in another one.
 */
export async function runPeersWorkload(options: WorkloadOptions): Promise<void> {
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'dalsegno-bench-'));
  const log = join(folder, 'service.log');
  const client = startClient();
  const services: ObservedService[] = [];
  const start = async (name: string) => {
    const service = await startObserved(join(folder, name), log);
    services.push(service);
    return service;
  };
  try {
    const service = await start('jobs');
    printTableHead();
    await measureRows({ client, services: [service] }, options);
    const { rssBytes } = await service.usage();
    printSentence(`memory of the service afterwards: ${Math.round(rssBytes / 2 ** 20)} MB`);
    for (const poll of POLLS) await measureRecovery(service, poll, options);
    await service.stop();
    services.splice(0);
    await measurePair({ client, services: [await start('pair'), await start('pair')] }, options);
  } finally {
    client.close();
    await Promise.all(services.map(service => service.stop()));
    await removeFolder(folder);
  }
}

/** Round by round, each in the order opposite to the one before: the machine changes from minute to minute. */
async function measureRows(contest: Contest, { rounds, seconds }: WorkloadOptions): Promise<void> {
  const { client, services } = contest;
  const ports = services.map(({ port }) => port);
  const held = { kind: 'hold', by: 'http', count: HELD, width: 16, sheets: 1, ports } as const;
  await client.does(held);
  const counts = new Map<Row, number>();
  for (const row of ROWS) {
    const first = await measureAlone(row, { ...contest, count: row.atFirst });
    counts.set(row, countFor(row, first, seconds));
  }
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round++) {
    printProgress(`round ${round + 1} of ${rounds}`);
    for (const row of round % 2 === 0 ? ROWS : ROWS.toReversed()) {
      const count = counts.get(row) ?? row.atFirst;
      for (const [name, sample] of await measure(row, { ...contest, count })) {
        samples.set(name, [...(samples.get(name) ?? []), sample]);
      }
    }
  }
  for (const { name, unit, before } of ROWS) {
    const names = [before?.name ?? name, name];
    for (const line of new Set(names)) printRow(line, unit, samples.get(line) ?? []);
  }
}

async function measureRecovery(
  { port }: ObservedService,
  poll: number | null,
  { rounds }: WorkloadOptions,
): Promise<void> {
  const seconds: number[] = [];
  for (let time = 0; time < Math.min(rounds, MOST_RECOVERIES); time++)
    seconds.push(await recoverySeconds(port, poll));
  const how = poll === null ? 'polls as by default' : `polls every ${poll} s`;
  const figures = seconds.map(value => value.toFixed(1)).join(', ');
  printSentence(`from SIGKILL to the sheet elsewhere, ttl 5 s, ${how}: ${figures} s`);
}

/** Two processes on one folder against one of them, with the same connections. */
async function measurePair(
  { client, services }: Contest,
  { rounds, seconds }: WorkloadOptions,
): Promise<void> {
  const row = ROWS.find(({ name }) => name === PAIR_ROW);
  if (row === undefined) throw new Error(`No row ${PAIR_ROW}`);
  const one: Sample[] = [];
  const two: Sample[] = [];
  const alone = { client, services: services.slice(0, 1) };
  const first = await measureAlone(row, { ...alone, count: row.atFirst });
  const count = countFor(row, first, seconds);
  await measure(row, { client, services, count: row.atFirst });
  for (let round = 0; round < rounds; round++) {
    one.push(await measureAlone(row, { ...alone, count }));
    two.push(await measureAlone(row, { client, services, count }));
  }
  printRow(`${row.name}, one process of two`, row.unit, one);
  printRow(`${row.name}, two processes`, row.unit, two);
  const ratios = two.map((sample, at) => sample.perSecond / (one[at]?.perSecond ?? Number.NaN));
  printSentence(`two processes on one folder: ${median(ratios).toFixed(2)} times one`);
}
