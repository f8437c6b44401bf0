import { expect } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';

export interface Report {
  readonly action: string;
  readonly dry_run: boolean;
  readonly matched: number;
  readonly done: number;
  readonly pending: number;
  readonly skipped: readonly { job_id: string; code: string; detail: string }[];
  readonly cursor: string | null;
  readonly sample?: readonly string[];
}

/** An application with jobs `job-1` to `job-n`, the last one the newest. */
export async function withJobs(count: number, store: ObjectStore = createMemoryStore()) {
  const clock = frozenClock();
  const app = openApp({ clock, store });
  for (let nth = 1; nth <= count; nth++) {
    clock.advance(1000);
    await app.create({ job_id: `job-${nth}`, total_sheets: 2 });
  }
  clock.advance(1000);
  return { app, clock };
}

export async function bulk(
  app: AppClient,
  body: Readonly<Record<string, unknown>>,
): Promise<Report> {
  const answer = await app.ask('POST', '/v1/bulk', { json: body });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json as Report;
}

/** All reports of an action that is repeated with its cursor until it is null. */
export async function bulkAll(
  app: AppClient,
  body: Readonly<Record<string, unknown>>,
): Promise<Report[]> {
  const reports: Report[] = [];
  let cursor: string | null = null;
  do {
    const report: Report = await bulk(app, { ...body, cursor });
    reports.push(report);
    cursor = report.cursor;
  } while (cursor !== null && reports.length < 50);
  return reports;
}

export async function statuses(app: AppClient): Promise<Record<string, string>> {
  const { json } = await app.ask('GET', '/v1/jobs?limit=1000');
  const { jobs } = json as { jobs: readonly { job_id: string; status: string }[] };
  return Object.fromEntries(jobs.map(({ job_id, status }) => [job_id, status]));
}

export const ALL = { all: true };
