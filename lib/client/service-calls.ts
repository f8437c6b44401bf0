import type { CallOptions } from '../worker/client/call.ts';
import type { SweepAnswer } from '../worker/client/job.ts';
import { array, object } from '../worker/shape/structures.ts';
import { boolean, nullable, number, string, unknown } from '../worker/shape/values.ts';
import type { BulkAnswer, DoctorAnswer, ListPage, Readiness, Rows, Stats } from './answers.ts';
import type { DoctorOptions, RawRequest, SweepOptions } from './api.ts';
import type { Exact, ExactCaller } from './exact.ts';
import { promised } from './promised.ts';
import { type BulkRequest, bulkBody, type ListQuery, listPath, pathWith } from './query.ts';

/** The calls about many jobs, and about the service. Their answers keep their text. */
export interface ExactServiceCalls {
  page<View extends keyof Rows>(
    query: ListQuery<View>,
    options?: CallOptions,
  ): Promise<Exact<ListPage<Rows[View]>>>;
  /** Null where the list still has this version; the caller has none with null. */
  pageIfChanged<View extends keyof Rows>(
    query: ListQuery<View>,
    version: string | null,
    options?: CallOptions,
  ): Promise<Exact<ListPage<Rows[View]>> | null>;
  bulk(request: BulkRequest, options?: CallOptions): Promise<Exact<BulkAnswer>>;
  stats(options?: CallOptions): Promise<Exact<Stats>>;
  sweep(options?: SweepOptions): Promise<Exact<SweepAnswer>>;
  doctor(options?: DoctorOptions): Promise<Exact<DoctorAnswer>>;
  ready(options?: CallOptions): Promise<Exact<Readiness>>;
  openapi(options?: CallOptions): Promise<Exact<Readonly<Record<string, unknown>>>>;
  request(request: RawRequest, options?: CallOptions): Promise<Exact<unknown>>;
}

/** These calls work on many objects, so they may take longer than others. */
const LONG = { timeoutSeconds: 120 } as const;

const BulkShape = promised<BulkAnswer>({
  matched: number,
  done: number,
  pending: number,
  skipped: array(unknown),
  cursor: nullable(string),
});
const StatsShape = promised<Stats>({
  jobs: object({}),
  total: number,
  standing: object({}),
  limits: array(unknown),
});
const SweepShape = promised<SweepAnswer>({
  examined: number,
  recovered: number,
  cursor: nullable(string),
});
const DoctorShape = promised<DoctorAnswer>({
  store: string,
  checks: array(unknown),
  leases: boolean,
});
const ReadinessShape = promised<Readiness>({
  status: string,
  store: string,
  limits: array(unknown),
});
const ObjectShape = object({});

export function exactServiceCalls(caller: ExactCaller): ExactServiceCalls {
  return {
    page<View extends keyof Rows>(query: ListQuery<View>, options?: CallOptions) {
      const request = { method: 'GET', path: listPath(query) } as const;
      return caller.ask(request, { shape: pageShape<View>(), options });
    },

    pageIfChanged<View extends keyof Rows>(
      query: ListQuery<View>,
      version: string | null,
      options?: CallOptions,
    ) {
      const request = { method: 'GET', path: listPath(query) } as const;
      return caller.askIfChanged(request, { shape: pageShape<View>(), version, options });
    },

    bulk(request, options) {
      const asked = { method: 'POST', path: '/v1/bulk', body: bulkBody(request) } as const;
      return caller.ask(asked, { shape: BulkShape, options: { ...LONG, ...options } });
    },

    stats(options) {
      return caller.ask({ method: 'GET', path: '/v1/stats' }, { shape: StatsShape, options });
    },

    sweep({ cursor, limit, ...options } = {}) {
      const path = pathWith('/v1/sweep', { cursor, limit });
      return caller.ask(
        { method: 'POST', path },
        { shape: SweepShape, options: { ...LONG, ...options } },
      );
    },

    doctor({ listKeys, ...options } = {}) {
      const path = pathWith('/v1/doctor', { list_keys: listKeys });
      return caller.ask(
        { method: 'POST', path },
        { shape: DoctorShape, options: { ...LONG, ...options } },
      );
    },

    ready(options) {
      return caller.ask({ method: 'GET', path: '/readyz' }, { shape: ReadinessShape, options });
    },

    openapi(options) {
      return caller.ask({ method: 'GET', path: '/openapi.json' }, { shape: ObjectShape, options });
    },

    request({ isRepeatable = true, ...request }, options) {
      const repeat = isRepeatable ? 'safe' : 'refused';
      return caller.ask(request, { shape: unknown, repeat, options });
    },
  };
}

function pageShape<View extends keyof Rows>() {
  return promised<ListPage<Rows[View]>>({
    jobs: array(unknown),
    corrupt: array(unknown),
    next_cursor: nullable(string),
  });
}
