import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { writeJobFiles } from '../bench/jobs/job-files.ts';
import { launchService } from '../node/service.ts';
import { makeLastingFolder } from '../support/temporary-folder.ts';
import { launchChromium } from './browser/chromium.ts';
import { callsTo } from './browser/service-calls.ts';
import { makeJobs } from './browser/situations.ts';
import { DESKTOP, openTab, PHONE } from './browser/watched-page.ts';

/*
 * node test/dashboard/screenshots.ts            writes the pictures of the README
 * node test/dashboard/screenshots.ts <folder>   writes every page there: light and dark, wide and narrow, 0, some and
 *                                               5,000 jobs
 */

const README_FOLDER = join(import.meta.dirname, '../../functions/dashboard/screenshots');
const SMALL = { width: 1120, height: 520 };
const TALL = { width: 1120, height: 820 };
const MANY_JOBS = 5_000;

const COLOURS = ['light', 'dark'] as const;
const SIZES = { wide: DESKTOP, narrow: PHONE };

interface Place {
  readonly name: string;
  readonly hash: string;
}

const JOBS: Place = { name: 'jobs', hash: '#/jobs' };
const PLACES: readonly Place[] = [
  JOBS,
  { name: 'job', hash: '#/jobs/held-1' },
  { name: 'failed-sheet', hash: '#/jobs/billing-7?sheet=2' },
  { name: 'timeline', hash: '#/jobs/held-1?view=timeline' },
  { name: 'json', hash: '#/jobs/held-1?view=json' },
  { name: 'service', hash: '#/service' },
  { name: 'api', hash: '#/api' },
];

interface Picture {
  readonly path: string;
  readonly url: string;
  readonly colorScheme: (typeof COLOURS)[number];
  readonly viewport: { readonly width: number; readonly height: number };
}

const [folder] = process.argv.slice(2);
const browser = await launchChromium();
const some = await startWith(async (_state, url) => makeJobs(callsTo(url)));
if (folder === undefined) await takeReadmePictures(some.url);
else await takeAll(folder);
await some.end();
await browser.close();

async function takeReadmePictures(url: string): Promise<void> {
  await mkdir(README_FOLDER, { recursive: true });
  const job = { path: join(README_FOLDER, 'job.png'), url: `${url}/#/jobs/held-1` };
  const jobs = { path: join(README_FOLDER, 'jobs.png'), url: `${url}/#/jobs` };
  await take(browser, { ...jobs, colorScheme: 'light', viewport: SMALL });
  await take(browser, { ...job, colorScheme: 'dark', viewport: TALL });
}

async function takeAll(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const none = await startWith(async () => {});
  const many = await startWith(async () => {}, MANY_JOBS);
  const shown = [
    ...PLACES.map(({ name, hash }) => ({ name, hash, url: some.url })),
    { name: 'jobs-0', hash: JOBS.hash, url: none.url },
    { name: 'jobs-5000', hash: JOBS.hash, url: many.url },
  ];
  for (const { name, hash, url } of shown) {
    for (const colorScheme of COLOURS) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const path = join(target, `${name}-${colorScheme}-${size}.png`);
        await take(browser, { path, url: `${url}/${hash}`, colorScheme, viewport });
      }
    }
  }
  await none.end();
  await many.end();
}

async function take(taker: Browser, { path, url, colorScheme, viewport }: Picture): Promise<void> {
  const { origin } = new URL(url);
  const tab = await openTab(taker, { origin, colorScheme, viewport });
  await tab.page.goto(url);
  await tab.page.getByText(/^live, every/).waitFor();
  await tab.page.screenshot({ path });
  await tab.close();
  process.stdout.write(`${path}\n`);
}

/** A service of its own, with as many stored jobs, and those that `fill` makes. */
async function startWith(
  fill: (folder: string, url: string) => Promise<void>,
  stored = 0,
): Promise<{ readonly url: string; end(): Promise<void> }> {
  const parent = await makeLastingFolder();
  const state = join(parent, 'state');
  writeJobFiles(state, stored);
  const service = await launchService({ folder: state });
  await fill(state, service.url);
  return {
    url: service.url,
    async end() {
      await service.stop('SIGTERM');
      await rm(parent, { recursive: true, force: true });
    },
  };
}
