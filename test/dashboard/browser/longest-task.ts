import type { Page } from 'playwright-core';
import * as z from 'zod';

/** `tdur` is what the task took of the processor, in microseconds: other processes do not make it longer. */
const Trace = z.object({
  traceEvents: z.array(
    z.looseObject({
      name: z.string(),
      pid: z.number(),
      tid: z.number(),
      tdur: z.number().optional(),
    }),
  ),
});

/** Does something, and gives the longest task that the page had meanwhile, in milliseconds of the processor. */
export async function longestTaskOf(page: Page, action: () => Promise<void>): Promise<number> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('The page has no browser');
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await action();
  const trace = Trace.parse(JSON.parse((await browser.stopTracing()).toString()));
  // The thread on which scripts run.
  const scripts = trace.traceEvents.filter(({ name }) => name === 'FunctionCall');
  const threads = new Set(scripts.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid }) => name.endsWith('RunTask') && threads.has(`${pid} ${tid}`),
  );
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1000));
}
