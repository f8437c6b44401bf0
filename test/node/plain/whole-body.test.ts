import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import type { HttpRequest } from '../../../functions/http/env.ts';
import { createPlainContext } from '../../../functions/node/plain/plain-context.ts';
import { createTwinServices } from '../../plain/twin-services.ts';
import { head, openConnection } from '../raw-connection.ts';

interface Came {
  readonly req: HttpRequest;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** A server, and its next request as the rules take it. */
async function openServer() {
  const { services } = createTwinServices({ access: null, corsOrigins: null });
  const waiting: ((came: Came) => void)[] = [];
  const server = createServer((incoming, outgoing) => {
    const request = { incoming, outgoing, method: 'PUT', host: 'localhost', path: '/' };
    waiting.shift()?.({ req: createPlainContext(services, request).req, incoming, outgoing });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const connection = await openConnection(
    typeof address === 'object' && address !== null ? address.port : 0,
  );
  return { connection, next: () => new Promise<Came>(resolve => waiting.push(resolve)) };
}

const HEAD = head('PUT', '/', 'Content-Length: 5');

it('takeWhole() has the body that came with its head, and listens to no event of it', async () => {
  const { connection, next } = await openServer();
  for (const body of ['hello', 'again']) {
    const coming = next();
    connection.send(`${HEAD}${body}`);
    const { req, incoming, outgoing } = await coming;
    const before = incoming.eventNames();
    const whole = await req.takeWhole?.();
    expect(new TextDecoder().decode(whole ?? undefined)).toBe(body);
    expect(incoming.eventNames()).toEqual(before);
    outgoing.end(body);
    await connection.received(body);
  }
});

it('takeWhole() is null when the body comes later, and arrayBuffer() has it then', async () => {
  const { connection, next } = await openServer();
  const coming = next();
  connection.send(HEAD);
  const { req } = await coming;
  expect(await req.takeWhole?.()).toBe(null);
  const reading = req.arrayBuffer();
  connection.send('hel');
  connection.send('lo');
  expect(new TextDecoder().decode(await reading)).toBe('hello');
});

it('arrayBuffer() rejects when the connection ends before the body, and also when it had ended before', async () => {
  const { connection, next } = await openServer();
  const coming = next();
  connection.send(`${HEAD}hel`);
  const { req, incoming } = await coming;
  expect(await req.takeWhole?.()).toBe(null);
  const gone = new Promise(resolve => incoming.on('close', resolve));
  const reading = req.arrayBuffer();
  connection.destroy();
  await expect(reading).rejects.toThrow('aborted');
  await gone;
  expect(await req.takeWhole?.()).toBe(null);
  await expect(req.arrayBuffer()).rejects.toThrow('ended before the body');
});

it('signal is aborted when the client goes away before the answer is sent, and not after it', async () => {
  const { connection, next } = await openServer();
  for (const isAnswered of [true, false]) {
    const coming = next();
    connection.send(`${HEAD}hello`);
    const { req, outgoing } = await coming;
    const { signal } = req.raw;
    const closed = new Promise(resolve => outgoing.on('close', resolve));
    if (isAnswered) outgoing.end('answer');
    else connection.destroy();
    await closed;
    expect(signal.aborted).toBe(!isAnswered);
  }
});
