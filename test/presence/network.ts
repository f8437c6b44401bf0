import type { Fetch } from '../../lib/worker.ts';

/** A network between a worker and its service. Unlike a call within a process it has connections. */
export interface Network {
  readonly fetch: Fetch;
  /** What was sent, as `PUT /v1/presence/{id}`. */
  readonly calls: readonly string[];
  /** How many streams are open. */
  streams(): number;
  /** Breaks all connections that are open, for both sides. */
  cut(): void;
  /** Requests that match are answered so from now on; null for the service's own answers. */
  answer(matching: RegExp, answer: ((request: Request) => Promise<Response>) | null): void;
  /** The events of streams do not arrive any more, as behind a proxy that collects them. */
  holdBack(): void;
}

export function openNetwork(service: Fetch): Network {
  const calls: string[] = [];
  const connections = new Set<() => void>();
  const answers = new Map<string, { pattern: RegExp; answer: Fetch }>();
  let isHeldBack = false;

  function connect(body: ReadableStream<Uint8Array>, signal: AbortSignal) {
    const reader = body.getReader();
    let fail = (_error: Error): void => undefined;
    const end = (error: Error): void => {
      connections.delete(cut);
      void reader.cancel();
      fail(error);
    };
    const cut = (): void => end(new TypeError('terminated'));
    connections.add(cut);
    signal.addEventListener('abort', () => end(new DOMException('aborted', 'AbortError')));
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        fail = error => controller.error(error);
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (isHeldBack) return new Promise(() => undefined);
        if (!done) {
          controller.enqueue(new Uint8Array(value));
          return;
        }
        connections.delete(cut);
        controller.close();
      },
      cancel() {
        connections.delete(cut);
        return reader.cancel();
      },
    });
  }

  return {
    calls,
    streams: () => connections.size,
    cut() {
      for (const end of connections) end();
    },
    answer(matching, answer) {
      if (answer === null) answers.delete(matching.source);
      else answers.set(matching.source, { pattern: matching, answer });
    },
    holdBack() {
      isHeldBack = true;
    },
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const call = `${request.method} ${pathname.replace(/(presence\/).+/, '$1{id}')}`;
      calls.push(call);
      const given = [...answers.values()].find(({ pattern }) => pattern.test(call));
      if (given !== undefined) return given.answer(request);
      const response = await service(request);
      const isStream = response.headers.get('content-type') === 'text/event-stream';
      if (!isStream || response.body === null) return response;
      const { status, headers } = response;
      return new Response(connect(response.body, request.signal), { status, headers });
    },
  };
}
