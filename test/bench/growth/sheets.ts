import { mkdir } from 'node:fs/promises';
import { createBareSaver } from '../jobs/bare-save.ts';
import { removeFolder } from '../jobs/folder.ts';
import { stateBody } from '../jobs/state.ts';
import { standingAlone } from '../measure/alone.ts';
import { type Figure, type Goal, type Pace, WITHIN_THREE_TIMES } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleOf } from '../measure/sample.ts';
import { type CountedService, openCountedService } from './counted-service.ts';
import { longestTurnMs } from './longest-turn.ts';
import { type Expected, seriesOf } from './series.ts';

const HELD = { holder: 'bench', ttl_seconds: 3600 };
const WITHIN_A_TENTH_OF_A_SECOND: Goal = { atMost: 100 };
/** So that ten thousand sheets have about 19 MB. */
const PLAIN = { details: 'few' } as const;

/** The calls for one job, by the number of its sheets. */
export async function* growthOfSheets(folder: string, pace: Pace): AsyncIterable<Figure> {
  const counts = pace.kind === 'quick' ? [10, 100, 1000] : [10, 100, 1000, 10_000];
  const opened: Sized[] = [];
  for (const sheets of counts) opened.push(await openSized(`${folder}/${sheets}`, sheets));
  const calls: readonly (readonly [keyof Sized['calls'], string, Expected])[] = [
    ['get', 'GET job', 'grows'],
    ['update', 'PUT sheet', 'grows'],
    ['save', 'PUT job, one sheet changed', 'grows'],
    ['nextSheet', 'GET next-sheet', 'flat'],
    ['heartbeat', 'PUT lease', 'flat'],
  ];
  for (const [call, name, expected] of calls) {
    const steps = opened.map(({ service, sheets, calls: own }) => service.step(sheets, own[call]));
    yield await seriesOf(`sheets: ${name}`, { steps, expected, pace });
  }
  const largest = opened.at(-1);
  if (largest !== undefined) yield* ofLargest(largest, `${folder}/bare`, pace);
  for (const { service } of opened) await service.close();
}

async function* ofLargest({ sheets, calls }: Sized, folder: string, pace: Pace) {
  const label = `${sheets.toLocaleString('en-US')} sheets`;
  await mkdir(folder);
  const bare = await createBareSaver(folder, stateBody('bare', { sheets }, PLAIN));
  const { millis } = pace;
  const rounds = Math.min(pace.rounds, 3);
  yield* await compare(
    { name: 'bare save', measure: () => sampleOf(() => bare.save(0), { millis }) },
    [
      {
        name: `PUT sheet, ${label}`,
        goal: WITHIN_THREE_TIMES,
        measure: () => sampleOf(calls.update, { millis }),
      },
    ],
    { rounds, millis },
  );
  await bare.close();
  await removeFolder(folder);
  for (const [call, name] of [
    ['get', 'GET job'],
    ['update', 'PUT sheet'],
    ['save', 'PUT job, one sheet changed'],
  ] as const) {
    const values: number[] = [];
    for (let round = 0; round < rounds; round++) values.push(await longestTurnMs(calls[call]));
    const goal = WITHIN_A_TENTH_OF_A_SECOND;
    yield standingAlone(`longest turn, ${name}, ${label}`, { unit: 'milliseconds', values, goal });
  }
}

interface Sized {
  readonly sheets: number;
  readonly service: CountedService;
  readonly calls: Readonly<
    Record<'get' | 'update' | 'save' | 'nextSheet' | 'heartbeat', () => Promise<unknown>>
  >;
}

async function openSized(folder: string, sheets: number): Promise<Sized> {
  const service = await openCountedService(folder);
  const size = { sheets };
  const bodies = [
    stateBody('job', size, PLAIN),
    stateBody('job', size, { ...PLAIN, completed: sheets }),
  ];
  const save = (body: Uint8Array<ArrayBuffer> | undefined, headers: Record<string, string>) =>
    service.ask('PUT', '/v1/jobs/job', { headers, ...(body === undefined ? {} : { body }) });
  await save(bodies[0], { 'If-None-Match': '*' });
  const held = { body: stateBody('held', size, PLAIN), headers: { 'If-None-Match': '*' } };
  await service.ask('PUT', '/v1/jobs/held', held);
  const grant = await service.ask('POST', '/v1/jobs/held/lease', { json: HELD });
  const headers = { 'Lease-Token': /"token":"([^"]+)"/.exec(grant)?.[1] ?? '' };
  let saves = 0;
  let updates = 0;
  return {
    sheets,
    service,
    calls: {
      get: () => service.ask('GET', '/v1/jobs/job'),
      update: () => {
        const status = ++updates % 2 === 0 ? 'in_progress' : 'completed';
        return service.ask('PUT', `/v1/jobs/job/sheets/${sheets}`, { json: { status } });
      },
      save: () => save(bodies[++saves % 2], { 'If-Match': '*' }),
      nextSheet: () => service.ask('GET', '/v1/jobs/job/next-sheet'),
      heartbeat: () => service.ask('PUT', '/v1/jobs/held/lease', { json: {}, headers }),
    },
  };
}
