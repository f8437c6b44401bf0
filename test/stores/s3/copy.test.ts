import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { furnished, run } from '../../cli/copy/command.ts';
import { CREDENTIALS } from '../../support/s3/emulation.ts';
import { createFakeS3 } from '../../support/s3/fake.ts';
import { serveS3 } from '../../support/s3/serve.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const fake = createFakeS3();
const server = await serveS3(fake.answer);

afterAll(() => server.stop());

describe('dalsegno copy', () => {
  it('copies a folder into a bucket and back, byte for byte, with credentials from a file', async () => {
    const from = await furnished();
    const folder = await makeTemporaryFolder();
    const file = join(folder, 'credentials');
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    await writeFile(
      file,
      `[jobs]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    );
    const environment = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'jobs' };
    const bucket = `s3://states/of/jobs?endpoint=${server.address.endpoint}`;
    const there = await run(['--from', `file:${from.path}`, '--to', bucket], { environment });
    expect(there).toMatchObject({ code: 0, stdout: expect.stringMatching(/^verified +2 of 2$/m) });
    const stored = fake.objects.get('of/jobs/jobs/one.json')?.body ?? new Uint8Array();
    expect(new TextDecoder().decode(stored)).toBe(await from.read('one.json'));
    const back = join(folder, 'back');
    const again = await run(['--from', bucket, '--to', `file:${back}`], { environment });
    expect(again).toMatchObject({ code: 0, stderr: expect.not.stringContaining(secretAccessKey) });
    for (const name of ['one.json', 'two.json']) {
      expect(await readFile(join(back, name), 'utf8')).toBe(await from.read(name));
    }
  });

  it('refuses a place among the jobs of the other side, and a bucket that is not there', async () => {
    const at = `?endpoint=${server.address.endpoint}`;
    const among = await run(['--from', `s3://states/a${at}`, '--to', `s3://states/a/jobs/b${at}`]);
    expect([among.code, among.stderr]).toEqual([2, '--to is among the jobs of --from\n']);
    const from = await furnished();
    const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const none = await run(['--from', `file:${from.path}`, '--to', `s3://none${at}`], {
      environment,
    });
    expect([none.code, none.stderr]).toEqual([
      2,
      `There is no bucket for s3://none/ at ${server.address.endpoint}\n`,
    ]);
  });

  it('refuses a bucket as both sides, whatever else its URLs say', async () => {
    const bucket = `s3://states/of/jobs?endpoint=${server.address.endpoint}`;
    const same = `s3://states/of/jobs/?region=a-1&endpoint=${server.address.endpoint}/`;
    const { code, stderr } = await run(['--from', bucket, '--to', same]);
    expect([code, stderr]).toEqual([2, '--from and --to are the same store\n']);
  });
});
