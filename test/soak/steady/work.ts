import * as z from 'zod';

/** What the load process does: all calls of a plan, for so long. */
export const Work = z.object({
  port: z.number(),
  millis: z.number(),
  /** Calls a second, whether answers come or not; null for as many as are answered on `CONNECTIONS`. */
  perSecond: z.number().nullable(),
  folder: z.string(),
  /** The tokens of the held jobs. */
  tokens: z.array(z.string()),
});
export type Work = z.infer<typeof Work>;

export const CONNECTIONS = 32;
/** Jobs of each kind of call. */
export const JOBS = 64;
/** Waiting ones: more than are ever claimed at once. */
export const WAITING = 2 * CONNECTIONS;

export const KINDS = ['get', 'get-large', 'update', 'save', 'heartbeat', 'claim'] as const;
export type Kind = (typeof KINDS)[number];

/** Of a hundred calls. A claim is followed by the release of its lease. */
export const MIX: Readonly<Record<Kind, number>> = {
  get: 35,
  'get-large': 5,
  update: 25,
  save: 10,
  heartbeat: 20,
  claim: 5,
};

/** The kind of the nth call: each in its share, and mixed the same way in every run. */
export function kindOf(nth: number): Kind {
  // 37 and 100 have no divisor in common: every place of the hundred comes once.
  let place = (nth * 37) % 100;
  for (const kind of KINDS) {
    if (place < MIX[kind]) return kind;
    place -= MIX[kind];
  }
  return 'get';
}
