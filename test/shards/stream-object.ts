import type { SocketLike } from '../../functions/cloudflare/presence/socket-like.ts';
import { createSocketSink } from '../../functions/cloudflare/presence/socket-sink.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { type PresentedToken, readToken } from '../../lib/lease/token.ts';
import { createSocketPresence, type SocketPresence } from '../../lib/presence/socket-presence.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { Held } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';
import { settleWith } from './settle-with.ts';
import type { ShardWorld } from './shard-world.ts';

/** The place of the object, as the shards know it. */
export const STREAM_PLACE = 3;

/** An object with streams over the shards of a world. Their workers send a ping whenever they must. */
export interface StreamObject {
  readonly presence: SocketPresence;
  /** The messages on the connections. */
  readonly texts: string[];
  /** The data of those of one event. */
  told(name: string): Readonly<Record<string, unknown>>[];
  /** Adds leases to its first stream, as one request does. */
  add(held: readonly Pick<Held, 'token'>[]): Promise<void>;
  /** Opens another stream, with these leases. */
  openWith(tokens: readonly PresentedToken[]): Promise<void>;
  /** Fires the alarm at the time for which it is set. */
  ring(): Promise<void>;
  /** It loses its memory, and is opened again. */
  restart(): void;
  readonly records: ReadonlyMap<string, unknown>;
  /** How often a record was stored, or the alarm set. */
  writes: number;
}

export async function openStream(world: ShardWorld): Promise<StreamObject> {
  const { clock } = world;
  const records = new Map<string, unknown>();
  const texts: string[] = [];
  const alarm = { atMs: null as number | null };
  const counts = { writes: 0 };
  let presence = open();
  const first = openOne();

  function sink() {
    const made = createSocketSink({ now: () => clock.now(), ended: () => {} });
    made.attach(socketTo(texts));
    return made;
  }

  function open(): SocketPresence {
    return openPresence(world, {
      signAtMs: () => clock.millis(),
      sinkOf: sink,
      records: {
        all: () => [...records],
        put(id, record) {
          counts.writes += 1;
          records.set(id, structuredClone(record));
        },
        delete: id => void records.delete(id),
      },
      alarm: {
        atMs: alarm.atMs,
        set(atMs) {
          counts.writes += 1;
          alarm.atMs = atMs;
        },
      },
    });
  }

  function openOne(): string {
    const opened = presence.open({ owner: 'worker', graceMs: null, sink: sink(), onEnd() {} });
    if (!opened.ok) throw new TypeError('There is no room');
    presence.begin(opened.value, []);
    presence.connected(opened.value);
    return opened.value.id;
  }

  async function addTo(id: string, tokens: readonly PresentedToken[]): Promise<void> {
    const found = presence.find(id, 'worker');
    if (!found.ok) throw new TypeError('The stream has ended');
    const adding = tokens.map(async token => {
      const added = await presence.add(found.value, token);
      if (!added.ok) throw new TypeError(`Not added: ${added.failure.code}`);
    });
    await settleWith(world, Promise.all(adding));
    await world.advance(0);
  }

  return {
    get presence() {
      return presence;
    },
    texts,
    records,
    get writes() {
      return counts.writes;
    },
    set writes(count) {
      counts.writes = count;
    },

    told: name =>
      texts.flatMap(text => {
        const { event, data } = JSON.parse(text) as {
          event: string;
          data: Record<string, unknown>;
        };
        return event === name ? [data] : [];
      }),

    async add(held) {
      await addTo(first, await Promise.all(held.map(({ token }) => tokenOf(token))));
    },

    openWith: tokens => addTo(openOne(), tokens),

    async ring() {
      if (alarm.atMs === null) throw new TypeError('No alarm is set');
      await world.advance(alarm.atMs - clock.millis());
      alarm.atMs = null;
      await settleWith(world, presence.ring());
      await world.advance(0);
    },

    restart() {
      presence = open();
    },
  };
}

function openPresence(
  { service, timers }: ShardWorld,
  own: Pick<
    Parameters<typeof createSocketPresence>[1],
    'signAtMs' | 'sinkOf' | 'records' | 'alarm'
  >,
): SocketPresence {
  const made: SocketPresence[] = [];
  createRepository({
    ...service,
    random: seededRandom(99),
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    limits: UNLIMITED,
    presence(parts) {
      const settings = { graceMs: 2_000, timers, report() {}, ended() {} };
      const each = createSocketPresence(parts, {
        ...settings,
        ...own,
        place: () => STREAM_PLACE,
      });
      made.push(each);
      return each;
    },
  });
  const [presence] = made;
  if (presence === undefined) throw new TypeError('The repository has made no presence');
  return presence;
}

function socketTo(texts: string[]): SocketLike {
  return {
    readyState: 1,
    send: text => void texts.push(text),
    close() {},
    serializeAttachment() {},
    deserializeAttachment: () => null,
  };
}

async function tokenOf(text: string): Promise<PresentedToken> {
  const read = await readToken(text, '/tokens/0');
  if (!read.ok) throw new TypeError(`Not a token: ${text}`);
  return read.value;
}
