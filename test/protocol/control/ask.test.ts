import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { keysOf, LEASE } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';

describe.each([LEASE, '/v1/claims'])('POST %s', path => {
  it.each([5, 60, 3600])('POST accepts a ttl of %j seconds', async ttl_seconds => {
    const app = openApp();
    await app.create();
    const granted = await app.ask('POST', path, { json: { holder: 'w', ttl_seconds } });
    expect(granted.json).toMatchObject({
      lease: { ttl_seconds },
      renew_after_ms: Math.floor((ttl_seconds * 1000) / 3),
    });
  });

  it.each([0.5, 0, -60, 3601, 5.5, '60', null, true, [60]])(
    'POST refuses a ttl of %j',
    async ttl_seconds => {
      const app = openApp();
      await app.create();
      const refused = await app.ask('POST', path, { json: { holder: 'w', ttl_seconds } });
      expect(refused).toMatchObject(
        aProblem({ status: 422, code: 'invalid', path: '/ttl_seconds' }),
      );
      expect(await keysOf(app.store, 'leases/')).toEqual([]);
    },
  );

  it.each(['w', 'a name of words', ' w ', 'ünïcode ♪', 'x'.repeat(200)])(
    'POST accepts the holder %j',
    async holder => {
      const app = openApp();
      await app.create();
      const granted = await app.ask('POST', path, { json: { holder } });
      expect(granted.json).toMatchObject({ lease: { holder } });
    },
  );

  it.each(['', ' ', '\t\n', 'x'.repeat(201), '\ud800', 7, null, ['w'], undefined])(
    'POST refuses the holder %j',
    async holder => {
      const app = openApp();
      await app.create();
      const refused = await app.ask('POST', path, { json: { holder } });
      expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/holder' }));
    },
  );

  it.each(['', '{', '{"holder": "w"', '{"holder": "w"}{}'])(
    'POST answers malformed_json to %j',
    async body => {
      const app = openApp();
      await app.create();
      const refused = await app.ask('POST', path, { body });
      expect(refused).toMatchObject(aProblem({ status: 400, code: 'malformed_json' }));
    },
  );

  it.each(['[]', 'null', '"w"', '5'])('POST refuses the body %s', async body => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('POST', path, { body });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '' }));
  });

  it('POST refuses members that it does not know', async () => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('POST', path, { json: { holder: 'w', ttl: 60 } });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
  });

  it('POST answers unsupported_media_type to what is not JSON', async () => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('POST', path, {
      body: 'holder=w',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(refused).toMatchObject(aProblem({ status: 415, code: 'unsupported_media_type' }));
  });

  it('POST answers body_too_large to more than it reads', async () => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('POST', path, { json: { holder: 'x'.repeat(300_000) } });
    expect(refused).toMatchObject(aProblem({ status: 413, code: 'body_too_large' }));
  });

  it('POST keeps what it cannot use out of the message', async () => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('POST', path, { json: { holder: 'x'.repeat(100_000) } });
    expect(refused.text.length).toBeLessThan(2000);
  });
});

describe('what is asked of leases with another method', () => {
  it.each([
    ['GET', '/v1/claims', 'POST'],
    ['GET', '/v1/heartbeats', 'POST'],
    ['GET', '/v1/sweep', 'POST'],
    ['GET', '/v1/jobs/job-1/pause', 'POST'],
    ['PUT', '/v1/jobs/job-1/resume', 'POST'],
    ['GET', '/v1/jobs/job-1/cancel', 'POST'],
    ['GET', '/v1/jobs/job-1/fail', 'POST'],
    ['POST', '/v1/jobs/job-1/why', 'GET, HEAD'],
  ])('%s %s answers 405 with %s', async (method, path, allow) => {
    const refused = await openApp().ask(method, path);
    expect(refused).toMatchObject(aProblem({ status: 405, code: 'method_not_allowed' }));
    expect(refused.header('allow')).toBe(allow);
  });
});

describe('/v1/jobs/{id}/lease', () => {
  it.each(['GET', 'PATCH'])('%s answers 405 with the methods there are', async method => {
    const app = openApp();
    const refused = await app.ask(method, LEASE);
    expect(refused).toMatchObject(aProblem({ status: 405, code: 'method_not_allowed' }));
    expect(refused.header('allow')).toBe('POST, PUT, DELETE');
  });

  it('POST refuses an id that is none', async () => {
    const app = openApp();
    const refused = await app.ask('POST', '/v1/jobs/%00/lease', { json: { holder: 'w' } });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '{id}' }));
  });
});
