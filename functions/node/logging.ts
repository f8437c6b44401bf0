import {
  configure,
  dispose,
  type LogLevel,
  type LogRecord,
  type Sink,
  type TextFormatter,
} from '@logtape/logtape';
import { getPrettyFormatter } from '@logtape/pretty';
import { MEMORY_BOUNDS } from '../../lib/base/memory-bounds.ts';
import { jsonLine } from '../entry/log.ts';
import { requestLinesTo } from '../entry/request-line-text.ts';
import type { RequestLines } from '../services/request-lines.ts';

/** How long a line waits at most for others to be written with it. */
const WAIT_MS = 20;
/** What waits at most: some 200 lines. */
const BATCH_BYTES = 64 * 1024;
const MAX_BYTES_OF_A_CHARACTER = 3;

export interface Log {
  /** Where the lines of requests go. Null where the logger formats them as all others. */
  readonly requestLines: RequestLines | null;
  /** Writes the lines that still wait. */
  flush(): Promise<void>;
}

/** Sends the log to standard output: readable on a terminal, a JSON object a line elsewhere. */
export async function startLogging(options: {
  format: 'pretty' | 'json';
  level: LogLevel;
}): Promise<Log> {
  // The reader of the log may close the pipe (EPIPE): the service continues without a log.
  process.stdout.on('error', () => {});
  const pretty = options.format === 'pretty';
  const formatter = pretty
    ? getPrettyFormatter({ timestamp: 'time', wordWrap: false })
    : (record: LogRecord) => `${jsonLine(record)}\n`;
  const batch = createLineBatch(boundedWrite(process.stdout));
  await configure({
    sinks: { stdout: batchedSink(formatter, batch) },
    loggers: [
      { category: 'dalsegno', lowestLevel: options.level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['stdout'] },
    ],
  });
  // The lines of requests and all others keep their order: they go through one batch.
  const requestLines = requestLinesTo(line => batch.add(line), options.level);
  return { requestLines: pretty ? null : requestLines, flush: dispose };
}

/** As text, or as its bytes. */
type Lines = string | Uint8Array;

/** The part of a stream that lines are written with. */
interface LineStream {
  readonly writableLength: number;
  write(lines: Lines, done: () => void): boolean;
}

/**
 * Writes lines while somebody reads them. Lines that wait for a slow reader take bounded memory: beyond that
 * they are dropped, and the next batch that fits says how many batches were.
 */
export function boundedWrite(
  stream: LineStream,
  mostBytes: number = MEMORY_BOUNDS.log.bytes,
): (lines: Lines) => Promise<void> {
  let dropped = 0;
  return async lines => {
    if (stream.writableLength + lines.length > mostBytes) {
      dropped += 1;
      return;
    }
    const notice =
      dropped === 0
        ? ''
        : `${JSON.stringify({ level: 'WARN', message: 'Lines were dropped: nobody reads the log', dropped_batches: dropped })}\n`;
    dropped = 0;
    await new Promise<void>(resolve => {
      stream.write(notice === '' ? lines : joined(notice, lines), () => resolve());
    });
  };
}

function joined(notice: string, lines: Lines): Lines {
  if (typeof lines === 'string') return notice + lines;
  return Buffer.concat([Buffer.from(notice), lines]);
}

/** Lines that wait to be written together. */
interface LineBatch {
  add(line: string): void;
  flush(): Promise<void>;
}

/**
 * Writes lines in batches: one write for each line costs more than the request that it is about. Lines wait as bytes.
 * As texts, each in many parts, they would outlive a collection of garbage, and be copied by it.
 */
export function createLineBatch(write: (bytes: Uint8Array) => Promise<void>): LineBatch {
  const waiting = Buffer.allocUnsafeSlow(BATCH_BYTES);
  let used = 0;
  let timer: NodeJS.Timeout | null = null;

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (used === 0) return Promise.resolve();
    // A copy of just these bytes: they may wait for a slow reader.
    const bytes = new Uint8Array(waiting.subarray(0, used));
    used = 0;
    return write(bytes);
  }

  return {
    add(line) {
      const mostBytes = line.length * MAX_BYTES_OF_A_CHARACTER;
      if (used + mostBytes > BATCH_BYTES) void flush();
      if (mostBytes > BATCH_BYTES) {
        void write(Buffer.from(line));
        return;
      }
      used += waiting.write(line, used);
      timer ??= setTimeout(() => void flush(), WAIT_MS).unref();
    },
    flush,
  };
}

/** Disposal of the log writes the last batch. */
function batchedSink(formatter: TextFormatter, batch: LineBatch): Sink & AsyncDisposable {
  const sink = (record: LogRecord): void => batch.add(formatter(record));
  return Object.assign(sink, { [Symbol.asyncDispose]: () => batch.flush() });
}
