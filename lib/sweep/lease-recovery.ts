import type { Failure } from '../failure.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { StoreError } from '../store.ts';
import type { Finding, SweepFault } from './report.ts';

export interface LeaseRecovery {
  /**
   * Reads a lease object, and takes the job from its holder where that is dead. An error of the store is a
   * fault of this lease alone.
   */
  recover(leaseKey: string): Promise<Finding>;
}

export function createLeaseRecovery({
  store,
  expiry,
}: Pick<ProtocolContext, 'store' | 'expiry'>): LeaseRecovery {
  async function expire(key: string): Promise<Finding> {
    const target = parseLeaseKey(key);
    if (target === null) return failed(key, 'The name is not that of a lease');
    const expired = await expiry.expire({ ...target, leaseKey: key });
    if (!expired.ok) return failed(key, reasonOf(expired.failure));
    const { outcome, corrupt } = expired.value;
    const fault = corrupt === null ? null : faultOf(key, `The lease cannot be read: ${corrupt}`);
    return { outcome, fault };
  }

  function failed(key: string, reason: string): Finding {
    return { outcome: null, fault: faultOf(key, reason) };
  }

  function faultOf(lease: string, reason: string): SweepFault {
    return { lease, path: store.locate(lease), reason };
  }

  return {
    async recover(leaseKey) {
      try {
        return await expire(leaseKey);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        return failed(leaseKey, error.message);
      }
    },
  };
}

function reasonOf(failure: Failure): string {
  return 'detail' in failure
    ? `The job is corrupt: ${failure.detail}`
    : `The job cannot be recovered: ${failure.code}`;
}
