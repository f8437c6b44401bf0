import type { Timestamp } from './base/timestamp.ts';
import type { Integer } from './schema/integer.ts';
import type { Version } from './store.ts';

/** One fault of an input: where it is and why it is one. */
export interface Fault {
  /**
   * A JSON Pointer into the body (`/sheets/3/status`, empty for the whole), or the name of the part
   * of the request: `{id}`, `{n}`, `?limit`, `If-Match`.
   */
  readonly path: string;
  readonly reason: string;
}

/** A fault's place and reason as one sentence. */
export function describeFault({ path, reason }: Fault): string {
  return path === '' ? reason : `${path}: ${reason}`;
}

/** Keys and values of megabytes make reasons of megabytes: nobody is told more than this of one. */
const MAX_FAULT_CHARACTERS = 500;

export function shorten(text: string): string {
  if (text.length <= MAX_FAULT_CHARACTERS) return text;
  return `${text.slice(0, MAX_FAULT_CHARACTERS).toWellFormed()}...`;
}

/** Everything that a caller may expect to go wrong. Codes are stable; `functions/http/problem.ts` gives each its status. */
export type Failure =
  | { readonly code: 'malformed_json'; readonly faults: readonly Fault[] }
  | { readonly code: 'invalid'; readonly faults: readonly Fault[] }
  | { readonly code: 'job_not_found'; readonly jobId: string }
  | { readonly code: 'job_exists'; readonly jobId: string }
  /** `otherJobId` is null where the caller may not know of that job. */
  | {
      readonly code: 'job_id_collision';
      readonly jobId: string;
      readonly otherJobId: string | null;
    }
  | {
      readonly code: 'state_corrupt';
      readonly jobId: string;
      readonly path: string;
      readonly errorType: CorruptionType;
      readonly detail: string;
    }
  | { readonly code: 'version_conflict'; readonly jobId: string; readonly current: Version | null }
  | {
      readonly code: 'lease_held';
      readonly jobId: string;
      readonly holder: string;
      readonly epoch: number;
      readonly expiresAt: Timestamp;
      readonly retryAfterSeconds: number;
      readonly serverTime: Timestamp;
    }
  | {
      readonly code: 'lease_lost';
      readonly jobId: string | null;
      readonly reason: string;
      /** How long after the end of its lease the holder came back, where that is known. */
      readonly lateSeconds: number | null;
    }
  | { readonly code: 'job_finished'; readonly jobId: string; readonly status: string }
  /** An idempotency key came with another request than before. */
  | { readonly code: 'idempotency_key_reused' }
  /** The client went away before it was answered. */
  | { readonly code: 'client_gone' }
  | { readonly code: 'leases_unsupported'; readonly store: string }
  | { readonly code: 'precondition_required'; readonly faults: readonly Fault[] }
  | { readonly code: 'body_too_large'; readonly limitBytes: number }
  | {
      readonly code: 'state_too_large';
      /**
       * What there is too much of: sheets, bytes of the stored text, values in a body, or those
       * (`nodes`) in one part of it that cost most.
       */
      readonly unit: 'sheets' | 'bytes' | 'values' | 'nodes';
      readonly asked: Integer;
      readonly limit: number;
    }
  /** The process has as much to do as it may take on at once. */
  | { readonly code: 'overloaded'; readonly retryAfterSeconds: number }
  /** The body did not arrive in time. */
  | { readonly code: 'body_too_slow'; readonly limitSeconds: number }
  | { readonly code: 'unsupported_media_type'; readonly faults: readonly Fault[] }
  | { readonly code: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly code: 'not_found'; readonly path: string }
  | {
      readonly code: 'store_unavailable';
      readonly retryAfterSeconds: number;
      /** What alone the store does not do, where it answers. */
      readonly lacks?: 'writes';
    }
  /** `reason` is for the caller: that there is no token, that it is none, or that it is not known. */
  | { readonly code: 'unauthorized'; readonly reason: string }
  | { readonly code: 'token_expired'; readonly expiredAt: Timestamp }
  | { readonly code: 'forbidden'; readonly reason: string }
  /** What is wrong with the request is not its body. */
  | { readonly code: 'malformed_request'; readonly faults: readonly Fault[] }
  /** The service lacks something that it cannot do without; its log says what. */
  | { readonly code: 'misconfigured' }
  | { readonly code: 'internal' };

/** `json_decode`: the bytes are no JSON text. `validation`: the JSON is no checkpoint state. */
export type CorruptionType = 'json_decode' | 'validation' | 'unreadable';

/** What a call gives back: its value, or the failure that was to be expected. Faults of the machine throw. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
