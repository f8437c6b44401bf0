import { expect } from 'vitest';
import { type AppClient, type AskOptions, openApp } from '../support/app.ts';

export const JOB = '/v1/jobs/job-1';
export const SHEET = '/v1/jobs/job-1/sheets/1';

/** Asks, and proves that the stored job is the same bytes at the same version after it. */
export async function askInVain(
  app: AppClient,
  method: string,
  path: string,
  options: AskOptions,
): ReturnType<AppClient['ask']> {
  const before = await app.ask('GET', JOB);
  const answer = await app.ask(method, path, options);
  const after = await app.ask('GET', JOB);
  expect(after.header('etag')).toBe(before.header('etag'));
  expect(after.text).toBe(before.text);
  return answer;
}

export async function openWithJob(options: { bodyLimitBytes?: number } = {}): Promise<AppClient> {
  const app = openApp(options);
  await app.create();
  return app;
}
