import { LOST_CONTACT } from '../binding/fault.ts';

/** "KV PUT failed: 429 Too Many Requests", but not that of a day's quota, which comes back tomorrow. */
const TURNED_AWAY = /failed: (?:408|429|5\d\d)\b(?!.*(?:\b10048\b|for (?:today|the day)))/s;

/** Whether another try may end otherwise. To repeat any operation here does no harm. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/failed: \d{3}\b/.test(error.message)) return TURNED_AWAY.test(error.message);
  return LOST_CONTACT.test(error.message);
}
