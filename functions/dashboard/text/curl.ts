import type { JobAction } from './job-action.ts';
import { encodeSegment } from './route.ts';

/** A call to the service. `path` begins with `/` and is encoded. */
export interface ServiceCall {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/**
 * The call as a command for a shell. The access token is named by its variable and never written, because commands are
 * kept in histories and pasted into tickets.
 */
export function curlText(
  { method, path, body }: ServiceCall,
  { base, withToken }: { readonly base: string; readonly withToken: boolean },
): string {
  const address = new URL(path.replace(/^\//, ''), base).href;
  const parts = ['curl -sS'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(quoted(address));
  if (withToken) parts.push('-H "Authorization: Bearer $DALSEGNO_TOKEN"');
  if (body !== undefined)
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return parts.join(' ');
}

export function jobPath(jobId: string, below = ''): string {
  return `/v1/jobs/${encodeSegment(jobId)}${below}`;
}

/** The call of an action on one job. */
export function actionCall(
  jobId: string,
  action: JobAction,
  { force, message }: { readonly force: boolean; readonly message: string },
): ServiceCall {
  const query = force ? '?force=true' : '';
  if (action === 'delete') return { method: 'DELETE', path: jobPath(jobId, query) };
  const path = jobPath(jobId, `/${action}${query}`);
  if (action !== 'fail' || message.trim() === '') return { method: 'POST', path };
  return { method: 'POST', path, body: { error_message: message.trim() } };
}

/** The text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
