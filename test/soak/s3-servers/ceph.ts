import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { freePort } from '../../support/node/free-port.ts';
import { type Daemons, type StartedServer, untilAnswered } from './daemon.ts';

const KEYS = { accessKeyId: 'SUITEACCESSKEY', secretAccessKey: 'suite-secret-key-0123456789' };

/** A cluster of one monitor and one OSD, whose disk is a file, and a gateway. Debian: `radosgw ceph-osd ceph-mon ceph-common`. */
export async function startCeph(daemons: Daemons): Promise<StartedServer> {
  const { folder } = daemons;
  const [monitorPort, port, cluster] = [await freePort(), await freePort(), randomUUID()];
  for (const name of ['mon', 'osd', 'rgw', 'run']) await mkdir(`${folder}/${name}`);
  const file = `${folder}/ceph.conf`;
  await writeFile(file, configuration({ folder, monitorPort, port, cluster }));
  const environment = { CEPH_CONF: file };
  const map = `${folder}/monmap`;
  const monitor = `[v2:127.0.0.1:${monitorPort}/0]`;
  await daemons.run(
    ['monmaptool', '--create', '--fsid', cluster, '--addv', 'a', monitor, map],
    environment,
  );
  await daemons.run(['ceph-mon', '-i', 'a', '--mkfs', '--monmap', map], environment);
  daemons.start('mon', ['ceph-mon', '-i', 'a', '-f'], environment);
  const id = (await daemons.run(['ceph', 'osd', 'create'], environment)).trim();
  await daemons.run(['ceph-osd', '-i', id, '--mkfs', '--osd-uuid', randomUUID()], environment);
  await daemons.run(
    ['ceph', 'osd', 'crush', 'add', `osd.${id}`, '1.0', 'host=here', 'root=default'],
    environment,
  );
  daemons.start('osd', ['ceph-osd', '-i', id, '-f'], environment);
  daemons.start('rgw', ['radosgw', '-n', 'client.rgw.a', '-f'], environment);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswered(endpoint);
  const { accessKeyId, secretAccessKey } = KEYS;
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  const user = ['--uid=suite', '--display-name=suite', ...keys];
  await daemons.run(['radosgw-admin', 'user', 'create', ...user], environment);
  return { endpoint, ...KEYS };
}

function configuration({
  folder,
  monitorPort,
  port,
  cluster,
}: {
  readonly folder: string;
  readonly monitorPort: number;
  readonly port: number;
  readonly cluster: string;
}): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${monitorPort}/0]
public network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data = ${folder}/mon
mon data avail crit = 1
osd data = ${folder}/osd
osd objectstore = bluestore
bluestore block size = 10737418240
bluestore cache autotune = false
bluestore cache size = 134217728
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
log file = ${folder}/$name.out
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw data = ${folder}/rgw
`;
}
