import type { FieldQuery } from '../../store.ts';
import { JOB_FIELDS } from '../job-summary.ts';

/** A store that knows the fields of its jobs reads only those that have one. */
export function fieldOf({
  jobName,
  holder,
  isLeased,
}: {
  readonly jobName: string | null;
  readonly holder: string | null;
  readonly isLeased: boolean;
}): FieldQuery | null {
  const [jobField, holderField] = JOB_FIELDS;
  if (holder !== null) return { name: holderField, value: holder };
  if (isLeased) return { name: holderField, value: null };
  // The stores take an empty value for none.
  return jobName === null || jobName === '' ? null : { name: jobField, value: jobName };
}
