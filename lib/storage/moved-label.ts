import { decodeLease, LEASE_KEYS, labelOfLease } from '../lease/lease.ts';

/** The label with which an object is stored that is no job, from its body. */
export function labelOfMoved(key: string, body: Uint8Array): string | undefined {
  if (!key.startsWith(LEASE_KEYS)) return undefined;
  const decoded = decodeLease(body, key);
  return decoded.ok ? labelOfLease(decoded.lease) : undefined;
}
