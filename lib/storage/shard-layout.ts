import { JOB_KEYS, safeNameOf } from '../keys/job-id.ts';
import { parseReadyKey, READY_KEYS } from '../keys/ready-hint.ts';
import { LEASE_ID_END, LEASE_KEYS } from '../lease/lease.ts';
import { EXPIRED_LEASE_KEYS } from './false-alarms.ts';
import { JOB_FIELDS, JOB_FOLDER, placeOfJob } from './job-summary.ts';

/**
 * How the objects of the service are spread over the shards of a store: all of one job are in one shard, by its safe name. The
 * names of the parts are those that such a store asks for.
 */
export const SHARD_KEYS = { listed: JOB_FOLDER, placeOf, placeOfPrefix };

/** What keys and labels mean to a shard, besides which of them it owns. */
export const SHARD_LAYOUT = {
  listed: JOB_FOLDER,
  placeOf: placeOfJob,
  fields: JOB_FIELDS,
  tagged: { folder: READY_KEYS.slice(0, -1), tagOf: tagOfHint },
  isResident: (key: string): boolean => key.startsWith(LEASE_KEYS),
  soleEnd: LEASE_ID_END,
};

function placeOf(key: string): string {
  if (key.startsWith(JOB_KEYS)) return safeNameOf(key);
  const hint = key.startsWith(READY_KEYS) ? parseReadyKey(key) : null;
  if (hint !== null) return safeNameOf(hint.jobKey);
  return placeOfPrefix(key) ?? key;
}

/** Safe names have no full stop. */
function placeOfPrefix(prefix: string): string | null {
  for (const folder of [LEASE_KEYS, EXPIRED_LEASE_KEYS]) {
    const end = prefix.indexOf('.', folder.length);
    if (prefix.startsWith(folder) && end > 0) return prefix.slice(folder.length, end);
  }
  return null;
}

/** The hash of the name of the job. Hints of earlier versions have none. */
function tagOfHint(key: string): string {
  return parseReadyKey(key)?.nameHash ?? '';
}
