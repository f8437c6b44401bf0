import { configureSync, type LogLevel, type LogRecord } from '@logtape/logtape';

/** A record as one line of JSON. */
export function jsonLine({ timestamp, level, message, category, properties }: LogRecord): string {
  const line = {
    '@timestamp': new Date(timestamp).toISOString(),
    level: level === 'warning' ? 'WARN' : level.toUpperCase(),
    message: message.join(''),
    logger: category.join('.'),
    ...properties,
  };
  return JSON.stringify(line);
}

/** The platforms take the severity of a line from the method that wrote it. */
const METHODS = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
} as const;

/** Sends the log to the console, a JSON object a line: what the platforms at the edge keep and search. */
export function logToConsole(level: LogLevel): void {
  configureSync({
    reset: true,
    sinks: { console: write },
    loggers: [
      { category: 'dalsegno', lowestLevel: level, sinks: ['console'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['console'] },
    ],
  });
}

function write(record: LogRecord): void {
  console[METHODS[record.level]](jsonLine(record));
}
