import { familyText, histogramText, type Labels } from '../metrics/text.ts';
import type { ServedRequest } from '../services/metrics.ts';
import { createHistogram, type Histogram, SECONDS_BOUNDS } from './histogram.ts';

/** The requests of a process. Labels have patterns of resources, methods, statuses and codes, and no names of clients. */
export interface RequestCounts {
  observe(request: ServedRequest): void;
  text(): string;
}

interface Route {
  readonly labels: Labels;
  readonly durations: Histogram;
  readonly statuses: Map<number, number>;
}

const METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
]);
/** A client may send any word as a method. */
const OTHER_METHOD = 'other';
const NO_ROUTE = 'none';

export function createRequestCounts(): RequestCounts {
  const routes = new Map<string, Map<string, Route>>();
  const codes = new Map<string, number>();

  function routeOf({ method: given, route }: ServedRequest): Route {
    const pattern = route ?? NO_ROUTE;
    const method = METHODS.has(given) ? given : OTHER_METHOD;
    const methods = routes.get(pattern) ?? new Map<string, Route>();
    routes.set(pattern, methods);
    const known = methods.get(method);
    if (known !== undefined) return known;
    const labels = { method, route: pattern };
    const made = { labels, durations: createHistogram(), statuses: new Map<number, number>() };
    methods.set(method, made);
    return made;
  }

  return {
    observe(request) {
      const { durations, statuses } = routeOf(request);
      durations.observe(request.seconds);
      statuses.set(request.status, (statuses.get(request.status) ?? 0) + 1);
      if (request.code !== undefined) codes.set(request.code, (codes.get(request.code) ?? 0) + 1);
    },

    text() {
      const all = [...routes.values()].flatMap(methods => Array.from(methods.values()));
      return [
        familyText({
          name: 'dalsegno_http_requests_total',
          help: 'Requests that were answered, by the pattern of their resource.',
          type: 'counter',
          samples: all.flatMap(({ labels, statuses }) =>
            [...statuses].map(([status, value]) => ({
              labels: { ...labels, status: String(status) },
              value,
            })),
          ),
        }),
        histogramText(
          {
            name: 'dalsegno_http_request_duration_seconds',
            help: 'Time until the answer was made, without the wait of a claim for a job.',
            bounds: SECONDS_BOUNDS,
          },
          all.map(({ labels, durations }) => ({ labels, counted: durations.read() })),
        ),
        familyText({
          name: 'dalsegno_problems_total',
          help: 'Answers with a failure, by its code.',
          type: 'counter',
          samples: [...codes].map(([code, value]) => ({ labels: { code }, value })),
        }),
      ].join('');
    },
  };
}
