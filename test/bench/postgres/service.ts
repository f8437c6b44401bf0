import type { Call } from './many-jobs.ts';

/** Calls the service at this URL. Rejects where it refuses. */
export function callService(service: string): Call {
  return async (method, path, { json, token } = {}) => {
    const answer = await fetch(`${service}${path}`, {
      method,
      headers: {
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { 'Lease-Token': token }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    if (!text.startsWith('{')) return {};
    return JSON.parse(text) as Record<string, unknown>;
  };
}
