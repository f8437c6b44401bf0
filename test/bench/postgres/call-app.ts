import type { AppClient } from '../../support/app.ts';
import type { Call } from './many-jobs.ts';

/** Calls an application of this process. Rejects where it refuses. */
export function callApp(app: AppClient): Call {
  return async (method, path, { json, token } = {}) => {
    const headers: Record<string, string> = token === undefined ? {} : { 'Lease-Token': token };
    const answer = await app.ask(method, path, { json, headers });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    if (!answer.text.startsWith('{')) return {};
    return answer.json as Record<string, unknown>;
  };
}
