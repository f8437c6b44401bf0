import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../lib/base/digest.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { runEntry, type Service, startService } from '../../node/service.ts';
import { cases } from '../../support/effort.ts';
import { CREDENTIALS } from '../../support/s3/emulation.ts';
import { createFakeS3, failure } from '../../support/s3/fake.ts';
import { openS3 } from '../../support/s3/open-s3.ts';
import { type Answer, type ServedS3, serveS3 } from '../../support/s3/serve.ts';

const ROUNDS = cases(4);
const CLAIMS_OF_A_SERVICE = 4;

const served: ServedS3[] = [];

afterAll(async () => {
  for (const server of served) await server.stop();
});

async function serve(answer: Answer): Promise<ServedS3> {
  const server = await serveS3(answer);
  served.push(server);
  return server;
}

function environmentOf({ address }: Pick<ServedS3, 'address'>, prefix: string) {
  return {
    STORE: `s3://${address.bucket}/${prefix}?endpoint=${address.endpoint}&region=${address.region}`,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}

/** As an examination leaves it that took thousands of requests. */
async function writeFinding({ address }: Pick<ServedS3, 'address'>, prefix: string) {
  const store = openS3(address, { prefix: `${prefix}/` });
  const place = await sha256Hex(`s3://${address.bucket}/${prefix}/ at ${address.endpoint}`);
  const found = JSON.stringify({ place, examined_ms: Date.now() });
  await store.put('doctor/sound.json', new TextEncoder().encode(found), UNCONDITIONAL);
}

async function ask(
  { url }: Service,
  [method, path]: readonly [string, string],
  { json, token }: { readonly json?: unknown; readonly token?: string } = {},
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { 'Lease-Token': token }),
    },
    body: json === undefined ? null : JSON.stringify(json),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

const JOB = { job_id: 'a', job_name: 'x', total_sheets: 20 };

describe('two services on one bucket', () => {
  it('give one job to one of their callers, with epochs that grow by one, and lose nothing when one is killed', async () => {
    const bucket = await serve(createFakeS3().answer);
    await writeFinding(bucket, 'two');
    const environment = environmentOf(bucket, 'two');
    const [left, right] = await Promise.all([
      startService({ environment }),
      startService({ environment }),
    ]);
    expect((await ask(left, ['POST', '/v1/jobs'], { json: JOB })).status).toBe(201);
    const epochs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const claims = [left, right].flatMap(service =>
        Array.from({ length: CLAIMS_OF_A_SERVICE }, (_, claimer) =>
          ask(service, ['POST', '/v1/claims'], { json: { holder: `w-${claimer}` } }),
        ),
      );
      const won = (await Promise.all(claims)).filter(({ status }) => status === 201);
      expect(won).toHaveLength(1);
      const { token, lease } = won[0]?.json ?? {};
      epochs.push(lease.epoch);
      const update = await ask(left, ['PUT', `/v1/jobs/a/sheets/${round}`], {
        json: { status: 'completed' },
        token,
      });
      expect(update.status).toBe(200);
      expect((await ask(right, ['DELETE', '/v1/jobs/a/lease'], { token })).status).toBe(204);
    }
    expect(epochs).toEqual(Array.from({ length: ROUNDS }, (_, index) => index + 1));
    await left.stop('SIGKILL');
    const job = await ask(right, ['GET', '/v1/jobs/a']);
    expect(job.json).toMatchObject({ last_completed_sheet: ROUNDS });
    const list = await ask(right, ['GET', '/v1/jobs']);
    expect(list.json.jobs).toMatchObject([{ job_id: 'a', last_completed_sheet: ROUNDS }]);
  });
});

describe('a service on a bucket', () => {
  it('tells where it is, and does not examine what was found right lately', async () => {
    const fake = createFakeS3();
    const server = await serve(fake.answer);
    await writeFinding(server, 'jobs');
    fake.requests.length = 0;
    const service = await startService({ environment: environmentOf(server, 'jobs') });
    const told = await service.line(line => 'url' in line);
    expect(told['folder']).toBe(`s3://states/jobs/ at ${server.address.endpoint}`);
    expect(JSON.stringify(told)).not.toContain(CREDENTIALS.secretAccessKey);
    expect((await ask(service, ['GET', '/readyz'])).json).toMatchObject({
      store: 's3',
      leases: true,
    });
    const examined = fake.requests.filter(request => request.includes('/doctor/'));
    const tried = ['GET', 'PUT', 'HEAD', 'PUT', 'PUT', 'HEAD'];
    expect(examined).toEqual(tried.map(method => `${method} jobs/doctor/sound.json`));
  });

  it('refuses leases, and serves all else, where the server ignores conditions', async () => {
    const server = await serve(createFakeS3({ ignoresConditions: true }).answer);
    const service = await startService({ environment: environmentOf(server, 'jobs') });
    await service.line(({ message }) => String(message).includes('8 of 8 writers won'));
    expect((await ask(service, ['POST', '/v1/jobs'], { json: JOB })).status).toBe(201);
    const claim = await ask(service, ['POST', '/v1/claims'], { json: { holder: 'w' } });
    expect(claim).toMatchObject({ status: 501, json: { code: 'leases_unsupported' } });
    expect((await ask(service, ['GET', '/readyz'])).json).toMatchObject({
      leases: false,
      limits: ['The store failed its examination: leases, claims and sweeps answer 501'],
    });
  });

  it('does not start where the server refuses its credentials, and says so', async () => {
    const server = await serve(async ({ method }) => failure(403, 'InvalidAccessKeyId', method));
    const environment = environmentOf(server, 'jobs');
    const exit = await runEntry({ flags: ['--port=0'], environment });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain('the server answered 403 InvalidAccessKeyId');
    expect(exit.stderr).not.toContain('    at ');
    expect(exit.stderr).not.toContain(CREDENTIALS.secretAccessKey);
  });
});
