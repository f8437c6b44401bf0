import type { CallOptions } from '../worker/client/call.ts';
import type { SweepAnswer } from '../worker/client/job.ts';
import type { BulkAnswer, DoctorAnswer, ListPage, Readiness, Rows, Stats } from './answers.ts';
import type { DoctorOptions, RawRequest, SweepOptions } from './api.ts';
import type { Exact, ExactCaller } from './exact.ts';
import { type BulkRequest, bulkBody, type ListQuery, listPath } from './query.ts';
import { shaped } from './shape.ts';

/** The calls about many jobs, and about the service. Their answers keep their text. */
export interface ExactServiceCalls {
  page<View extends keyof Rows>(
    query: ListQuery<View>,
    options?: CallOptions,
  ): Promise<Exact<ListPage<Rows[View]>>>;
  /** Null where the list still has this version. */
  pageIfChanged<View extends keyof Rows>(
    query: ListQuery<View>,
    version: string,
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

const isBulkAnswer = shaped<BulkAnswer>({
  matched: 'number',
  done: 'number',
  pending: 'number',
  skipped: 'array',
  cursor: 'string?',
});
const isStats = shaped<Stats>({
  jobs: 'object',
  total: 'number',
  standing: 'object',
  limits: 'array',
});
const isSweep = shaped<SweepAnswer>({
  examined: 'number',
  recovered: 'number',
  cursor: 'string?',
});
const isDoctor = shaped<DoctorAnswer>({ store: 'string', checks: 'array', leases: 'boolean' });
const isReadiness = shaped<Readiness>({ status: 'string', store: 'string', limits: 'array' });
const isObject = shaped<Readonly<Record<string, unknown>>>({});

export function exactServiceCalls(caller: ExactCaller): ExactServiceCalls {
  return {
    page<View extends keyof Rows>(query: ListQuery<View>, options?: CallOptions) {
      const request = { method: 'GET', path: listPath(query) } as const;
      return caller.ask(request, { check: pageCheck<View>(), options });
    },

    pageIfChanged<View extends keyof Rows>(
      query: ListQuery<View>,
      version: string,
      options?: CallOptions,
    ) {
      const headers = [['If-None-Match', `"${version}"`]] as const;
      const request = { method: 'GET', path: listPath(query), headers } as const;
      return caller.askIfChanged(request, { check: pageCheck<View>(), options });
    },

    bulk(request, options) {
      const asked = { method: 'POST', path: '/v1/bulk', body: bulkBody(request) } as const;
      return caller.ask(asked, { check: isBulkAnswer, options: { ...LONG, ...options } });
    },

    stats(options) {
      return caller.ask({ method: 'GET', path: '/v1/stats' }, { check: isStats, options });
    },

    sweep({ cursor, limit, ...options } = {}) {
      const path = pathWith('/v1/sweep', { cursor, limit });
      return caller.ask(
        { method: 'POST', path },
        { check: isSweep, options: { ...LONG, ...options } },
      );
    },

    doctor({ listKeys, ...options } = {}) {
      const path = pathWith('/v1/doctor', { list_keys: listKeys });
      return caller.ask(
        { method: 'POST', path },
        { check: isDoctor, options: { ...LONG, ...options } },
      );
    },

    ready(options) {
      return caller.ask({ method: 'GET', path: '/readyz' }, { check: isReadiness, options });
    },

    openapi(options) {
      return caller.ask({ method: 'GET', path: '/openapi.json' }, { check: isObject, options });
    },

    request({ isRepeatable = true, ...request }, options) {
      const repeat = isRepeatable ? 'safe' : 'refused';
      return caller.ask(request, { check: isPresent, repeat, options });
    },
  };
}

function pageCheck<View extends keyof Rows>() {
  return shaped<ListPage<Rows[View]>>({
    jobs: 'array',
    corrupt: 'array',
    next_cursor: 'string?',
  });
}

function isPresent(value: unknown): value is unknown {
  return value !== undefined;
}

function pathWith(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
