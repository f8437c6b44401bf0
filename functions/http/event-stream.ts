import { MEMORY_BOUNDS } from '../../lib/base/memory-bounds.ts';
import type { PresenceEvent, PresenceSink } from '../../lib/presence/presence-event.ts';

/** Server-sent events, and the response body that has them. */
export interface EventStream extends PresenceSink {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** What a slow reader may leave unread. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** When the readers together leave more than the limit unread, those are ended that leave more than this. */
const FAIR_BYTES = 16 * 1024;

const queued = { bytes: 0 };

interface EventStreamOptions {
  /** Called when the client closes the connection. */
  readonly onClosed: () => void;
  readonly isUnreachable?: () => boolean;
  /** Ends the connection. Called at the end if the reader was too slow: it may never take what is left. */
  readonly disconnect?: () => void;
}

/**
 * `send` answers false when the reader has left too much unread: the limit of one reader does not depend on the others,
 * but together they have one too.
 */
export function createEventStream(
  encode: (event: PresenceEvent) => string,
  { onClosed, isUnreachable = () => false, disconnect = () => {} }: EventStreamOptions,
): EventStream {
  const utf8 = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  /** The bytes of this stream in the common count. */
  let counted = 0;
  let isSlow = false;

  function count(): number {
    const own = controller === null ? 0 : Math.max(0, -(controller.desiredSize ?? 0));
    queued.bytes += own - counted;
    counted = own;
    return own;
  }

  function leave(): void {
    controller = null;
    count();
  }

  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(given) {
        controller = given;
      },
      pull: () => void count(),
      cancel() {
        leave();
        onClosed();
      },
    },
    { highWaterMark: 0, size: chunk => chunk?.byteLength ?? 0 },
  );

  return {
    body,
    isUnreachable,
    send(event) {
      if (controller === null) return false;
      controller.enqueue(utf8.encode(encode(event)));
      const own = count();
      const isFull = queued.bytes > MEMORY_BOUNDS.presenceEvents.bytes && own > FAIR_BYTES;
      isSlow ||= own > MAX_QUEUED_BYTES || isFull;
      return !isSlow;
    },
    end() {
      const isOpen = controller !== null;
      controller?.close();
      leave();
      if (isOpen && isSlow) disconnect();
    },
  };
}

/** One event in the format of server-sent events. JSON has no line breaks. */
export function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
