import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL } from '../../../lib/store.ts';
import type { BucketAddress } from '../../../lib/stores/s3/address.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { increment } from '../../conformance/increment.ts';
import { collect, write } from '../../conformance/write.ts';
import {
  createFakeS3,
  document,
  FAKE_ADDRESS,
  type FakeS3,
  failure,
} from '../../support/s3/fake.ts';
import { type Incident, incidentsOn } from '../../support/s3/incidents.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const KEY = 'jobs/a.json';

describe('a server that is restarted', () => {
  it('put() does each of 40 increments of 8 writers once while the server is killed, also between a write and its answer', async () => {
    const fake = createFakeS3();
    const host = await createHost(fake);
    const store = openS3(host.address, { random: () => 0.01, delay: () => host.running() });
    const keys = Array.from({ length: 8 }, (_, writer) => `jobs/${writer}.json`);
    for (const key of keys) await write(store, key, '0');
    host.killAt = [13, 28, 29, 30, 61, 90];
    await Promise.all(
      keys.map(async key => {
        for (let done = 0; done < 5; done += 1) await increment(store, key);
      }),
    );
    const bodies = await Promise.all(keys.map(key => store.get(key)));
    expect(bodies.map(object => textOf(object?.body))).toEqual(keys.map(() => '5'));
    expect(host.kills).toBe(6);
  });
});

