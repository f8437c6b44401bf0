import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeMachine } from '../../functions/node/store/machine.ts';
import { createCredentials } from '../../functions/store/aws/credentials.ts';

const folder = await mkdtemp(join(tmpdir(), 'aws-'));
const credentialsFile = join(folder, 'credentials');
const configFile = join(folder, 'config');
const NOW_MS = Date.UTC(2026, 10, 28);
const HOUR_MS = 3_600_000;

afterAll(() => rm(folder, { recursive: true }));

const FILES = {
  AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
  AWS_CONFIG_FILE: configFile,
  AWS_EC2_METADATA_DISABLED: 'true',
};
const VARIABLES = { AWS_ACCESS_KEY_ID: 'VARIABLE', AWS_SECRET_ACCESS_KEY: 's' };

await writeFile(
  credentialsFile,
  `# comment
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key = a=b/c+d
; another
[jobs]
aws_access_key_id=JOBS
aws_secret_access_key = e
aws_session_token = f==

[half]
aws_access_key_id = HALF

[empty]
aws_access_key_id =
aws_secret_access_key =
aws_session_token =

[notes]
aws_access_key_id = NOTES # of the jobs
aws_secret_access_key = a#b;c\t; rotated
aws_session_token =
  [indented]
  aws_access_key_id = INDENTED
  aws_secret_access_key = x
`,
);
const windowsFile = join(folder, 'windows');
await writeFile(
  windowsFile,
  '\uFEFF[default]\r\naws_access_key_id = CR\r\naws_secret_access_key = s \r\n',
);
await writeFile(
  configFile,
  `[profile config]
aws_access_key_id = CONFIG
aws_secret_access_key = g
s3 =
  aws_access_key_id = NESTED
[ profile  role ]
role_arn = arn:aws:iam::1:role/x
[profile source]
aws_access_key_id = SOURCE
aws_secret_access_key = h
role_arn = arn:aws:iam::1:role/x
source_profile = source
[profile process]
credential_process = /usr/bin/keys
[profile both]
credential_process = /usr/bin/keys
aws_access_key_id = BOTH
aws_secret_access_key = i
[profile region]
region = a-1
`,
);

function never(): never {
  throw new Error('Nothing is to be fetched');
}

function sourceOf(environment: Record<string, string>, profile: string | null = null) {
  const parts = { ...nodeMachine(environment), profile, fetch: never, now: () => NOW_MS };
  return createCredentials(parts);
}

