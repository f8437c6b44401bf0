import { type AppClient, type AppClientOptions, openApp } from './app.ts';
import { frozenClock, type MovableClock } from './clock.ts';
import { acquire, beat, type Held, JOB, update } from './leasing.ts';

/** `job-1` of an application, and who may come with what token. */
export interface Situation {
  readonly app: AppClient;
  readonly clock: MovableClock;
  readonly held: Held | null;
}

/** How a job comes to stand where a test wants it. */
const SITUATIONS = {
  pending: async () => null,
  held: async ({ app }: Stage) => acquire(app),
  zombie: async ({ app, clock }: Stage) => {
    const held = await acquire(app);
    await beat(app, held);
    clock.advance(60_000);
    return held;
  },
  paused: async ({ app }: Stage) => done(await app.ask('POST', `${JOB}/pause`)),
  unleased: async ({ app }: Stage) => done(await update(app, 1, 'in_progress')),
  completed: async ({ app }: Stage) => {
    await update(app, 1, 'completed');
    return done(await update(app, 2, 'completed'));
  },
  failed: async ({ app }: Stage) => {
    const json = { error_message: 'broken' };
    return done(await app.ask('POST', `${JOB}/fail`, { json }));
  },
  cancelled: async ({ app }: Stage) => done(await app.ask('POST', `${JOB}/cancel`)),
};

export type SituationName = keyof typeof SITUATIONS;

type Stage = Pick<Situation, 'app' | 'clock'>;

/** Opens an application with a job of two sheets in the situation of that name. */
export async function situate(
  name: SituationName,
  options: Omit<AppClientOptions, 'clock'> = {},
): Promise<Situation> {
  const clock = frozenClock();
  const app = openApp({ ...options, clock });
  await app.create({ total_sheets: 2 });
  return { app, clock, held: await SITUATIONS[name]({ app, clock }) };
}

function done({ status, text }: { readonly status: number; readonly text: string }): null {
  if (status !== 200) throw new Error(`Cannot set the stage of a test: ${text}`);
  return null;
}
