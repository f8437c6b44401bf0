import { describe, expect, it } from 'vitest';
import { leastOf } from '../support/measure/least.ts';
import { head, openConnection } from './raw-connection.ts';
import { type LogLine, startService } from './service.ts';

const BODY = '{"job_id": "slow", "job_name": "x", "total_sheets": 1}';
const UPLOAD = head(
  'POST',
  '/v1/jobs',
  'Content-Type: application/json',
  `Content-Length: ${BODY.length}`,
);

describe('SIGTERM', () => {
  it('reaches the service through npm', async () => {
    const service = await startService({ command: ['npm', 'start', '--silent', '--'] });
    const { stdout, code } = await service.stop('SIGTERM');
    expect(stdout).toContain('"message":"Stopped"');
    expect(code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('or %s ends an idle process with 0', async either => {
    const service = await startService();
    expect(await service.stop(either)).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('answers an upload that is under way', async () => {
    const service = await startService();
    const connection = await openConnection(service.port);
    connection.send(UPLOAD + BODY.slice(0, 10));
    await fetch(`${service.url}/healthz`);
    const exit = service.stop('SIGTERM');
    await service.line(line => line['signal'] === 'SIGTERM');
    connection.send(BODY.slice(10));
    const answer = await connection.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toContain('"job_id": "slow"');
    expect(await exit).toMatchObject({ code: 0, signal: null });
  });

  it('leaves no client of a kept-alive connection hanging', async () => {
    const service = await startService();
    const connection = await openConnection(service.port);
    connection.send(head('GET', '/healthz'));
    await connection.received('{"status":"ok"}');
    const exit = service.stop('SIGTERM');
    await connection.closed;
    expect(await exit).toMatchObject({ code: 0, signal: null });
  });

  it('answers a claim that waits at once', async () => {
    const service = await startService();
    const waiting = await openConnection(service.port);
    const ask = JSON.stringify({ holder: 'w-1', wait_seconds: 30 });
    const type = 'Content-Type: application/json';
    waiting.send(head('POST', '/v1/claims', type, `Content-Length: ${ask.length}`) + ask);
    // What was sent before on another connection is read before.
    await fetch(`${service.url}/healthz`);
    const exit = service.stop('SIGTERM');
    // After ten seconds the connection would be closed without an answer.
    expect(await waiting.closed).toMatch(/^HTTP\/1\.1 204 /);
    expect(await exit).toMatchObject({ code: 0, signal: null });
  });

  it('takes no new connections while it finishes', async () => {
    const service = await startService();
    const connection = await openConnection(service.port);
    connection.send(UPLOAD);
    await fetch(`${service.url}/healthz`);
    const exit = service.stop('SIGTERM');
    await service.line(line => line['signal'] === 'SIGTERM');
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow(TypeError);
    connection.send(BODY);
    await connection.closed;
    expect(await exit).toMatchObject({ code: 0 });
  });
});

describe('the exit', () => {
  it('does not wait until a connection that was busy is no longer kept alive', async () => {
    // Node keeps a connection for 5 seconds.
    expect(await leastOf(4_000, msToStop)).toBeLessThan(4_000);
  });
});

/** Between the signal and the end of a service that answers a request meanwhile, by its log. */
async function msToStop(): Promise<number> {
  const service = await startService();
  const connection = await openConnection(service.port);
  connection.send(UPLOAD);
  await fetch(`${service.url}/healthz`);
  const exit = service.stop('SIGTERM');
  const told = await service.line(line => line['signal'] === 'SIGTERM');
  connection.send(BODY);
  const stopped = await service.line(line => line['message'] === 'Stopped');
  await exit;
  const time = (line: LogLine) => Date.parse(String(line['@timestamp']));
  return time(stopped) - time(told);
}

describe('a second SIGTERM', () => {
  it('ends the process at once', async () => {
    const service = await startService();
    const connection = await openConnection(service.port);
    connection.send(UPLOAD);
    await fetch(`${service.url}/healthz`);
    void service.stop('SIGTERM');
    await service.line(line => line['signal'] === 'SIGTERM');
    expect(await service.stop('SIGTERM')).toMatchObject({ signal: 'SIGTERM' });
  });
});
