import { compareLogLevel, configureSync, type LogLevel, type LogRecord } from '@logtape/logtape';
import { jsonLine } from '../entry/log.ts';
import { requestLinesTo } from '../entry/request-line-text.ts';
import type { RequestLines } from '../services/request-lines.ts';
import type { DenoApi } from './api.ts';

declare const Deno: DenoApi;

/** How long a line waits at most for others to be written with it. */
const WAIT_MS = 20;
const MOST_WAITING_LINES = 256;

export interface DenoLog {
  /** Where the lines of requests go. */
  readonly requestLines: RequestLines;
  /** Writes the lines that still wait. */
  readonly flush: () => void;
}

/**
 * Sends the log of a process of its own to standard output, a JSON object a line, and warnings and errors to standard
 * error. Lines of the same moment are written together: one write for each costs a tenth of a small request.
 */
export function startLogging(level: LogLevel): DenoLog {
  let lines: string[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const text = lines.join('');
    lines = [];
    if (text !== '') writeAll(Deno.stdout, text);
  }

  function add(line: string): void {
    lines.push(line);
    if (lines.length >= MOST_WAITING_LINES) flush();
    else timer ??= setTimeout(flush, WAIT_MS);
  }

  function write(record: LogRecord): void {
    if (compareLogLevel(record.level, 'warning') < 0) {
      add(`${jsonLine(record)}\n`);
      return;
    }
    // They stay behind the lines that came before them.
    flush();
    writeAll(Deno.stderr, `${jsonLine(record)}\n`);
  }

  configureSync({
    reset: true,
    sinks: { output: write },
    loggers: [
      { category: 'dalsegno', lowestLevel: level, sinks: ['output'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['output'] },
    ],
  });
  // Also before the process ends by a fault.
  globalThis.addEventListener('unload', flush);
  return {
    requestLines: requestLinesTo(add, level),
    flush,
  };
}

/** A reader that is gone is no reason to end: the service continues without a log. */
function writeAll(output: DenoApi['stdout'], text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.byteLength > 0) bytes = bytes.subarray(output.writeSync(bytes));
  } catch {
    // Broken pipe.
  }
}
