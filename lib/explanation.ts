import type { Timestamp } from './timestamp.ts';

/** Why a job stands where it stands, in sentences for whoever is asked about it at night. */
export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  /** What is known, and from where. */
  readonly evidence: readonly string[];
  /** Since when it stands so, null where nothing tells. */
  readonly since: Timestamp | null;
  /** What happens next if nobody does anything. */
  readonly next: string;
  /** What may be done now without harm. */
  readonly safe: readonly string[];
}
