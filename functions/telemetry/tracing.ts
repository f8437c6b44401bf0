import {
  type Attributes,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { ServedRequest } from '../services/metrics.ts';
import type { StoreOperation, StoreResult } from './store-timing.ts';

/** Spans of requests and of operations of the store, by the API of OpenTelemetry. */
export interface Tracing {
  /** Answers a request in a span, within that of its caller. Where the runtime has begun one already, that is used. */
  answer(request: Request, respond: () => Response | Promise<Response>): Promise<Response>;
  /** Gives the span of the request its route, its status and its code. */
  describe(request: ServedRequest): void;
  /** Begins the span of an operation. The answer ends it. */
  beginOperation(operation: StoreOperation, key: string): (result: StoreResult) => void;
}

const NAME = 'dalsegno';
const PROBE = createContextKey('dalsegno probe');

/**
 * Null where no SDK of OpenTelemetry was registered before the start of the service: then nothing is traced, and nothing
 * is paid for it.
 */
export function createTracing(): Tracing | null {
  return hasSdk() ? openTracing() : null;
}

/** Without an SDK a context that is set is not there. */
function hasSdk(): boolean {
  const probing = ROOT_CONTEXT.setValue(PROBE, true);
  return context.with(probing, () => context.active().getValue(PROBE) === true);
}

function openTracing(): Tracing {
  const tracer = trace.getTracer(NAME);
  return {
    async answer(request, respond) {
      if (trace.getActiveSpan() !== undefined) return respond();
      const caller = propagation.extract(context.active(), request.headers, {
        get: (headers, name) => headers.get(name) ?? undefined,
        keys: headers => Array.from(headers.keys()),
      });
      const attributes = { 'http.request.method': request.method };
      const options = { kind: SpanKind.SERVER, attributes };
      return tracer.startActiveSpan(request.method, options, caller, async span => {
        try {
          return await respond();
        } finally {
          span.end();
        }
      });
    },

    describe({ method, route, status, code }) {
      const span = trace.getActiveSpan();
      if (span === undefined) return;
      const attributes: Attributes = { 'http.response.status_code': status };
      if (route !== null) {
        span.updateName(`${method} ${route}`);
        attributes['http.route'] = route;
      }
      if (code !== undefined) attributes['error.type'] = code;
      span.setAttributes(attributes);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    },

    beginOperation(operation, key) {
      // The rest of a key has the id of a job.
      const [folder = ''] = key.split('/');
      const attributes = { 'dalsegno.store.operation': operation, 'dalsegno.store.folder': folder };
      const span = tracer.startSpan(`store ${operation}`, { kind: SpanKind.CLIENT, attributes });
      return result => {
        span.setAttribute('dalsegno.store.result', result);
        if (result === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },
  };
}
