import * as z from 'zod';
import { LeaseRequest } from '../lease/lease.ts';

/**
 * What another than its holder has changed on a lease. The place of the lease sends it to the object of the stream that keeps
 * the lease. Plain data, so that a remote call can carry it. One that is lost does no harm: the next renewal brings the same.
 */
export const LeaseNews = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('request'),
    leaseKey: z.string(),
    requested: LeaseRequest.nullable(),
    message: z.string().nullable(),
  }),
  z.object({ kind: z.literal('lost'), leaseKey: z.string() }),
]);
export type LeaseNews = z.infer<typeof LeaseNews>;
