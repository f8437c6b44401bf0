import { mkdir, writeFile } from 'node:fs/promises';
import { freePort } from '../../support/node/free-port.ts';
import { type Daemons, type StartedServer, untilAnswered } from './daemon.ts';

const KINDS = ['account', 'container', 'object'];

/** OpenStack Swift with its interface of S3, as root. Debian: `swift-proxy swift-account swift-container swift-object memcached`. */
export async function startSwift(daemons: Daemons): Promise<StartedServer> {
  const { folder } = daemons;
  const settings = `${folder}/etc`;
  await mkdir(settings);
  await mkdir(`${folder}/devices/d1`, { recursive: true });
  await mkdir(`${folder}/cache`);
  await writeFile(
    `${settings}/swift.conf`,
    '[swift-hash]\nswift_hash_path_suffix = s\n[storage-policy:0]\nname = one\ndefault = yes\n',
  );
  const common = (port: number) =>
    `[DEFAULT]\nswift_dir = ${settings}\nbind_ip = 127.0.0.1\nbind_port = ${port}\nuser = root\n`;
  for (const kind of KINDS) {
    const port = await freePort();
    await writeFile(
      `${settings}/${kind}-server.conf`,
      `${common(port)}devices = ${folder}/devices
mount_check = false
workers = 1
recon_cache_path = ${folder}/cache
[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
fallocate_reserve = 0
`,
    );
    await makeRing(daemons, `${settings}/${kind}.builder`, port);
  }
  const [cachePort, port] = [await freePort(), await freePort()];
  await writeFile(`${settings}/proxy-server.conf`, common(port) + proxy(cachePort));
  daemons.start('memcached', [
    'memcached',
    '-u',
    'nobody',
    '-l',
    '127.0.0.1',
    '-p',
    `${cachePort}`,
  ]);
  for (const kind of [...KINDS, 'proxy']) {
    // Some settings are read from /etc/swift alone: the process sees ours there.
    const start = `mount --bind ${settings} /etc/swift && exec swift-${kind}-server ${settings}/${kind}-server.conf`;
    daemons.start(kind, ['unshare', '-m', 'sh', '-c', start]);
  }
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswered(endpoint);
  return { endpoint, accessKeyId: 'suite:suite', secretAccessKey: 'suite-secret-key' };
}

/** The builder exits with 1 where it warns, of copies of which there are none. */
async function makeRing(daemons: Daemons, builder: string, port: number): Promise<void> {
  const steps = [
    `swift-ring-builder ${builder} create 4 1 0`,
    `swift-ring-builder ${builder} add r1z1-127.0.0.1:${port}/d1 1`,
    `swift-ring-builder ${builder} rebalance`,
  ];
  await daemons.run(['sh', '-c', `${steps.join('; ')}; test -f ${builder}`]);
}

function proxy(cachePort: number): string {
  const filters = [
    'catch_errors',
    's3api\ns3_acl = false\nlocation = us-east-1',
    'tempauth\nuser_suite_suite = suite-secret-key .admin',
    'dlo',
    'copy',
    'slo',
    'listing_formats',
    'bulk',
  ];
  return `workers = 2
[pipeline:main]
pipeline = catch_errors cache s3api tempauth dlo copy slo listing_formats bulk proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${cachePort}
${filters.map(text => `[filter:${text.split('\n')[0]}]\nuse = egg:swift#${text}`).join('\n')}
`;
}
