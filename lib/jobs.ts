import type { CheckpointState, JobStatus } from './checkpoint.ts';
import type { Fault, Result, CorruptionType } from './failure.ts';
import type { JsonValue } from './json-value.ts';
import type { Version } from './store.ts';

/** A stored job as a reader gets it: strict JSON in the layout of the file. */
export interface JobDocument {
  readonly version: Version;
  /** UTF-8 JSON of the whole state, two-space layout, no newline at the end. */
  readonly body: Uint8Array;
}

/** What the caller says it knows of the stored job. */
export type Expectation =
  /** No precondition was given. */
  | { readonly kind: 'none' }
  /** `If-None-Match: *`: the job must not exist yet. */
  | { readonly kind: 'absent' }
  /** `If-Match: *`: whatever is stored is to be replaced, a corrupt state too. */
  | { readonly kind: 'any' }
  /** `If-Match: "v", "w"`: one of these must be the stored version. */
  | { readonly kind: 'versions'; readonly versions: readonly string[] };

export interface JobListQuery {
  readonly statuses: readonly JobStatus[];
  /** 1 to 500. */
  readonly limit: number;
  /** As an earlier page gave it, or null for the first page. */
  readonly cursor: string | null;
}

export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** On the first page only. */
  readonly corrupt: readonly CorruptJob[];
  readonly nextCursor: string | null;
}
