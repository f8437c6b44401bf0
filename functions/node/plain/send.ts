import type { ServerResponse } from 'node:http';
import type { Answer } from '../../http/response.ts';

/** Writes an answer, whose body is all there, and ends the response. */
export function send({ status, headers, body }: Answer, outgoing: ServerResponse): void {
  if (body instanceof ReadableStream) throw new TypeError('A stream is no plain answer');
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
