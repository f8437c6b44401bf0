import type { Timestamp } from './base/timestamp.ts';
import type { Integer } from './schema/integer.ts';
import type { Version } from './store.ts';

/** One fault of an input: its place and its reason. */
export interface Fault {
  /**
   * A JSON Pointer into the body (`/sheets/3/status`, empty for the whole), or the name of the part
   * of the request: `{id}`, `{n}`, `?limit`, `If-Match`.
   */
  readonly path: string;
  readonly reason: string;
}

/** The place and the reason of a fault as one sentence. */
export function describeFault({ path, reason }: Fault): string {
  return path === '' ? reason : `${path}: ${reason}`;
}

/** A key or value of megabytes would make a reason of megabytes, so reasons are cut at this length. */
const MAX_FAULT_CHARACTERS = 500;

export function shorten(text: string): string {
  if (text.length <= MAX_FAULT_CHARACTERS) return text;
  return `${text.slice(0, MAX_FAULT_CHARACTERS).toWellFormed()}...`;
}

/** All expected failures. The codes are stable. `functions/http/problem.ts` assigns the status numbers. */
export type Failure =
  | { readonly code: 'malformed_json'; readonly faults: readonly Fault[] }
  | { readonly code: 'invalid'; readonly faults: readonly Fault[] }
  | { readonly code: 'job_not_found'; readonly jobId: string }
  | { readonly code: 'job_exists'; readonly jobId: string }
  /** `otherJobId` is null if the caller has no access to that job. */
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
      /** The time from the expiry of the lease to this request. Null if unknown. */
      readonly lateSeconds: number | null;
    }
  | { readonly code: 'job_finished'; readonly jobId: string; readonly status: string }
  /** The idempotency key was used before with a different request. */
  | { readonly code: 'idempotency_key_reused' }
  /** The client closed the connection before the answer. */
  | { readonly code: 'client_gone' }
  | { readonly code: 'leases_unsupported'; readonly store: string }
  /** This service has no streams for workers. */
  | { readonly code: 'presence_unsupported' }
  /** No such stream is open in this process, or it belongs to another access token. */
  | { readonly code: 'presence_not_found' }
  | { readonly code: 'precondition_required'; readonly faults: readonly Fault[] }
  | { readonly code: 'body_too_large'; readonly limitBytes: number }
  | {
      readonly code: 'state_too_large';
      /**
       * The exceeded limit: sheets, bytes of the stored text, values in a body, or costly values (`nodes`) in
       * one part of it.
       */
      readonly unit: 'sheets' | 'bytes' | 'values' | 'nodes';
      readonly asked: Integer;
      readonly limit: number;
    }
  /** The process has reached its limit of concurrent work. */
  | { readonly code: 'overloaded'; readonly retryAfterSeconds: number }
  /** The body did not arrive in time. */
  | { readonly code: 'body_too_slow'; readonly limitSeconds: number }
  | { readonly code: 'unsupported_media_type'; readonly faults: readonly Fault[] }
  | { readonly code: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly code: 'not_found'; readonly path: string }
  | {
      readonly code: 'store_unavailable';
      readonly retryAfterSeconds: number;
      /** `writes` if the store answers reads and only writes fail. */
      readonly lacks?: 'writes';
    }
  /** `reason` says whether the token is missing, malformed or unknown. */
  | { readonly code: 'unauthorized'; readonly reason: string }
  | { readonly code: 'token_expired'; readonly expiredAt: Timestamp }
  | { readonly code: 'forbidden'; readonly reason: string }
  /** The request is invalid, but not because of its body. */
  | { readonly code: 'malformed_request'; readonly faults: readonly Fault[] }
  /** The service lacks a required setting or binding. Its log names it. */
  | { readonly code: 'misconfigured' }
  | { readonly code: 'internal' };

/** `json_decode`: the bytes are not JSON text. `validation`: the JSON is not a checkpoint state. */
export type CorruptionType = 'json_decode' | 'validation' | 'unreadable';

/** The result of a call: its value or an expected failure. Unexpected errors are thrown. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
