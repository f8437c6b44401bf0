import { getLogger } from '@logtape/logtape';
import type { Doctor } from '../../lib/doctor/doctor.ts';

const logger = getLogger(['dalsegno', 'doctor']);

/** More than a page of any medium. */
export const DOCTOR_KEYS = 1001;

/** Examines the store and logs the result; for the start in development. */
export async function examineAndLog(doctor: Doctor): Promise<void> {
  const { store, checks, leases } = await doctor.examine({ listKeys: DOCTOR_KEYS });
  for (const { name, ok, detail } of checks) {
    if (!ok) logger.warning('{store}: {name}: {detail}', { store, name, detail });
  }
  const failed = checks.filter(({ ok }) => !ok).length;
  logger.info('Examined the store {store}: {passed} of {count} checks hold, leases {leases}', {
    store,
    passed: checks.length - failed,
    count: checks.length,
    leases: leases ? 'are granted' : 'are refused',
  });
}
