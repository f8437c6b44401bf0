import { DurableObject } from 'cloudflare:workers';
import { getLogger } from '@logtape/logtape';
import * as z from 'zod';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import type { LeaseNews } from '../../../lib/presence/lease-news.ts';
import { logBrokenSweep, logSweepEvent } from '../../entry/sweep-log.ts';
import { placeName } from '../../http/presence/places.ts';
import { type ChosenStore, leaseShardsOf, presenceObjectsOf } from '../bindings.ts';
import { siteOf, type WorkerEnv } from '../isolate.ts';
import type { ShardEvent } from '../shards/alarm.ts';
import { checkFirstShard } from '../shards/first-shard.ts';
import { createShardHost, type ShardHost } from '../shards/host.ts';
import { refusalOf, type ShardAsk, type ShardCalls } from '../shards/ports.ts';
import type { ObjectStateLike, RemoteObject } from './object-state.ts';

const logger = getLogger(['dalsegno', 'shards']);

const Remote: RemoteObject = DurableObject;

/** Where an object has which shard it is, since its first call. */
const PLACE = 'place';

const Place = z.object({ number: z.int(), of: z.int() });
type Place = z.infer<typeof Place>;

/**
 * One shard: leases, hints and other small objects of a part of the jobs, the catalogue of these jobs, and an alarm at the end
 * of the next lease. What it does is in `functions/cloudflare/shards/`.
 */
export class LeaseShard extends Remote implements ShardCalls {
  readonly #state: ObjectStateLike;
  readonly #env: WorkerEnv;
  #place: Place | null;
  #host: Promise<ShardHost> | null = null;

  constructor(state: ObjectStateLike, env: WorkerEnv) {
    super(state, env);
    this.#state = state;
    this.#env = env;
    this.#place = Place.safeParse(state.storage.kv.get(PLACE)).data ?? null;
    // No call comes before the alarm is known: one that sets it later must not replace it.
    if (this.#place !== null) void state.blockConcurrencyWhile(() => this.#open());
  }

  apply(...[ask, ...args]: Parameters<ShardCalls['apply']>): ReturnType<ShardCalls['apply']> {
    return this.#answer(ask, host => host.apply(...args));
  }

  list(...[ask, ...args]: Parameters<ShardCalls['list']>): ReturnType<ShardCalls['list']> {
    return this.#answer(ask, host => host.list(...args));
  }

  page(...[ask, ...args]: Parameters<ShardCalls['page']>): ReturnType<ShardCalls['page']> {
    return this.#answer(ask, host => host.page(...args));
  }

  count(...[ask, ...args]: Parameters<ShardCalls['count']>): ReturnType<ShardCalls['count']> {
    return this.#answer(ask, host => host.count(...args));
  }

  compare(...[ask, ...args]: Parameters<ShardCalls['compare']>): ReturnType<ShardCalls['compare']> {
    return this.#answer(ask, host => host.compare(...args));
  }

  renew(...[ask, ...args]: Parameters<ShardCalls['renew']>): ReturnType<ShardCalls['renew']> {
    return this.#answer(ask, host => host.renew(...args));
  }

  async alarm(info?: {
    readonly isRetry: boolean;
    readonly scheduledTime?: number;
  }): Promise<void> {
    if (this.#place === null) return;
    const host = await this.#open();
    await host.ring(info?.isRetry === true ? null : (info?.scheduledTime ?? null));
  }

  async #answer<T>(ask: ShardAsk, task: (host: ShardHost) => Promise<T>): Promise<T> {
    const refusal = refusalOf(ask, this.#place);
    if (refusal !== null) throw new Error(refusal);
    if (this.#place === null) await this.#check(ask);
    if (this.#place === null) {
      this.#place = { number: ask.number, of: ask.of };
      this.#state.storage.kv.put(PLACE, this.#place);
    }
    return task(await this.#open());
  }

  /** Two calls may come at once: the later one has found the same. */
  async #check(ask: ShardAsk): Promise<void> {
    const site = siteOf(this.#env);
    const shards = site.kind === 'refused' ? null : leaseShardsOf(site.chosen, this.#env);
    if (shards !== null) await checkFirstShard(shards, ask);
    const refusal = refusalOf(ask, this.#place);
    if (refusal !== null) throw new Error(refusal);
  }

  /** A call of the object with the streams; nothing waits for it. */
  async #tell(
    chosen: ChosenStore,
    { listener, news }: { readonly listener: number; readonly news: readonly LeaseNews[] },
  ): Promise<void> {
    await presenceObjectsOf(chosen, this.#env)?.getByName(placeName(listener)).learn(news);
  }

  #open(): Promise<ShardHost> {
    this.#host ??= this.#begin().catch((error: unknown) => {
      // The next call tries again.
      this.#host = null;
      throw error;
    });
    return this.#host;
  }

  async #begin(): Promise<ShardHost> {
    const site = siteOf(this.#env);
    const bucket = site.kind === 'refused' ? null : site.chosen.bucket;
    if (site.kind === 'refused' || bucket === null || this.#place === null) {
      throw new Error('The service is not configured: its log says what is missing');
    }
    const { storage } = this.#state;
    const { number } = this.#place;
    const host = createShardHost({
      sql: {
        exec: (query, ...bindings) => storage.sql.exec(query, ...bindings),
        transaction: task => storage.transactionSync(task),
      },
      bucket,
      alarm: {
        get: () => storage.getAlarm(),
        set: atMs => storage.setAlarm(atMs),
      },
      clock: systemClock,
      random: systemRandom,
      timer: (milliseconds, task) => systemTimers.after(milliseconds, task),
      place: this.#place,
      limits: site.stateLimits,
      due: site.config.due,
      report: event => logEvent(number, event),
      tell: (listener, news) => this.#tell(site.chosen, { listener, news }),
    });
    await host.start();
    return host;
  }
}

function logEvent(shard: number, event: ShardEvent): void {
  switch (event.kind) {
    case 'pass':
      return logSweepEvent(event);
    case 'failure':
      return logBrokenSweep(event.error);
    case 'late':
      logger.warning(
        'The alarm of shard {shard} came {milliseconds} ms late: each of its leases gets one ttl more',
        { shard, milliseconds: event.milliseconds },
      );
      return;
    default:
      return event satisfies never;
  }
}
