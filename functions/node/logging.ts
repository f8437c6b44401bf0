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

/** How long a line waits at most for others to be written with it. */
const WAIT_MS = 20;
const MOST_WAITING_LINES = 256;

/**
 * Sends the log to standard output: readable on a terminal, a JSON object a line elsewhere.
 * Returns a function that writes the lines that still wait.
 */
export async function startLogging(options: {
  format: 'pretty' | 'json';
  level: LogLevel;
}): Promise<() => Promise<void>> {
  // The reader of the log may close the pipe (EPIPE): the service continues without a log.
  process.stdout.on('error', () => {});
  const pretty = options.format === 'pretty';
  const formatter = pretty
    ? getPrettyFormatter({ timestamp: 'time', wordWrap: false })
    : (record: LogRecord) => `${jsonLine(record)}\n`;
  await configure({
    sinks: { stdout: batchedSink(formatter, boundedWrite(process.stdout)) },
    loggers: [
      { category: 'dalsegno', lowestLevel: options.level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['stdout'] },
    ],
  });
  return dispose;
}

/** The part of a stream that lines are written with. */
interface LineStream {
  readonly writableLength: number;
  write(text: string, done: () => void): boolean;
}

/**
 * Writes lines while somebody reads them. Lines that wait for a slow reader take bounded memory: beyond that
 * they are dropped, and the next batch that fits says how many batches were.
 */
export function boundedWrite(
  stream: LineStream,
  mostBytes: number = MEMORY_BOUNDS.log.bytes,
): (text: string) => Promise<void> {
  let dropped = 0;
  return async text => {
    if (stream.writableLength + text.length > mostBytes) {
      dropped += 1;
      return;
    }
    const notice =
      dropped === 0
        ? ''
        : `${JSON.stringify({ level: 'WARN', message: 'Lines were dropped: nobody reads the log', dropped_batches: dropped })}\n`;
    dropped = 0;
    await new Promise<void>(resolve => {
      stream.write(notice + text, () => resolve());
    });
  };
}

/**
 * Writes lines in batches: one write for each line costs more than the request that it is about.
 * Disposal of the log writes the last batch.
 */
function batchedSink(
  formatter: TextFormatter,
  writeText: (text: string) => Promise<void>,
): Sink & AsyncDisposable {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | null = null;

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const text = lines.join('');
    lines = [];
    return text === '' ? Promise.resolve() : writeText(text);
  }

  function sink(record: LogRecord): void {
    lines.push(formatter(record));
    if (lines.length >= MOST_WAITING_LINES) void flush();
    else timer ??= setTimeout(() => void flush(), WAIT_MS).unref();
  }

  return Object.assign(sink, { [Symbol.asyncDispose]: flush });
}
