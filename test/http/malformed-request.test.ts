import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';

describe('a request that names several hosts', () => {
  it.each(['localhost, evil.example', 'localhost, localhost'])('is refused: %s', async host => {
    const answer = await openApp().ask('GET', '/healthz', { headers: { Host: host } });
    expect(answer).toMatchObject(
      aProblem({ status: 400, code: 'malformed_request', path: 'Host' }),
    );
  });
});

describe('where no tokens are asked for, a target elsewhere', () => {
  const targets = ['http://evil.example', 'https://evil.example', 'http://127.0.0.1.evil.example'];

  it.each(targets)('is not served with a Host that is here: %s', async origin => {
    const app = openApp();
    await app.create();
    const headers = { Host: 'localhost' };
    const answer = await app.ask('POST', `${origin}/v1/jobs/job-1/cancel`, { headers });
    expect(answer).toMatchObject(aProblem({ status: 403, code: 'forbidden' }));
    expect((await app.ask('GET', '/v1/jobs/job-1')).json).toMatchObject({ status: 'pending' });
  });

  it.each(['http://127.0.0.1:8787', 'http://[::1]:8787', 'http://localhost'])(
    '%s is here',
    async origin => {
      const headers = { Host: origin.slice('http://'.length) };
      expect((await openApp().ask('GET', `${origin}/v1/jobs`, { headers })).status).toBe(200);
    },
  );
});
