import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, UNCONDITIONAL } from '../../lib/store.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../conformance/body.ts';
import { specifyKeys } from '../conformance/keys.ts';
import { specifyLabels } from '../conformance/label.ts';
import type { Medium } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { IS_WHOLE } from '../support/effort.ts';
import { usePostgres } from '../support/postgres/medium.ts';
import {
  dropSchema,
  nextSchema,
  openClient,
  openStore,
  serverUrl,
  targetOf,
} from '../support/postgres/open-store.ts';
import { POSTGRES_TRAITS } from '../support/postgres/traits.ts';

describe.runIf(IS_WHOLE)('all that the suite has', () => {
  const postgres = usePostgres();
  describeStore({ traits: POSTGRES_TRAITS, open: () => postgres.open() });
});

describe('the store of PostgreSQL on Deno', () => {
  const schema = nextSchema();
  const clients = [openClient(targetOf(serverUrl()), 4), openClient(targetOf(serverUrl()), 4)];
  const [left, right] = clients.map(client => openStore(schema, { client }));
  let medium: Medium;

  beforeAll(async () => {
    await left?.head('jobs/a.json');
    return async () => {
      await Promise.all(clients.map(client => client.close()));
      await dropSchema(schema);
    };
  });

  beforeEach(async () => {
    if (left === undefined || right === undefined) throw new TypeError('No store');
    for (const table of ['listed', 'plain', 'resident', 'removed']) {
      const text = `DELETE FROM "${schema}".${table}_object`;
      await clients[0]?.run({ text, values: [] });
    }
    medium = { left, right, stranger: async () => right, destroy: async () => {} };
  });

  // What a runtime may do in its own way: bytes and texts over a socket, and requests that overlap.
  specifyKeys(() => medium);
  specifyLabels(() => medium, POSTGRES_TRAITS);

  it('put() has one winner of eight that create, who share a message or not', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, racer) =>
        (racer % 2 === 0 ? medium.left : medium.right).put(
          'jobs/a.json',
          bodyOf(`racer ${racer}`),
          ABSENT,
        ),
      ),
    );
    const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [`racer ${racer}`]));
    expect(winners).toEqual([textOf((await medium.right.get('jobs/a.json'))?.body)]);
  });

  it('put() and get() keep 5 MB and an empty body', async () => {
    await medium.left.put('jobs/a.json', largeBody(5_000_000), UNCONDITIONAL, 'large');
    await medium.left.put('ready/1~a', new Uint8Array(), ABSENT, 'empty');
    const large = await medium.right.get('jobs/a.json');
    expect(sameBytes(large?.body ?? new Uint8Array(), largeBody(5_000_000))).toBe(true);
    expect((await medium.right.get('ready/1~a'))?.body.byteLength).toBe(0);
  });
});
