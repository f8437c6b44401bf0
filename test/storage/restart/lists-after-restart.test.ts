import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../lib/store.ts';
import { MEDIA, makeLabelFolder } from '../../stores/file/labels/label-folder.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { frozenClock } from '../../support/clock.ts';
import { cases } from '../../support/effort.ts';
import { seededRandom } from '../../support/random.ts';

const SEEDS = cases(1);
const RUNS = 4;
const STEPS = 12;
const JOBS = 24;
const SECRET = 'Authorization: Bearer sk-live-0123456789abcdefABCDEF0123456789';

const LISTS = [
  '?limit=100',
  '?limit=5&order=oldest',
  '?view=live',
  '?status=running&status=failed',
  '?q=AB',
  '?job_name=Two',
  '?holder=w-1',
  '?standing=waiting',
];

/** Does something to a random job, through the service or as another program. */
function randomSteps(seed: number, path: string) {
  const random = seededRandom(seed);
  const fraction = () => random.fraction();
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(fraction() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick');
    return item;
  };
  const jobId = () => `ab-${Math.floor(fraction() * JOBS)}`;
  const url = () => `/v1/jobs/${jobId()}`;

  function touchFile(change: (file: string) => void): void {
    const names = readdirSync(path).filter(name => name.endsWith('.json'));
    if (names.length > 0) change(`${path}/${pick(names)}`);
  }

  function rewrite(file: string, text: (before: string) => string): void {
    const { atime, mtime } = statSync(file);
    writeFileSync(file, text(readFileSync(file, 'utf8')));
    if (fraction() < 0.5) utimesSync(file, atime, mtime);
  }

  const steps: readonly ((app: AppClient) => unknown)[] = [
    app =>
      app.ask('POST', '/v1/jobs', {
        json: { job_id: jobId(), job_name: pick(['One', 'Two', 'É'.repeat(600)]), total_sheets: 3 },
      }),
    app => app.ask('PUT', `${url()}/sheets/1`, { json: { status: 'in_progress' } }),
    app => app.ask('PUT', `${url()}/sheets/1`, { json: { status: 'completed' } }),
    app => app.ask('POST', `${url()}/fail`, { json: { reason: SECRET } }),
    app => app.ask('POST', '/v1/claims', { json: { holder: pick(['w-1', 'w-2']) } }),
    app => app.ask('POST', `${url()}/pause?force=true`),
    app => app.ask('POST', `${url()}/resume`),
    app => app.ask('DELETE', `${url()}?force=true`),
    () => touchFile(file => rewrite(file, text => text.replace('One', 'Two'))),
    () =>
      touchFile(file =>
        rewrite(file, text => text.replace('"total_sheets": 3', '"total_sheets": 4')),
      ),
    () => touchFile(file => rewrite(file, text => text.slice(0, -9))),
    () => touchFile(file => rmSync(file)),
    () => touchFile(file => renameSync(file, `${path}/ab-${Math.floor(fraction() * JOBS)}.json`)),
  ];
  return { fraction, step: (app: AppClient) => pick(steps)(app) };
}

async function listAll(store: ObjectStore, clock: ReturnType<typeof frozenClock>) {
  const app = openApp({ store, clock });
  const lists: unknown[] = [];
  for (const query of LISTS) lists.push((await app.ask('GET', `/v1/jobs${query}`)).json);
  lists.push(await app.repository.stats.read(''));
  return lists;
}

describe.each(Object.keys(MEDIA))(
  'lists of a service that was restarted, with labels in %s',
  medium => {
    it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
      'are those of one without labels (seed %i)',
      async seed => {
        const folder = await makeLabelFolder(medium);
        const clock = frozenClock();
        const { step, fraction } = randomSteps(seed, folder.path);
        await folder.during(async store => {
          const app = openApp({ store, clock });
          for (let at = 0; at < JOBS; at += 1)
            await app.create({ job_id: `ab-${at}`, job_name: 'One' });
        });
        let labelled = 0;
        for (let run = 0; run < RUNS; run += 1) {
          await folder.during(async store => {
            const app = openApp({ store, clock, seed: seed * 100 + run });
            for (let at = 0; at < STEPS; at += 1) {
              await step(app);
              clock.advance(1_000);
              if (fraction() < 0.3) await app.ask('GET', '/v1/jobs');
            }
            await app.ask('GET', '/v1/jobs');
          });
          for (let at = 0; at < 2; at += 1)
            await step(openApp({ store: await folder.open(), clock, seed: 7 }));
          const restarted = await folder.during(async store => {
            for await (const { kind } of store.follow('jobs/').poll())
              if (kind === 'labelled') labelled += 1;
            return listAll(store, clock);
          });
          const fresh = await listAll(await folder.openWithout(), clock);
          expect(restarted).toEqual(fresh);
        }
        expect(labelled).toBeGreaterThan(RUNS);
        expect(folder.reports).toEqual([]);
      },
    );
  },
);
