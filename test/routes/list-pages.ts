import { type AppClient, openApp } from '../support/app.ts';
import { steppingClock } from '../support/clock.ts';

export interface Page {
  readonly jobs: readonly { readonly job_id: string }[];
  readonly corrupt: readonly unknown[];
  readonly next_cursor: string | null;
}

export async function page(app: AppClient, query = ''): Promise<Page> {
  return JSON.parse((await app.ask('GET', `/v1/jobs${query}`)).text);
}

export async function ids(app: AppClient, query = ''): Promise<readonly string[]> {
  return (await page(app, query)).jobs.map(job => job.job_id);
}

/** The ids that a walk through all pages finds. `between` runs before every page but the first. */
export async function walk(
  app: AppClient,
  query: string,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly string[]> {
  const found: string[] = [];
  let { jobs, next_cursor: cursor } = await page(app, `?${query}`);
  found.push(...jobs.map(job => job.job_id));
  while (cursor !== null) {
    await between();
    ({ jobs, next_cursor: cursor } = await page(app, `?${query}&cursor=${cursor}`));
    found.push(...jobs.map(job => job.job_id));
  }
  return found;
}

/** Jobs `j1` to `j<count>`, each newer than the one before. */
export async function openWithJobs(count: number): Promise<AppClient> {
  const app = openApp({ clock: steppingClock() });
  for (let at = 1; at <= count; at += 1) await app.create({ job_id: `j${at}` });
  return app;
}