describe('createCredentials()', () => {
  it.each([
    ['variables before files', { ...FILES, ...VARIABLES, AWS_PROFILE: 'jobs' }, null, 'VARIABLE'],
    ['a profile in the URL before variables', { ...FILES, ...VARIABLES }, 'jobs', 'JOBS'],
    ['the profile of the variable', { ...FILES, AWS_PROFILE: 'jobs' }, null, 'JOBS'],
    ['the default profile', FILES, null, 'DEFAULT'],
    ['keys of the config file', FILES, 'config', 'CONFIG'],
    ['keys beside a process', FILES, 'both', 'BOTH'],
    ['keys with comments behind them', FILES, 'notes', 'NOTES'],
    ['keys behind spaces', FILES, 'indented', 'INDENTED'],
    [
      'the default profile where the variable is empty',
      { ...FILES, AWS_PROFILE: '' },
      null,
      'DEFAULT',
    ],
    [
      'files that Windows has written',
      { ...FILES, AWS_SHARED_CREDENTIALS_FILE: windowsFile },
      null,
      'CR',
    ],
    [
      'files where a variable is empty',
      { ...FILES, ...VARIABLES, AWS_ACCESS_KEY_ID: '' },
      null,
      'DEFAULT',
    ],
  ])('takes %s', async (_, environment, profile, accessKeyId) => {
    expect(await sourceOf(environment, profile)(null)).toMatchObject({ accessKeyId });
  });

  it('takes secrets and tokens as they are written', async () => {
    expect(await sourceOf(FILES)(null)).toMatchObject({ secretAccessKey: 'a=b/c+d' });
    expect(await sourceOf(FILES, 'jobs')(null)).toMatchObject({ sessionToken: 'f==' });
    expect(await sourceOf(FILES, 'notes')(null)).toEqual({
      accessKeyId: 'NOTES',
      secretAccessKey: 'a#b;c',
      sessionToken: undefined,
    });
    expect(await sourceOf({ ...VARIABLES, AWS_SESSION_TOKEN: 't' })(null)).toMatchObject({
      sessionToken: 't',
    });
  });

  it.each([
    ['a profile without keys', FILES, 'half', 'The AWS profile "half" has no credentials'],
    ['a profile that is not there', FILES, 'none', 'The AWS profile "none" has no credentials'],
    ['a profile with a role', FILES, 'role', 'has role_arn, which is not supported'],
    ['a profile with empty keys', FILES, 'empty', 'The AWS profile "empty" has no credentials'],
    ['a role beside keys', FILES, 'source', 'has role_arn, which is not supported'],
    ['a process', FILES, 'process', 'has credential_process, which is not supported'],
    [
      'the credentials of the machine where a profile is named that is not there',
      { ...FILES, AWS_PROFILE: 'nobody' },
      null,
      'There is no AWS profile "nobody"',
    ],
    [
      'the credentials of the machine where there is a web identity',
      { ...FILES, AWS_PROFILE: 'region', AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
      null,
      'AWS_WEB_IDENTITY_TOKEN_FILE is not supported',
    ],
    [
      'a variable without the other',
      { ...FILES, AWS_ACCESS_KEY_ID: 'HALF' },
      null,
      'AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not',
    ],
    [
      'nothing anywhere',
      { ...FILES, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') },
      null,
      'There are no credentials for S3: set AWS_ACCESS_KEY_ID',
    ],
  ])('refuses %s', async (_, environment, profile, reason) => {
    await expect(sourceOf(environment, profile)(null)).rejects.toThrow(reason);
  });

  it('takes no credentials of the machine while a file is being written', async () => {
    const file = join(folder, 'written');
    const keys = '[default]\naws_access_key_id=OLD\naws_secret_access_key=x\n';
    await writeFile(file, keys);
    const { AWS_EC2_METADATA_DISABLED: _, ...environment } = FILES;
    const source = sourceOf({ ...environment, AWS_SHARED_CREDENTIALS_FILE: file });
    const old = await source(null);
    await writeFile(file, '');
    await expect(source(old)).rejects.toThrow('has no credentials any more');
    await writeFile(file, keys.replace('OLD', 'NEW'));
    expect(await source(old)).toMatchObject({ accessKeyId: 'NEW' });
  });

  it('reads the files again when the server has refused what they had', async () => {
    const file = join(folder, 'rotated');
    const keys = (id: string) => `[default]\naws_access_key_id=${id}\naws_secret_access_key=x\n`;
    await writeFile(file, keys('OLD'));
    const source = sourceOf({ ...FILES, AWS_SHARED_CREDENTIALS_FILE: file });
    const old = await source(null);
    await writeFile(file, keys('NEW'));
    expect(await source(null)).toBe(old);
    expect(await source(old)).toMatchObject({ accessKeyId: 'NEW' });
    expect(await source(null)).toMatchObject({ accessKeyId: 'NEW' });
  });
});

describe('credentials of the platform', () => {
  /** A platform whose credentials are valid for an hour. */
  function platform(environment: Record<string, string>) {
    const calls: string[] = [];
    let now = NOW_MS;
    let isDown = false;
    let count = 0;
    const answers: Record<string, () => string> = {
      '/latest/api/token': () => 'session',
      '/latest/meta-data/iam/security-credentials/': () => 'jobs-role\n',
    };
    const source = createCredentials({
      ...nodeMachine({ HOME: folder, ...environment }),
      profile: null,
      now: () => now,
      async fetch(url, { method = 'GET', headers }) {
        if (isDown) throw new TypeError('fetch failed');
        const { Authorization = '' } = headers as Record<string, string>;
        calls.push(`${method} ${url} ${Authorization}`.trim());
        const answer = answers[new URL(url).pathname];
        if (answer !== undefined) return new Response(answer());
        count += 1;
        return Response.json({
          AccessKeyId: `KEY${count}`,
          SecretAccessKey: 's',
          Token: 't',
          Expiration: new Date(now + HOUR_MS).toISOString(),
        });
      },
    });
    return {
      source,
      calls,
      pass: (ms: number) => {
        now += ms;
      },
      fail: () => {
        isDown = true;
      },
    };
  }

  it('are those of the container, with its token', async () => {
    const { source, calls } = platform({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'token',
    });
    expect(await source(null)).toEqual({
      accessKeyId: 'KEY1',
      secretAccessKey: 's',
      sessionToken: 't',
    });
    expect(calls).toEqual(['GET http://169.254.170.23/v1/credentials token']);
  });

  it('are those of the machine, after a session of its service', async () => {
    const { source, calls } = platform({});
    expect(await source(null)).toMatchObject({ accessKeyId: 'KEY1' });
    const base = 'http://169.254.169.254/latest';
    expect(calls).toEqual([
      `PUT ${base}/api/token`,
      `GET ${base}/meta-data/iam/security-credentials/`,
      `GET ${base}/meta-data/iam/security-credentials/jobs-role`,
    ]);
  });

  it('are fetched again five minutes before they expire, once for all requests', async () => {
    const { source, pass } = platform({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' });
    await source(null);
    pass(54 * 60_000);
    expect(await source(null)).toMatchObject({ accessKeyId: 'KEY1' });
    pass(2 * 60_000);
    const both = await Promise.all([source(null), source(null)]);
    expect(both).toMatchObject([{ accessKeyId: 'KEY2' }, { accessKeyId: 'KEY2' }]);
  });

  it('are used on while the platform does not answer, until the server refuses them', async () => {
    const { source, pass, fail } = platform({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' });
    const first = await source(null);
    pass(56 * 60_000);
    fail();
    expect(await source(null)).toBe(first);
    await expect(source(first)).rejects.toThrow('fetch failed');
  });

  it('say why those of the container are missing', async () => {
    const { source, fail } = platform({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' });
    fail();
    await expect(source(null)).rejects.toThrow('The container has no credentials for S3: fetch');
  });

  it('are missing where nothing answers', async () => {
    const { source, fail } = platform({});
    fail();
    await expect(source(null)).rejects.toThrow('There are no credentials for S3');
  });
});
