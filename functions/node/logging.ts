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

/** A line waits at most so long for others to be written with it. */
const WAIT_MS = 20;
const MOST_WAITING_LINES = 256;

/**
 * Sends the log to standard output: for people on a terminal, a JSON object a line elsewhere.
 * Gives a function that writes out what is still on its way.
 */
export async function startLogging(options: {
  format: 'pretty' | 'json';
  level: LogLevel;
}): Promise<() => Promise<void>> {
  // Whoever read the log may go away (EPIPE): the service goes on without.
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

/** Where lines go; as much of a stream as is asked. */
interface LineStream {
  readonly writableLength: number;
  write(text: string, done: () => void): boolean;
}

/**
 * Writes lines as long as somebody reads them. What a reader that stands still leaves in memory is bounded:
 * beyond that lines are dropped, and the next one that has room says how many batches.
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
 * Writes lines together: a stream that gets each by itself costs a request more than its answer does.
 * The last ones are written when the log is disposed of.
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
