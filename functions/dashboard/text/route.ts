import { filterFrom, type ListFilter, NO_FILTER, paramsOf } from './list-filter.ts';

/** What part of a job its page shows. */
export type JobView = 'sheets' | 'timeline' | 'json';

/** A place of the dashboard. It is in the hash of the address, so that it can be sent to others. */
export type Route =
  | { readonly page: 'jobs'; readonly filter: ListFilter }
  | {
      readonly page: 'job';
      readonly jobId: string;
      readonly view: JobView;
      /** The chosen sheet; null for none. */
      readonly sheet: number | null;
    }
  | { readonly page: 'service' }
  | { readonly page: 'api'; readonly q: string }
  | { readonly page: 'missing'; readonly path: string };

const VIEWS: readonly JobView[] = ['sheets', 'timeline', 'json'];

/** The route of a hash as the address has it, with or without `#`. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, '');
  const start = text.indexOf('?');
  const path = start < 0 ? text : text.slice(0, start);
  const params = new URLSearchParams(start < 0 ? '' : text.slice(start + 1));
  const [page = '', ...rest] = path.split('/').filter(part => part !== '');
  switch (page) {
    case '':
      return { page: 'jobs', filter: filterFrom(params) };
    case 'jobs':
      if (rest.length === 0) return { page: 'jobs', filter: filterFrom(params) };
      return jobRoute(rest.join('/'), params) ?? { page: 'missing', path };
    case 'service':
      return rest.length === 0 ? { page: 'service' } : { page: 'missing', path };
    case 'api':
      return rest.length === 0
        ? { page: 'api', q: params.get('q') ?? '' }
        : { page: 'missing', path };
    default:
      return { page: 'missing', path };
  }
}

/** The hash of a route, with `#`. */
export function hashOf(route: Route): string {
  switch (route.page) {
    case 'jobs':
      return withQuery('#/jobs', paramsOf(route.filter));
    case 'job':
      return withQuery(`#/jobs/${encodeSegment(route.jobId)}`, jobParams(route));
    case 'service':
      return '#/service';
    case 'api':
      return withQuery(
        '#/api',
        new URLSearchParams(route.q.trim() === '' ? {} : { q: route.q.trim() }),
      );
    case 'missing':
      return `#${route.path}`;
    default:
      return route satisfies never;
  }
}

/** All jobs, newest first. */
export const HOME: Route = { page: 'jobs', filter: NO_FILTER };

/**
 * A text as one part of a path. A job id may have any character. What `encodeURIComponent` leaves, and a shell or a mail
 * program reads in its own way, is encoded too.
 */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function jobRoute(segment: string, params: URLSearchParams): Route | null {
  const jobId = decodeSegment(segment);
  if (jobId === null) return null;
  const view = VIEWS.find(name => name === params.get('view')) ?? 'sheets';
  const sheet = /^[1-9][0-9]{0,8}$/.test(params.get('sheet') ?? '')
    ? Number(params.get('sheet'))
    : null;
  return { page: 'job', jobId, view, sheet };
}

/** Null where the percent encoding is broken. */
function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function jobParams({ view, sheet }: { view: JobView; sheet: number | null }): URLSearchParams {
  const params = new URLSearchParams();
  if (view !== 'sheets') params.set('view', view);
  if (sheet !== null) params.set('sheet', String(sheet));
  return params;
}

function withQuery(path: string, params: URLSearchParams): string {
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}
