import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { listedJobId, writeJobFiles } from '../bench/jobs/job-files.ts';
import { launchService, type Service } from '../node/service.ts';
import { cases } from '../support/effort.ts';
import { leastOf } from '../support/measure/least.ts';
import { makeLastingFolder } from '../support/temporary-folder.ts';
import { tokensOf } from '../support/tokens.ts';
import { dropClosed, leaveClosed, openClosed, violationsOf } from './browser/axe.ts';
import { CHROMIUM, launchChromium } from './browser/chromium.ts';
import { longestTaskOf } from './browser/longest-task.ts';
import { callsTo, type ServiceCalls } from './browser/service-calls.ts';
import { BIG, HOSTILE_IDS, makeJobs } from './browser/situations.ts';
import { startSteppingWorker } from './browser/stepping-worker-process.ts';
import { openTab, PHONE } from './browser/watched-page.ts';

/** The page asks again every five seconds. The rest is for a machine with much else to do. */
const FOLLOWS = { timeout: 60_000 };
const TEST = { timeout: 300_000 };
/** Of the processor. A longer task of the page would be felt. */
const LONG_TASK_MS = 250;
const MANY_JOBS = cases(2000);

const isRequired = (process.env['CI'] ?? '') !== '';

it.runIf(CHROMIUM === null && isRequired)('the tests of the dashboard have a browser', () => {
  expect(CHROMIUM, 'apt-get install chromium').not.toBeNull();
});

