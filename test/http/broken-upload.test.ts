import { expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';

it.each([{}, { 'Content-Length': '100' }])(
  'POST answers malformed_json when the body breaks off %j',
  async headers => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"job_id": "job-1", '));
      },
      pull: controller => controller.error(new Error('aborted')),
    });
    const app = openApp();
    const answer = await app.ask('POST', '/v1/jobs', { body, headers });
    expect(answer).toMatchObject(aProblem({ status: 400, code: 'malformed_json', path: '' }));
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({ jobs: [] });
  },
);
