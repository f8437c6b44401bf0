import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { createTracing } from '../../functions/telemetry/tracing.ts';
import { openApp } from '../support/app.ts';

interface NotedSpan {
  name: string;
  readonly parent: string | null;
  readonly attributes: Record<string, unknown>;
  isEnded: boolean;
}

/** What an SDK registers, without one: spans are noted in a list. */
function registerNotes(): NotedSpan[] {
  const notes: NotedSpan[] = [];
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, call, self, ...rest) => storage.run(active, () => call.apply(self, rest)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  const names = new Map<Span, NotedSpan>();

  function startSpan(name: string, attributes: object | undefined, active: Context): Span {
    const parent = trace.getSpan(active);
    const caller = trace.getSpanContext(active)?.traceId ?? null;
    const noted: NotedSpan = {
      name,
      parent: parent === undefined ? null : (names.get(parent)?.name ?? caller),
      attributes: { ...attributes },
      isEnded: false,
    };
    const span: Partial<Span> = {
      setAttributes: all => Object.assign(noted.attributes, all) && (span as Span),
      setAttribute: (key, value) =>
        Object.assign(noted.attributes, { [key]: value }) && (span as Span),
      updateName: next => Object.assign(noted, { name: next }) && (span as Span),
      setStatus: ({ code }) => Object.assign(noted.attributes, { code }) && (span as Span),
      end: () => void Object.assign(noted, { isEnded: true }),
      spanContext: () => ({ traceId: 't', spanId: 's', traceFlags: 1 }),
    };
    notes.push(noted);
    names.set(span as Span, noted);
    return span as Span;
  }

  const tracer: Partial<Tracer> = {
    startSpan: (name, options, active = context.active()) =>
      startSpan(name, options?.attributes, active),
    startActiveSpan: (name: string, ...rest: unknown[]) => {
      const [options, active, call] = rest as [
        { attributes: object },
        Context,
        (span: Span) => never,
      ];
      const span = startSpan(name, options.attributes, active);
      return context.with(trace.setSpan(active, span), () => call(span));
    },
  };
  context.setGlobalContextManager(manager);
  trace.setGlobalTracerProvider({ getTracer: () => tracer as Tracer });
  propagation.setGlobalPropagator({
    inject: () => {},
    extract: (from, carrier, getter) => {
      const traceId = getter.get(carrier, 'traceparent');
      if (typeof traceId !== 'string') return from;
      return trace.setSpanContext(from, { traceId, spanId: 'caller', traceFlags: 1 });
    },
    fields: () => ['traceparent'],
  });
  return notes;
}

afterEach(() => {
  context.disable();
  trace.disable();
  propagation.disable();
});

describe('createTracing()', () => {
  it('returns null where no SDK is registered', () => {
    expect(createTracing()).toBeNull();
  });

  it('makes a span for a request, named by its resource, and one for each operation within it', async () => {
    const notes = registerNotes();
    const app = openApp({ withTelemetry: true, tracing: createTracing() });
    await app.create();
    await app.ask('GET', '/v1/jobs/job-1/why');
    const requests = notes.filter(({ parent }) => parent === null);
    expect(requests.map(({ name }) => name)).toEqual(['POST /v1/jobs', 'GET /v1/jobs/:id/why']);
    expect(requests[0]?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/jobs',
      'http.response.status_code': 201,
    });
    const puts = notes.filter(({ name }) => name === 'store put');
    expect(puts.length).toBeGreaterThan(0);
    expect(puts[0]).toMatchObject({
      attributes: { 'dalsegno.store.folder': expect.any(String), 'dalsegno.store.result': 'done' },
    });
    expect(notes.every(({ isEnded }) => isEnded)).toBe(true);
    expect(JSON.stringify(notes)).not.toContain('job-1');
  });

  it('continues the trace of the caller, and gives failures their code', async () => {
    const notes = registerNotes();
    const app = openApp({ withTelemetry: true, tracing: createTracing() });
    await app.ask('GET', '/v1/jobs/none', { headers: { traceparent: 'trace-of-caller' } });
    const request = notes.find(({ name }) => name === 'GET /v1/jobs/:id');
    expect(request).toMatchObject({
      parent: 'trace-of-caller',
      attributes: { 'http.response.status_code': 404, 'error.type': 'job_not_found' },
    });
  });
});
