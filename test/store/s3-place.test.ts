import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nodeMachine } from '../../functions/node/store/machine.ts';
import { addressesOf } from '../../functions/store/open-s3.ts';
import { readS3Place, type S3Place } from '../../functions/store/s3-place.ts';

const folder = await mkdtemp(join(tmpdir(), 'aws-'));
const NOTHING = { HOME: folder };
const Place = z.string().transform((text, context) => {
  return readS3Place(new URL(text), context) ?? z.NEVER;
});

afterAll(() => rm(folder, { recursive: true }));

function placeOf(text: string): S3Place {
  return Place.parse(text);
}

function issuesOf(text: string): string[] {
  return Place.safeParse(text).error?.issues.map(({ message }) => message) ?? [];
}

describe('readS3Place()', () => {
  it('readS3Place() reads the bucket, the prefix and every parameter', () => {
    const url =
      's3://states/of/My%20jobs/?endpoint=https://a.test&endpoint=http://127.0.0.1:9000/s3&region=eu-west-1&path_style=false&profile=jobs&allow_http=true';
    expect(placeOf(url)).toEqual({
      kind: 's3',
      bucket: 'states',
      prefix: 'of/My jobs/',
      endpoints: ['https://a.test', 'http://127.0.0.1:9000/s3'],
      region: 'eu-west-1',
      pathStyle: false,
      profile: 'jobs',
      allowsHttp: true,
    });
  });

  it.each(['s3://states', 's3://states/'])('readS3Place() needs no more than %s', url => {
    expect(placeOf(url)).toMatchObject({ bucket: 'states', prefix: '', endpoints: [] });
  });

  it.each([
    ['s3:///prefix', 'An S3 URL is s3://bucket or s3://bucket/prefix'],
    ['s3://a', 'An S3 URL is s3://bucket or s3://bucket/prefix'],
    ['s3://states:80', 'An S3 URL is s3://bucket or s3://bucket/prefix'],
    ['s3://key:secret@states', 'Credentials do not belong into the URL of a store'],
    ['s3://states/a//b', 'The path of an S3 URL is not a prefix of keys'],
    ['s3://states/a%2Fb', 'The path of an S3 URL is not a prefix of keys'],
    ['s3://states/%zz', 'The path of an S3 URL is not a prefix of keys'],
    ['s3://states/a#b', 'The path of an S3 URL is not a prefix of keys'],
    [`s3://states/${'a'.repeat(512)}`, 'The path of an S3 URL is not a prefix of keys'],
    [
      's3://states?endpoint=s3.test',
      'endpoint: Expected a URL that begins with https:// or http://',
    ],
    [
      's3://states?endpoint=https://a:b@s3.test',
      'endpoint: Expected a URL of a host, at most with a path',
    ],
    [
      's3://states?endpoint=http://s3.test',
      'endpoint: Off this machine http is only used with allow_http=true: nothing would encrypt the jobs',
    ],
    ['s3://states?region=', 'region: Expected the name of a region'],
    ['s3://states?path_style=yes', 'path_style: Invalid option: expected one of "true"|"false"'],
    ['s3://states?regoin=a', 'Unrecognized key: "regoin"'],
    [
      's3://states?endpoint=https://a&endpoint=https://b&endpoint=https://c',
      'endpoint: Expected one endpoint, or two',
    ],
  ])('readS3Place() refuses %s', (url, issue) => {
    expect(issuesOf(url)).toEqual([issue]);
  });
});

describe('addressesOf()', () => {
  it.each([
    ['s3://states?region=eu-west-1', {}, 'https://s3.eu-west-1.amazonaws.com', 'eu-west-1', false],
    ['s3://my.states', { AWS_REGION: 'a-1' }, 'https://s3.a-1.amazonaws.com', 'a-1', true],
    [
      's3://states',
      { AWS_REGION: '', AWS_DEFAULT_REGION: 'cn-north-1' },
      'https://s3.cn-north-1.amazonaws.com.cn',
      'cn-north-1',
      false,
    ],
    ['s3://states?endpoint=https://a.test', {}, 'https://a.test', 'us-east-1', true],
    [
      's3://states?endpoint=https://a.test&path_style=false&region=auto',
      { AWS_ENDPOINT_URL_S3: 'https://b.test' },
      'https://a.test',
      'auto',
      false,
    ],
    ['s3://states', { AWS_ENDPOINT_URL: 'https://b.test' }, 'https://b.test', 'us-east-1', true],
  ])('addressesOf() finds where %s is', async (url, environment, endpoint, region, pathStyle) => {
    const place = placeOf(url);
    expect(await addressesOf(place, nodeMachine({ ...NOTHING, ...environment }))).toEqual([
      { endpoint, region, bucket: place.bucket, pathStyle },
    ]);
  });

  it('addressesOf() takes the region of the profile', async () => {
    const file = join(folder, 'regions');
    await writeFile(file, '[default]\nregion=a-1\n[profile jobs]\nregion = b-1\n');
    const environment = { ...NOTHING, AWS_CONFIG_FILE: file };
    expect(
      await addressesOf(placeOf('s3://states?profile=jobs'), nodeMachine(environment)),
    ).toMatchObject([{ region: 'b-1' }]);
  });

  it('addressesOf() takes the region of a profile whose credentials are elsewhere', async () => {
    const file = join(folder, 'roles');
    await writeFile(file, '[profile jobs]\nregion = b-1 # Bonn\nrole_arn = r\n');
    const machine = nodeMachine({ ...NOTHING, AWS_CONFIG_FILE: file, AWS_PROFILE: 'jobs' });
    expect(await addressesOf(placeOf('s3://states'), machine)).toMatchObject([{ region: 'b-1' }]);
  });

  it.each([
    's3://states?endpoint=http://127.0.0.1:9000&path_style=false',
    's3://states?endpoint=http://[::1]:9000&path_style=false',
    's3://states?endpoint=https://a.test&endpoint=https://10.0.0.1&path_style=false',
    's3://States?endpoint=https://a.test&path_style=false',
  ])('addressesOf() refuses %s', async url => {
    await expect(addressesOf(placeOf(url), nodeMachine(NOTHING))).rejects.toThrow(
      'leave out path_style=false',
    );
  });

  it('addressesOf() gives both endpoints', async () => {
    const place = placeOf('s3://states?endpoint=https://a.test&endpoint=https://b.test');
    expect(await addressesOf(place, nodeMachine(NOTHING))).toMatchObject([
      { endpoint: 'https://a.test' },
      { endpoint: 'https://b.test' },
    ]);
  });

  it('addressesOf() refuses a bucket of AWS without a region, and a variable with http', async () => {
    await expect(addressesOf(placeOf('s3://states'), nodeMachine(NOTHING))).rejects.toThrow(
      'region=',
    );
    const environment = { ...NOTHING, AWS_ENDPOINT_URL: 'http://s3.test' };
    await expect(addressesOf(placeOf('s3://states'), nodeMachine(environment))).rejects.toThrow(
      'allow_http',
    );
  });
});
