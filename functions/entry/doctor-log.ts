import { getLogger } from '@logtape/logtape';
import type { Diagnosis, Doctor } from '../../lib/doctor/doctor.ts';
import type { RememberingDoctor } from '../../lib/doctor/remembered.ts';

const logger = getLogger(['dalsegno', 'doctor']);

/** More than a page of any medium. */
export const DOCTOR_KEYS = 1001;

/** A start does not wait for a list of pages: what leases need of a store takes a hundred requests. */
export const START_KEYS = 20;

/** Examines the store and logs the result; for the start in development. */
export async function examineAndLog(doctor: Doctor, listKeys = DOCTOR_KEYS): Promise<void> {
  logDiagnosis(await doctor.examine({ listKeys }));
}

/** Examines the store, unless it was found right lately, and logs the result. Rejects with a `StoreError` where it did not answer. */
export async function examineOnceAndLog(doctor: RememberingDoctor): Promise<void> {
  const diagnosis = await doctor.examineOnce({ listKeys: START_KEYS });
  if (diagnosis !== null) logDiagnosis(diagnosis);
}

function logDiagnosis({ store, checks, leases }: Diagnosis): void {
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
