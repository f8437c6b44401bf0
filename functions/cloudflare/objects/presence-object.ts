import { DurableObject } from 'cloudflare:workers';
import { getLogger } from '@logtape/logtape';
import * as z from 'zod';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import { LeaseNews } from '../../../lib/presence/lease-news.ts';
import type { EndSummary } from '../../../lib/presence/presence-stream.ts';
import {
  createSocketPresence,
  type SocketPresence,
} from '../../../lib/presence/socket-presence.ts';
import type { Repository } from '../../../lib/service/service.ts';
import { logPresence } from '../../entry/presence-log.ts';
import { createMisconfigured } from '../../http/misconfigured.ts';
import { placeOfUpgrade } from '../../http/presence/places.ts';
import { answer } from '../answer.ts';
import { type OpenSite, siteOf, type WorkerEnv } from '../isolate.ts';
import type { SocketLike, SocketStateLike } from '../presence/socket-like.ts';
import { closeSocket } from '../presence/socket-sink.ts';
import { createSockets, type KeptPlace, type Sockets } from '../presence/sockets.ts';
import { createObjectRoom } from '../shared-room.ts';
import type { OpenedStore } from '../store-opener.ts';
import type { ObjectStateLike, RemoteObject } from './object-state.ts';
import { createReopening } from './reopening.ts';

const logger = getLogger(['dalsegno', 'presence']);

const Remote: RemoteObject = DurableObject;

const RECORD = 'stream/';
const PLACE = 'place';

/** What a worker sends, and what the platform answers without waking the object. */
const PING = 'ping';
const PONG = 'pong';

export interface PresenceState
  extends Pick<ObjectStateLike, 'blockConcurrencyWhile'>,
    SocketStateLike {
  readonly storage: Pick<ObjectStateLike['storage'], 'getAlarm' | 'setAlarm'> & {
    readonly kv: {
      get(key: string): unknown;
      list(options: { prefix: string }): Iterable<[string, unknown]>;
      put(key: string, value: unknown): void;
      delete(key: string): boolean;
    };
  };
  setWebSocketAutoResponse(pair: { readonly request: string; readonly response: string }): void;
}

interface Opened {
  readonly site: OpenSite;
  readonly opened: OpenedStore;
  readonly repository: Repository;
  readonly presence: SocketPresence;
}

/**
 * The streams of the workers that use one access token, over WebSockets. The object hibernates between two renewals, and the
 * platform answers the pings. What it must know then is in a record for each stream and in the attachments of the connections.
 */
export class PresenceObject extends Remote {
  readonly #state: PresenceState;
  readonly #env: WorkerEnv;
  readonly #sockets: Sockets;
  readonly #answer: (request: Request) => Promise<Response>;
  #reopen: (() => Promise<Opened>) | null = null;

  constructor(state: PresenceState, env: WorkerEnv) {
    super(state, env);
    this.#state = state;
    this.#env = env;
    this.#sockets = createSockets({
      state,
      clock: systemClock,
      random: systemRandom,
      place: placeIn(state.storage.kv),
    });
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#answer = this.#answering();
  }

  fetch(request: Request): Promise<Response> {
    return placeOfUpgrade(request) === null ? this.#answer(request) : this.#connect(request);
  }

  /** Pings are answered by the platform, and nothing else is read. */
  webSocketMessage(): void {}

  async webSocketClose(socket: SocketLike): Promise<void> {
    await this.#closed(socket);
  }

  async webSocketError(socket: SocketLike): Promise<void> {
    await this.#closed(socket);
  }

  /** From the shards: what others than their holders have changed on leases. */
  async learn(news: unknown): Promise<void> {
    const opened = await this.#open();
    opened?.presence.learn(z.array(LeaseNews).parse(news));
  }

  async alarm(): Promise<void> {
    const opened = await this.#open();
    await opened?.presence.ring();
  }

  async #closed(socket: SocketLike): Promise<void> {
    const described = this.#sockets.describe(socket);
    const opened = await this.#open();
    closeSocket(socket);
    if (described !== null) opened?.presence.closed(described.id, described.signAtMs);
  }

  async #connect(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const opened = await this.#open();
    if (opened === null || !this.#sockets.isAwaited(pathname)) return unknownStream();
    const pair = new WebSocketPair();
    const stream = this.#sockets.accept(pathname, pair[1]);
    if (stream !== null) opened.presence.connected(stream);
    return new Response(null, { status: 101, webSocket: pair[0] });
  }

  #answering(): (request: Request) => Promise<Response> {
    const site = siteOf(this.#env);
    if (site.kind === 'refused') {
      const misconfigured = createMisconfigured();
      return async request => misconfigured.fetch(request);
    }
    const intake = createObjectRoom(site.intakeLimits, site.objectRoom);
    return async request => {
      const opened = await this.#open();
      if (opened === null) throw new Error('The service is not configured');
      return answer(request, opened, { intake, sockets: this.#sockets });
    };
  }

  /** Null where the service is not configured. */
  async #open(): Promise<Opened | null> {
    const site = siteOf(this.#env);
    if (site.kind === 'refused') return null;
    // Its streams are in the records, and its connections with the platform.
    this.#reopen ??= createReopening(systemClock, () => this.#begin(site));
    return this.#reopen();
  }

  async #begin(site: OpenSite): Promise<Opened> {
    const { storage } = this.#state;
    const opened = await site.stores.open();
    const alarmAtMs = await storage.getAlarm();
    const made: SocketPresence[] = [];
    const repository = site.repositoryOn(opened, {
      presence: parts => {
        const presence = createSocketPresence(parts, {
          graceMs: site.config.PRESENCE_GRACE_MS,
          timers: systemTimers,
          report: logPresence,
          records: recordsIn(storage.kv),
          signAtMs: id => this.#sockets.signAtMs(id),
          sinkOf: id => this.#sockets.sinkOf(id),
          ended: logEnd,
          place: () => this.#sockets.place(),
          alarm: {
            atMs: alarmAtMs,
            // A failure ends the object, and with it the connections.
            set: atMs => void storage.setAlarm(atMs),
          },
        });
        made.push(presence);
        return presence;
      },
    });
    const [presence] = made;
    if (presence === undefined) throw new TypeError('The repository has made no presence');
    return { site, opened, repository, presence };
  }
}

/** Which of the objects this is, known since the first stream. */
function placeIn(kv: PresenceState['storage']['kv']): KeptPlace {
  return {
    get: () => z.int().safeParse(kv.get(PLACE)).data ?? null,
    put: place => kv.put(PLACE, place),
  };
}

function recordsIn(kv: PresenceState['storage']['kv']) {
  return {
    all: () =>
      [...kv.list({ prefix: RECORD })].map(
        ([key, record]) => [key.slice(RECORD.length), record] as const,
      ),
    put: (id: string, record: unknown) => kv.put(`${RECORD}${id}`, record),
    delete: (id: string) => void kv.delete(`${RECORD}${id}`),
  };
}

function unknownStream(): Response {
  const body = {
    type: 'urn:dalsegno:problem:presence_not_found',
    title: 'There is no such presence stream',
    status: 404,
    code: 'presence_not_found',
    detail: 'The connection was made already, or came too late: open another stream',
  };
  const headers = { 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify(body), { status: 404, headers });
}

/** For a stream whose request is not known any more. */
function logEnd({ reason, leases, milliseconds }: EndSummary): void {
  const durationMs = Math.round(milliseconds);
  logger.info('A presence stream ended: {reason}, {leases} leases, {duration_ms} ms', {
    reason,
    leases,
    duration_ms: durationMs,
  });
}
