import { expect, it } from 'vitest';
import { head, openConnection } from './raw-connection.ts';
import { launchForFile } from './service.ts';

const MEBIBYTE = 1024 * 1024;
const BYTES = 40 * MEBIBYTE;
const TYPE = 'Content-Type: application/json';

const service = await launchForFile();

it('POST of 40 MiB is answered 413 by its Content-Length, before any of it is sent', async () => {
  const connection = await openConnection(service.port);
  connection.send(head('POST', '/v1/jobs', TYPE, `Content-Length: ${BYTES}`));
  const answer = await connection.closed;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('"code":"body_too_large"');
  expect(answer.toLowerCase()).toContain('connection: close');
});

it('POST of 40 MiB in chunks is answered 413, and the service goes on', async () => {
  const connection = await openConnection(service.port);
  connection.send(head('POST', '/v1/jobs', TYPE, 'Transfer-Encoding: chunked'));
  const chunk = Buffer.concat([
    Buffer.from(`${MEBIBYTE.toString(16)}\r\n`),
    Buffer.alloc(MEBIBYTE, ' '),
    Buffer.from('\r\n'),
  ]);
  for (let sent = 0; sent < BYTES; sent += MEBIBYTE) connection.send(chunk);
  connection.send('0\r\n\r\n');
  const answer = await connection.closed;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('"limit_bytes":33554432');
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
});

it('POST of 40 MiB by a client that does not wait is answered 413', async () => {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(BYTES) };
  const body = new Blob([Buffer.alloc(BYTES, ' ')]);
  const answer = await fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body });
  expect(answer.status).toBe(413);
});

it('POST of 31 MiB is taken', async () => {
  const headers = { 'Content-Type': 'application/json', Prefer: 'return=minimal' };
  const text = 'x'.repeat(31 * MEBIBYTE);
  const body = `{"job_id": "large", "job_name": "x", "total_sheets": 1, "text": "${text}"}`;
  const created = await fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body });
  expect(created.status).toBe(201);
  const loaded = await fetch(`${service.url}/v1/jobs/large`);
  expect((await loaded.arrayBuffer()).byteLength).toBeGreaterThan(31 * MEBIBYTE);
});
