import type { StateLimits } from '../../lib/checkpoint/limits.ts';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import type { Result } from '../../lib/failure.ts';
import { type PresentedToken, readToken } from '../../lib/lease/token.ts';
import type { Pace } from '../../lib/storage/commit/pace.ts';
import type { JobPrecondition } from '../../lib/storage/precondition.ts';
import type { UpdateAnswer } from '../../lib/storage/update-answers.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';

export const TARGET = { key: 'jobs/job-1.json', jobId: 'job-1' };
const NONE: JobPrecondition = { kind: 'none' };

/** A process, as calls of one moment reach its service: none of them waits for anything before it is queued. */
export interface GroupedJob {
  readonly app: AppClient;
  readonly token: PresentedToken;
  /** An update by the holder. */
  update(
    sheet: number,
    update: Readonly<Record<string, unknown>>,
    precondition?: JobPrecondition,
  ): Promise<Result<UpdateAnswer>>;
  /** The stored state. */
  stored(): Promise<Stored>;
}

interface Stored {
  readonly status: string;
  readonly updated_at: string;
  readonly dalsegno: { readonly lease: unknown };
  readonly sheets: Readonly<
    Record<string, { readonly status: string; readonly completed_at: string }>
  >;
}

export interface GroupedJobOptions {
  readonly sheets: number;
  readonly clock?: MovableClock;
  readonly limits?: StateLimits;
  readonly pace?: Pace;
}

/** A job that is held, in a process on `store`. */
export async function groupedJob(
  store: ObjectStore,
  { sheets, clock = frozenClock(), limits, pace }: GroupedJobOptions,
): Promise<GroupedJob> {
  const app = openApp({
    store,
    clock,
    ...(limits === undefined ? {} : { limits }),
    ...(pace === undefined ? {} : { pace }),
  });
  await app.create({ total_sheets: sheets });
  const json = { holder: 'w', ttl_seconds: 3600 };
  const leased = await app.ask('POST', '/v1/jobs/job-1/lease', { json });
  const read = await readToken((leased.json as { token: string }).token, '/token');
  if (!read.ok) throw new Error(`The job of a test is not leased: ${leased.text}`);
  return onJob(app, store, read.value);
}

/** The same job and holder, in another process. */
export function onJob(app: AppClient, store: ObjectStore, token: PresentedToken): GroupedJob {
  return {
    app,
    token,
    update: (sheet, update, precondition = NONE) =>
      app.repository.jobs.update(TARGET, sheet, {
        update: SheetUpdate.parse(update),
        token,
        precondition,
      }),
    async stored() {
      const object = await store.get(TARGET.key);
      return JSON.parse(new TextDecoder().decode(object?.body)) as Stored;
    },
  };
}

export const COMPLETED = { status: 'completed' };
export const STARTED = { status: 'in_progress' };

export function answersOf(results: readonly Result<UpdateAnswer>[]): UpdateAnswer[] {
  return results.map(result => {
    if (result.ok) return result.value;
    throw new Error(`An update was refused: ${JSON.stringify(result.failure)}`);
  });
}

/** `ok`, or the code of the failure. */
export function codesOf(results: readonly Result<unknown>[]): string[] {
  return results.map(result => (result.ok ? 'ok' : result.failure.code));
}
