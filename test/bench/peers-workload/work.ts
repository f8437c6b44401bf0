import * as z from 'zod';

/** The sheets of a job of steps. */
export const STEPS = 20;
/** The leases that are renewed. */
export const HELD = 400;
export const BATCH = 100;

/** What the client process does. Jobs of `sheets` sheets are made before they are run. */
export const Work = z.object({
  kind: z.enum(['create', 'run', 'hold', 'renew', 'renew-all']),
  /** Calls by plain HTTP, or by the worker library. `starting` also starts each sheet, with the completion before it. */
  by: z.enum(['http', 'http-starting', 'worker']),
  /** Jobs to create or to run, leases to hold, requests to renew with. */
  count: z.number(),
  width: z.number(),
  sheets: z.number(),
  ports: z.array(z.number()),
});
export type Work = z.infer<typeof Work>;

export const Done = z.union([
  z.object({ seconds: z.number(), cpuMicros: z.number() }),
  z.object({ failed: z.string() }),
]);
export type Done = z.infer<typeof Done>;
