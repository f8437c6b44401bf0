import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import { freePort } from '../../support/node/free-port.ts';
import { startCeph } from './ceph.ts';
import { createDaemons, type Daemons, type StartedServer, untilAnswered } from './daemon.ts';
import { startFauxqs, startS3rver } from './packages.ts';
import { startSwift } from './swift.ts';

/*
 * node test/soak/s3-servers/main.ts SERVER [--versioned] [--doctor]: starts an S3 server that is not ours, and runs the suite of stores and those of leases on
 * a bucket of it, then a service, its doctor and a claim. With --doctor without the suite; with --versioned the bucket keeps versions.
 */

const SERVERS: Readonly<Record<string, (daemons: Daemons) => Promise<StartedServer>>> = {
  ceph: startCeph,
  swift: startSwift,
  s3rver: startS3rver,
  fauxqs: startFauxqs,
};
const ROOT = join(import.meta.dirname, '../../..');
/** The suite of stores, and what leases and claims promise. */
const FILES = [
  'test/stores/s3/given-server.test.ts',
  'test/protocol/acquire.test.ts',
  'test/protocol/hints.test.ts',
  'test/protocol/zombies.test.ts',
  'test/routes/control.test.ts',
  'test/machines/two-services.test.ts',
];
const VERSIONED =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';

const [name = '', ...flags] = process.argv.slice(2);
const start = SERVERS[name];
if (start === undefined) {
  throw new Error(`Expected one of ${Object.keys(SERVERS).join(', ')}, got "${name}"`);
}
const daemons = createDaemons(await mkdtemp(join(tmpdir(), `${name}-`)));
try {
  const server = await start(daemons);
  const environment = await makeBucket(server);
  if (!flags.includes('--doctor')) await runSuite(environment);
  await runService(environment);
} finally {
  await daemons.stop();
  await rm(daemons.folder, { recursive: true });
}

type Environment = Readonly<Record<string, string>>;

async function makeBucket(server: StartedServer): Promise<Environment> {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  await send(server, '/suite', '');
  if (flags.includes('--versioned')) await send(server, '/suite?versioning', VERSIONED);
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    S3_STORE: `s3://suite?endpoint=${endpoint}`,
  };
}

async function send(server: StartedServer, path: string, body: string): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const { url, headers } = await new AwsV4Signer({
    method: 'PUT',
    url: `${endpoint}${path}`,
    body,
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region: 'us-east-1',
  }).sign();
  const answer = await fetch(url, { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
}

async function runSuite(environment: Environment): Promise<void> {
  const suite = launch(['npx', 'vitest', 'run', '--project', 's3', ...FILES], environment);
  await once(suite, 'exit');
}

/** Its doctor, and a claim. A service that does not start says why. */
async function runService(environment: Environment): Promise<void> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const service = launch(['node', 'functions/node.ts', '--port', `${port}`], {
    ...environment,
    STORE: `${environment['S3_STORE']}`.replace('suite?', 'suite/service?'),
  });
  const ended = once(service, 'exit');
  try {
    const started = untilAnswered(`${url}/readyz`).then(() => true);
    if (!(await Promise.race([started, ended.then(() => false)]))) {
      started.catch(() => {});
      return;
    }
    await once(launch(['node', 'functions/cli/bin.js', 'doctor', '--url', url], {}), 'exit');
    const answer = await fetch(`${url}/v1/claims`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"holder": "w"}',
    });
    console.log(`A claim is answered with ${answer.status} ${await answer.text()}`);
  } finally {
    service.kill();
    await ended;
  }
}

function launch(
  [program, ...rest]: readonly [string, ...string[]],
  environment: Environment,
): ChildProcess {
  return spawn(program, rest, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
