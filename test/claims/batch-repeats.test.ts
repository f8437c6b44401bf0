import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { KEY, keyed, OTHER_KEY, REUSED } from '../support/idempotency.ts';
import type { ShownLease } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { openSecondProcess } from '../support/second-process.ts';

interface Shown {
  readonly token: string;
  readonly lease: ShownLease;
}

const ASK = { holder: 'w-1', max: 3 };

function claimWith(
  app: Pick<AppClient, 'ask'>,
  headers: Record<string, string>,
  json: unknown = ASK,
): Promise<Answer> {
  return app.ask('POST', '/v1/claims', { json, headers });
}

/** What a client must find the same in both answers. */
function factsIn(answer: Answer): unknown {
  const { grants } = answer.json as { grants: Shown[] };
  return grants
    .map(({ token, lease }) => [lease.job_id, lease.lease_id, lease.epoch, token].join())
    .toSorted();
}

function grantsIn(answer: Answer): Shown[] {
  return (answer.json as { grants: Shown[] }).grants;
}

async function open(count = 5): Promise<AppClient> {
  const app = openApp({ store: createMemoryStore() });
  for (let index = 1; index <= count; index += 1) await app.create({ job_id: `job-${index}` });
  return app;
}

async function release(app: AppClient, { token, lease }: Shown): Promise<void> {
  const headers = { 'Lease-Token': token };
  const released = await app.ask('DELETE', `/v1/jobs/${lease.job_id}/lease`, { headers });
  expect(released.status).toBe(204);
}

describe('a repeated claim of several jobs', () => {
  it('gets the same leases and tokens in the same process, also if it does not say so', async () => {
    const app = await open();
    const first = await claimWith(app, keyed(KEY));
    const again = await claimWith(app, keyed(KEY));
    expect(grantsIn(first)).toHaveLength(3);
    expect([again.status, factsIn(again)]).toEqual([201, factsIn(first)]);
  });

  it('gets the same from another process, if it says that it is a repeat', async () => {
    const app = await open();
    const first = await claimWith(app, keyed(KEY));
    const other = openSecondProcess(app.store);
    expect(factsIn(await claimWith(other, keyed(KEY, 2)))).toEqual(factsIn(first));
  });

  it('gets those that still hold', async () => {
    const app = await open();
    const [released, ...others] = grantsIn(await claimWith(app, keyed(KEY)));
    if (released !== undefined) await release(app, released);
    const again = grantsIn(await claimWith(app, keyed(KEY, 2)));
    const jobs = (grants: readonly Shown[]) => grants.map(({ lease }) => lease.job_id).toSorted();
    expect(jobs(again)).toEqual(jobs(others));
  });

  it('gets the same after the wait has another length', async () => {
    const app = await open();
    const first = await claimWith(app, keyed(KEY), { ...ASK, wait_seconds: 30 });
    const again = await claimWith(app, keyed(KEY, 2), ASK);
    expect(factsIn(again)).toEqual(factsIn(first));
  });

  it('keeps its leases alive: it renews them', async () => {
    const app = await open();
    await claimWith(app, keyed(KEY));
    const again = grantsIn(await claimWith(app, keyed(KEY, 2)));
    expect(again.map(({ lease }) => lease)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ renewals: 1 })),
    );
  });

  it('claims jobs if the first try was granted none', async () => {
    const app = openApp({ store: createMemoryStore() });
    expect((await claimWith(app, keyed(KEY))).status).toBe(204);
    await app.create();
    expect(grantsIn(await claimWith(app, keyed(KEY, 2)))).toHaveLength(1);
  });

  it('waits for its turn if the first try is still running, and gets the same', async () => {
    const app = await open();
    const answers = await Promise.all([claimWith(app, keyed(KEY)), claimWith(app, keyed(KEY, 2))]);
    const [first, second] = answers.map(factsIn);
    expect(second).toEqual(first);
    expect(first).toHaveLength(3);
  });
});

describe('a key of a claim of several jobs', () => {
  it('gives no lease of another key', async () => {
    const app = await open();
    const first = grantsIn(await claimWith(app, keyed(KEY)));
    const second = grantsIn(await claimWith(app, keyed(OTHER_KEY)));
    expect(new Set([...first, ...second].map(({ lease }) => lease.lease_id)).size).toBe(5);
  });

  it.each([
    ['another number', { ...ASK, max: 4 }],
    ['one job', { holder: 'w-1' }],
    ['another holder', { ...ASK, holder: 'w-2' }],
  ])('is refused to a claim of %s', async (_what, json) => {
    const app = await open();
    await claimWith(app, keyed(KEY));
    expect(await claimWith(app, keyed(KEY), json)).toMatchObject(REUSED);
    const other = openSecondProcess(app.store);
    const known = await claimWith(other, keyed(KEY, 2), ASK);
    expect(grantsIn(known)).toHaveLength(3);
  });

  it('is refused to a claim of another number by a process that has not seen it', async () => {
    const app = await open();
    await claimWith(app, keyed(KEY));
    const other = openSecondProcess(app.store);
    expect(await claimWith(other, keyed(KEY, 2), { ...ASK, max: 2 })).toMatchObject(REUSED);
  });
});

describe('a repeat of which all leases are over', () => {
  it('is told so, and claims nothing else', async () => {
    const app = await open();
    for (const grant of grantsIn(await claimWith(app, keyed(KEY)))) {
      const headers = { 'Lease-Token': grant.token };
      const path = `/v1/jobs/${grant.lease.job_id}/cancel`;
      expect((await app.ask('POST', path, { headers })).status).toBe(200);
    }
    expect(await claimWith(app, keyed(KEY, 2))).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost' }),
    );
  });

  it('is told so by another process while the lease objects are there', async () => {
    const app = await open();
    const grants = grantsIn(await claimWith(app, keyed(KEY)));
    for (const { lease } of grants) {
      const key = `leases/${lease.job_id}.${lease.lease_id}.json`;
      const object = await app.store.get(key);
      const ended = { ...JSON.parse(new TextDecoder().decode(object?.body)), expired: true };
      await app.store.put(key, new TextEncoder().encode(JSON.stringify(ended)), { kind: 'none' });
    }
    const other = openSecondProcess(app.store);
    expect(await claimWith(other, keyed(KEY, 2))).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost' }),
    );
  });
});
