import { mkdir } from 'node:fs/promises';
import { freePort } from '../../support/node/free-port.ts';
import { type Daemons, type StartedServer, untilAnswered } from './daemon.ts';

/** Emulators for tests, from npm. They go into the folder of the run, and no other package knows them. */
async function install(daemons: Daemons, name: string): Promise<void> {
  const { folder } = daemons;
  await daemons.run(['npm', 'install', '--prefix', folder, '--no-save', '--ignore-scripts', name]);
}

export async function startS3rver(daemons: Daemons): Promise<StartedServer> {
  const { folder } = daemons;
  await install(daemons, 's3rver@3.7.1');
  await mkdir(`${folder}/data`);
  const port = await freePort();
  const flags = ['--directory', `${folder}/data`, '--port', `${port}`, '--address', '127.0.0.1'];
  daemons.start('s3rver', [`${folder}/node_modules/.bin/s3rver`, ...flags, '--silent']);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswered(endpoint);
  return { endpoint, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
}

export async function startFauxqs(daemons: Daemons): Promise<StartedServer> {
  const { folder } = daemons;
  await install(daemons, 'fauxqs@2.4.1');
  const port = await freePort();
  daemons.start('fauxqs', [`${folder}/node_modules/.bin/fauxqs`], {
    FAUXQS_PORT: `${port}`,
    FAUXQS_HOST: '127.0.0.1',
    FAUXQS_LOGGER: 'false',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswered(endpoint);
  return { endpoint, accessKeyId: 'any', secretAccessKey: 'any' };
}
