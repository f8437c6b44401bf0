import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isUnacknowledged, unacknowledgedBytes } from '../../functions/node/unacknowledged.ts';

/** As Linux prints it: a listener, a connection with 40 bytes under way, an idle one, and one that is closing. */
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2253 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:2253 0200007F:C350 01 00000028:00000000 01:00000014 00000003     0        0 2 2 0 20 4 30 10 -1
   2: 0100007F:2253 0300007F:C351 01 00000000:00000010 00:00000000 00000000     0        0 3 2 0 20 4 30 10 -1
   3: 0100007F:2253 0300007F:C352 04 00000001:00000000 00:00000000 00000000     0        0 4 2 0 20 4 30 10 -1
   4: 0100007F:2253 0400007F:C353 01 00000005:00000000 00:00000000 00000000     0        0 5 2 0 20 4 30 10 -1
   5: 0100007F:2253 0500007F:C353 01 00000005:00000000 00:00000000 00000000     0        0 6 2 0 20 4 30 10 -1
`;

describe('unacknowledgedBytes()', () => {
  it.each([
    ['what is under way', 50_000, 40],
    ['nothing on an idle connection, whatever it has received', 50_001, 0],
    ['nothing on a connection that is closing', 50_002, 0],
    ['nothing where two machines use the same port', 50_003, 0],
    ['nothing on a connection that is not there', 50_004, 0],
  ])('counts %s', (_, remotePort, bytes) => {
    expect(unacknowledgedBytes(TABLE, { localPort: 8787, remotePort })).toBe(bytes);
  });
});

describe('isUnacknowledged()', () => {
  it('tells a process that reads from one whose connection is stuck', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = connect(port, '127.0.0.1').pause();
    const [served] = await once(server, 'connection');
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    if (!(served instanceof Socket)) throw new TypeError('This is no socket');
    await new Promise(done => served.write('ping', done));
    expect(isUnacknowledged(served)).toBe(false);
    served.destroy();
  });

  it('says no of what is no connection', () => {
    expect([isUnacknowledged(null), isUnacknowledged(new Socket())]).toEqual([false, false]);
  });
});
