import type { LogRecord } from '@logtape/logtape';

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