describe('answers that break off', () => {
  it.each([
    ['a body with a length', { 'Content-Length': '3' }],
    ['a body in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('get() tries again, and takes no part for the whole, of %s', async (_, headers) => {
    let answers = 0;
    const server = createServer((_request, outgoing) => {
      answers += 1;
      outgoing.writeHead(200, { ETag: '"a"', ...headers });
      if (answers === 3) outgoing.end('one');
      else outgoing.write('on', () => outgoing.socket?.destroy());
    });
    const store = openS3(await listen(server));
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(answers).toBe(3);
  });

  it('get() refuses a body whose end nobody knows', async () => {
    const server = createServer((_request, outgoing) => {
      outgoing.socket?.end('HTTP/1.1 200 OK\r\nETag: "a"\r\nConnection: close\r\n\r\n{"on');
    });
    await expect(openS3(await listen(server)).get(KEY)).rejects.toThrow(
      'the answer does not say where it ends',
    );
  });

  it('list() reads a page without a length, as over HTTP/2, and tries again where it breaks off', async () => {
    const page = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
    const pages = [page.slice(0, -20), page];
    const server = createServer((_request, outgoing) => {
      outgoing.socket?.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${pages.shift()}`);
    });
    expect(await collect(openS3(await listen(server)).list('jobs/'))).toEqual([]);
    expect(pages).toEqual([]);
  });

  it('get() closes the connection of such an answer', async () => {
    const closed: Promise<unknown>[] = [];
    const server = createServer((_request, { socket }) => {
      if (socket === null) return;
      closed.push(once(socket, 'close'));
      socket.write('HTTP/1.1 200 OK\r\nETag: "a"\r\nConnection: close\r\n\r\n{"on');
    });
    await expect(openS3(await listen(server)).get(KEY)).rejects.toThrow('does not say');
    await Promise.all(closed);
  });
});

describe('a server that has too much to do, or no room', () => {
  const pauses: number[] = [];
  const storeWith = (incidents: Partial<Record<string, Incident[]>>, fake = createFakeS3()) => {
    pauses.length = 0;
    return openS3(FAKE_ADDRESS, {
      fetch: incidentsOn(fake, incidents),
      random: () => 0.5,
      delay: async ms => {
        pauses.push(ms);
      },
    });
  };
  const slow =
    (retryAfter: string): Incident =>
    async () =>
      failure(503, 'SlowDown', 'PUT', { 'Retry-After': retryAfter });

  it.each([
    ['2', [2_000]],
    ['0', [100]],
    ['Sat, 28 Nov 2026 10:00:00 GMT', [100]],
    ['-5', [100]],
  ])('put() waits as long as Retry-After says: %s', async (retryAfter, expected) => {
    const store = storeWith({ PUT: [slow(retryAfter)] });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(pauses).toEqual(expected);
  });

  it('put() fails at once where the server asks for more time than there is', async () => {
    const store = storeWith({ PUT: [slow('60')] });
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow('503 SlowDown');
    expect(pauses).toEqual([]);
  });

  it.each([
    [507, 'XMinioStorageFull'],
    [507, 'InsufficientStorage'],
    [403, 'QuotaExceeded'],
  ])('put() fails at once with %s %s, and works again when there is room', async (status, code) => {
    const store = storeWith({ PUT: [async () => failure(status, code)] });
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow(`${status} ${code}`);
    expect(pauses).toEqual([]);
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
  });

  it.each([500, 503])('put() finds its result when the answer to its write is %s', async status => {
    const fake = createFakeS3();
    const applied: Incident = async call => {
      await call();
      return failure(status, 'InternalError');
    };
    const store = storeWith({ PUT: [applied, applied] }, fake);
    const version = await store.put(KEY, bodyOf('one'), ABSENT);
    expect(version).toBe(await store.head(KEY));
    const expected = version === null ? ABSENT : atVersion(version);
    expect(await store.put(KEY, bodyOf('two'), expected)).toBe(await store.head(KEY));
  });
});

describe('lists', () => {
  const page = (keys: readonly string[], token: string) => async () =>
    document(
      `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>${keys.map(key => `<Contents><Key>${key}</Key><ETag>"e"</ETag></Contents>`).join('')}</ListBucketResult>`,
    );

  it.each([
    [
      'is repeated under another token',
      [
        ['jobs/a', 'jobs/b'],
        ['jobs/a', 'jobs/b'],
      ],
    ],
    ['goes back', [['jobs/a', 'jobs/c'], ['jobs/b']]],
    ['begins with the last key', [['jobs/a', 'jobs/b'], ['jobs/b']]],
  ])('list() fails where a page %s', async (_, keys) => {
    const LIST = keys.map((those, index) => page(those, `t${index}`));
    const store = openS3(FAKE_ADDRESS, { fetch: incidentsOn(createFakeS3(), { LIST }) });
    await expect(collect(store.list('jobs/', '', { labels: false }))).rejects.toThrow(
      'a page does not begin behind the one before',
    );
  });

  it('list() goes over pages without keys, but not for ever', async () => {
    const pages = (count: number) => Array.from({ length: count }, (_, at) => page([], `t${at}`));
    const listed = (count: number) => {
      const fetch = incidentsOn(createFakeS3(), { LIST: pages(count) });
      return collect(openS3(FAKE_ADDRESS, { fetch }).list('jobs/', '', { labels: false }));
    };
    expect(await listed(20)).toEqual([]);
    await expect(listed(200)).rejects.toThrow('the next page is the same one');
  });

  it('list() and get() agree about names with spaces, signs and other letters', async () => {
    const fake = createFakeS3({ listsEncodedKeys: true, pageSize: 2 });
    const store = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
    const names = ['a b', 'a+b', 'a%20b', 'a%2Bb', 'ä', 'a&<b>"', '名前', '𝒳'];
    for (const name of names) await store.put(`jobs/${name}`, bodyOf(name), UNCONDITIONAL, name);
    const found = await collect(store.list('jobs/'));
    expect(new Set(found.map(({ label }) => label))).toEqual(new Set(names));
    for (const { key, label } of found) expect(textOf((await store.get(key))?.body)).toBe(label);
  });
});

interface Host {
  readonly address: BucketAddress;
  /** At the requests with these numbers the server is killed: the odd ones are carried out before. */
  killAt: readonly number[];
  readonly kills: number;
  /** Resolves when connections are accepted again. */
  running(): Promise<void>;
}

/** A bucket behind a server that starts again on the same port half a millisecond after each kill, with the same objects. */
async function createHost(fake: FakeS3): Promise<Host> {
  let requests = 0;
  let kills = 0;
  let restarted: Promise<void> = Promise.resolve();
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const number = requests;
    const isLast = host.killAt.includes(number);
    void (async () => {
      const body = await buffer(incoming);
      const request = {
        method: incoming.method ?? '',
        url: `http://s3.test${incoming.url}`,
        headers: new Headers(incoming.headers as Record<string, string>),
        body,
      };
      if (isLast && number % 2 === 0) {
        kill();
        return;
      }
      const response = await fake.answer(request);
      if (isLast) {
        kill();
        return;
      }
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(new Uint8Array(await response.arrayBuffer()));
    })();
  });
  const address = await listen(server);
  const { port } = server.address() as AddressInfo;

  function kill(): void {
    kills += 1;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    restarted = listenAgain(closed);
  }

  async function listenAgain(closed: Promise<unknown>): Promise<void> {
    await closed;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  const host = {
    address,
    killAt: [] as readonly number[],
    get kills() {
      return kills;
    },
    running: () => restarted,
  };
  return host;
}

async function listen(server: Server): Promise<BucketAddress> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { ...FAKE_ADDRESS, endpoint: `http://127.0.0.1:${port}` };
}
