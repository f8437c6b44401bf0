import { LOST_CONTACT } from '../binding/fault.ts';

/** Such as "KV PUT failed: 429 Too Many Requests". Not the 429 of the daily quota, which lasts until tomorrow. */
const TURNED_AWAY = /failed: (?:408|429|5\d\d)\b(?!.*(?:\b10048\b|for (?:today|the day)))/s;

/** Whether another try may end differently. Every operation may be repeated without harm. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/failed: \d{3}\b/.test(error.message)) return TURNED_AWAY.test(error.message);
  return LOST_CONTACT.test(error.message);
}
