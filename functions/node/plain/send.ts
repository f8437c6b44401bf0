import type { ServerResponse } from 'node:http';
import type { WholeAnswer } from '../drain.ts';

/** Writes an answer, and ends the response. */
export function send({ status, headers, body }: WholeAnswer, outgoing: ServerResponse): void {
  // A list, because Node writes it as it is. It would turn an object into one.
  const list: string[] = [];
  for (const name in headers) list.push(name, headers[name] ?? '');
  if (body === null) {
    outgoing.writeHead(status, list);
    outgoing.end();
    return;
  }
  list.push('Content-Length', String(Buffer.byteLength(body)));
  outgoing.writeHead(status, list);
  outgoing.end(body);
}