describe.skipIf(CHROMIUM === null)('the dashboard in Chromium, skipped without it', TEST, () => {
  let browser: Browser;
  const services: Service[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    for (const service of services) {
      await service.stop('SIGKILL');
      await rm(service.folder, { recursive: true, force: true });
    }
  });

  async function launch(options: Omit<Parameters<typeof launchService>[0], 'folder'> = {}) {
    const service = await launchService({ ...options, folder: await makeLastingFolder() });
    services.push(service);
    return service;
  }

  /** A tab at this place of the dashboard. The test fails if the page did what it must never do. */
  async function open(
    url: string,
    hash: string,
    options: BrowserContextOptions = {},
  ): Promise<Page> {
    const tab = await openTab(browser, { ...options, origin: url });
    onTestFinished(async () => {
      await tab.close();
      expect(tab.faults).toEqual([]);
    });
    await tab.page.goto(`${url}/${hash}`);
    return tab.page;
  }

  function rowOf(page: Page, jobId: string) {
    return page.getByRole('row').filter({ has: page.getByText(jobId, { exact: true }) });
  }

  async function shows(page: Page, jobId: string, ...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await expect.poll(() => rowOf(page, jobId).innerText(), FOLLOWS).toContain(text);
    }
  }

  describe('with jobs of all kinds', () => {
    let service: ServiceCalls;

    beforeAll(async () => {
      service = callsTo((await launch({ flags: ['--sweep-interval', '0'] })).url);
      await makeJobs(service);
    });

    const PAGES = [
      '#/jobs',
      '#/jobs/held-1',
      '#/jobs/billing-7?sheet=2',
      '#/service',
      '#/api',
      '#/jobs/held-1?view=timeline',
      '#/jobs/held-1?view=json',
    ];

    // The last one is not whole after it.
    const EXAMINED = [
      ...PAGES.filter(hash => hash !== '#/api').map(hash => ({
        hash,
        part: 'h1',
        prepare: leaveClosed,
      })),
      { hash: '#/api?q=next-sheet', part: '.operation >> nth=0', prepare: openClosed },
      { hash: '#/api', part: '.operation >> nth=20', prepare: dropClosed },
    ];

    it('axe finds no violation in light and dark colours', async () => {
      const page = await open(service.url, '', { colorScheme: 'light' });
      const found: Record<string, readonly string[]> = {};
      for (const { hash, part, prepare } of EXAMINED) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(`${service.url}/${hash}`);
        await settle(page);
        await page.locator(part).waitFor({ state: 'attached' });
        await prepare(page);
        found[hash] = await violationsOf(page);
        // The document is the same, only its colours differ.
        await page.emulateMedia({ colorScheme: 'dark' });
        found[`${hash} in the dark`] = await violationsOf(page, ['color-contrast']);
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map(hash => [hash, []])));
    });

    it('no page is wider than a phone', async () => {
      const page = await open(service.url, '', { viewport: PHONE, hasTouch: true });
      const widths: Record<string, number> = {};
      for (const hash of PAGES) {
        await page.goto(`${service.url}/${hash}`);
        await settle(page);
        widths[hash] = await page.evaluate(() => document.documentElement.scrollWidth);
      }
      expect(widths).toEqual(
        Object.fromEntries(Object.keys(widths).map(hash => [hash, PHONE.width])),
      );
    });

    it('the list shows statuses, standings, progress and holders', async () => {
      const page = await open(service.url, '');
      await shows(page, 'held-1', 'running', 'held', '17', '40', 'trainer-2');
      await shows(page, 'billing-7', 'failed', 'The ledger is gone');
      await shows(page, 'unleased-1', 'unleased');
      await shows(page, 'etl-1', 'pending', 'waiting');
      expect(await page.locator('.job-link').count()).toBeGreaterThanOrEqual(8);
    });

    it('a search narrows the list and the address while it is typed', async () => {
      const page = await open(service.url, '');
      await page.getByRole('searchbox', { name: 'Search by id or name' }).fill('WEEKLY');
      await expect
        .poll(() => page.locator('.job-link').allInnerTexts(), FOLLOWS)
        .toEqual(['etl-2']);
      expect(page.url()).toContain('q=WEEKLY');
      await page.reload();
      await expect
        .poll(() => page.locator('.job-link').allInnerTexts(), FOLLOWS)
        .toEqual(['etl-2']);
    });

    it('a job has its numbers to the last digit', async () => {
      const page = await open(service.url, '#/jobs/held-1?view=json');
      const json = page.getByRole('region', { name: 'JSON as it was received' });
      await expect.poll(() => json.innerText(), FOLLOWS).toContain(`"seed": ${BIG}`);
      expect(await json.innerText()).toMatch(/"rate": 0\.10?\b/);
    });

    it('an action is confirmed first, and then done', async () => {
      await service.create({ job_id: 'act-1' });
      const page = await open(service.url, '#/jobs/act-1');
      await page
        .getByRole('group', { name: 'Actions' })
        .getByRole('button', { name: 'Pause' })
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      expect(await service.call('GET', '/v1/jobs/act-1')).toMatchObject({ status: 'pending' });
      await dialog.getByRole('button', { name: 'Pause' }).click();
      await expect
        .poll(() => service.call('GET', '/v1/jobs/act-1'), FOLLOWS)
        .toMatchObject({ status: 'paused' });
      await expect.poll(() => page.locator('main').innerText(), FOLLOWS).toContain('paused');
    });
  });

  it('shows the newest sweep, whether the page has asked for it or not', async () => {
    const service = callsTo((await launch({ flags: ['--sweep-interval', '0'] })).url);
    const page = await open(service.url, '#/service');
    const panel = page.getByRole('region', { name: 'Sweep' });
    await panel.getByRole('button', { name: 'Sweep now' }).click();
    await expect.poll(() => panel.innerText(), FOLLOWS).toMatch(/examined\s+0\b/i);
    await service.create({ job_id: 'held-2' });
    await service.acquire('held-2', { holder: 'w-2', ttl_seconds: 600 });
    await service.call('POST', '/v1/sweep');
    await page.keyboard.press('r');
    await expect.poll(() => panel.innerText(), FOLLOWS).toMatch(/now\b[^]*examined\s+1\b/i);
  });

  it('shows on a phone how to create the first job', async () => {
    const { url } = await launch();
    const page = await open(url, '', { viewport: PHONE, hasTouch: true });
    for (const part of [
      page.getByRole('heading', { name: 'No jobs yet' }),
      page.locator('.command'),
    ]) {
      await part.waitFor();
      const box = await part.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
    }
  });

  it('shows hostile ids as texts, and leads to their jobs', async () => {
    const service = callsTo((await launch()).url);
    for (const job_id of HOSTILE_IDS)
      await service.create({ job_id, job_name: `<b>${job_id}</b>` });
    const page = await open(service.url, '');
    await expect.poll(() => page.locator('.job-link').count(), FOLLOWS).toBe(HOSTILE_IDS.length);
    const links = await page
      .locator('.job-link')
      .evaluateAll(all => all.map(link => (link instanceof HTMLAnchorElement ? link.href : '')));
    for (const href of links) {
      expect(href.startsWith(`${service.url}/#/jobs/`)).toBe(true);
      await page.goto(href);
      await page.getByRole('group', { name: 'Actions' }).waitFor();
    }
    expect(await page.locator('main img, main script, main b').count()).toBe(0);
  });

  it('follows a job that runs, and says so when its worker is killed', async () => {
    const environment = { PRESENCE_GRACE_MS: '0' };
    const service = callsTo((await launch({ environment })).url);
    const page = await open(service.url, '');
    await expect.poll(() => page.locator('main').innerText(), FOLLOWS).toContain('No jobs yet');
    await service.create({ job_id: 'run-1', total_sheets: 4 });
    const worker = startSteppingWorker(service.url, 'importer-1');
    expect(await worker.begun()).toBe(1);
    await shows(page, 'run-1', 'running', 'held', 'importer-1');
    expect(await worker.step()).toBe(2);
    expect(await worker.step()).toBe(3);
    await shows(page, 'run-1', '2', '4');
    await worker.present;
    await worker.kill();
    await shows(page, 'run-1', 'paused', 'waiting');
    await page.getByRole('link', { name: 'run-1' }).click();
    await expect
      .poll(() => page.locator('main').innerText(), FOLLOWS)
      .toMatch(/importer-1[^]*(?:stopped|died|gone|recover|expired)/i);
  });

  it('previews how many jobs a bulk action has, and does it to those alone', async () => {
    const service = callsTo((await launch()).url);
    for (let nth = 1; nth <= 7; nth += 1) await service.create({ job_id: `batch-${nth}` });
    await service.create({ job_id: 'other' });
    const page = await open(service.url, '#/jobs?q=batch');
    await page.getByRole('button', { name: 'All that match' }).click();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('7 jobs', { exact: true }).waitFor();
    expect(await statusesOf(service)).toEqual({ pending: 8 });
    await dialog.getByRole('button', { name: 'Cancel 7 jobs' }).click();
    await dialog.getByText('Done.').waitFor();
    expect(await statusesOf(service)).toEqual({ cancelled: 7, pending: 1 });
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await shows(page, 'batch-3', 'cancelled');
  });

  it('asks for a token, refuses a wrong one, and keeps the right one in its tab alone', async () => {
    const { setting, textOf } = await tokensOf({ reader: 'read', admin: 'admin' });
    const { url } = await launch({ environment: { ACCESS_TOKENS: setting } });
    await callsTo(url, textOf('admin')).create({ job_id: 'secret-1' });
    const page = await open(url, '');
    const field = page.getByLabel('Access token');
    await field.fill('dsa_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The service does not know this access token.').waitFor();
    await field.fill(textOf('reader'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await shows(page, 'secret-1', 'pending');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('dsa_');
    expect(page.url()).not.toContain('dsa_');
    await page.reload();
    await shows(page, 'secret-1', 'pending');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have signed out.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('secret-1');
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('says that it is offline or stale since when, and comes back by itself', async () => {
    const { url } = await launch();
    await callsTo(url).create({ job_id: 'kept-1' });
    const page = await open(url, '');
    await shows(page, 'kept-1', 'pending');
    await page.context().setOffline(true);
    const banner = page.getByRole('alert');
    await expect.poll(() => banner.innerText(), FOLLOWS).toMatch(/Offline[^]*stale since/);
    expect(await rowOf(page, 'kept-1').count()).toBe(1);
    await page.context().setOffline(false);
    await expect.poll(() => banner.count(), FOLLOWS).toBe(0);
    await page.route('**/v1/**', route =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        json: { code: 'store_unavailable', title: 'The store is unavailable', status: 503 },
      }),
    );
    await page.keyboard.press('r');
    await expect.poll(() => banner.innerText(), FOLLOWS).toContain('stale since');
    await page.unroute('**/v1/**');
    await banner.getByRole('button', { name: 'Try now' }).click();
    await expect.poll(() => banner.count(), FOLLOWS).toBe(0);
  });

  it(`scrolls through ${MANY_JOBS} jobs with a few rows in the page and no long task`, async () => {
    const folder = join(await makeLastingFolder(), 'state');
    writeJobFiles(folder, MANY_JOBS);
    const service = await launchService({ folder });
    services.push(service);
    /** The longest task while a page scrolls to its end. */
    async function scroll(): Promise<number> {
      const page = await open(service.url, '');
      await shows(page, listedJobId(MANY_JOBS - 1), 'running');
      const last = rowOf(page, listedJobId(0));
      await page.mouse.move(600, 500);
      const taskMs = await longestTaskOf(page, async () => {
        await expect
          .poll(
            async () => {
              for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, 4_000);
              return last.count();
            },
            { timeout: 240_000, interval: 20 },
          )
          .toBe(1);
      });
      expect(await page.locator('.job-link').count()).toBeLessThan(120);
      expect(taskMs).toBeGreaterThan(0);
      return taskMs;
    }

    expect(await leastOf(LONG_TASK_MS, scroll)).toBeLessThan(LONG_TASK_MS);
  });
});

/** Settles when the page has shown the first answers. */
async function settle(page: Page): Promise<void> {
  await page.getByText(/^live, every/).waitFor();
  await expect.poll(() => page.getByText('Loading…').count(), FOLLOWS).toBe(0);
}

async function statusesOf(service: ServiceCalls): Promise<Record<string, number>> {
  const { jobs } = (await service.call('GET', '/v1/jobs')) as { jobs: { status: string }[] };
  const counts: Record<string, number> = {};
  for (const { status } of jobs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
