import { Writable } from 'node:stream';
import {
  configure,
  dispose,
  getJsonLinesFormatter,
  getStreamSink,
  type LogLevel,
} from '@logtape/logtape';
import { getPrettyFormatter } from '@logtape/pretty';

/**
 * Sends the log to standard output: for people on a terminal, a JSON object a line elsewhere.
 * Gives a function that writes out what is still on its way.
 */
export async function startLogging(options: {
  format: 'pretty' | 'json';
  level: LogLevel;
}): Promise<() => Promise<void>> {
  const pretty = options.format === 'pretty';
  const formatter = pretty
    ? getPrettyFormatter({ timestamp: 'time', properties: true, categoryWidth: 16 })
    : getJsonLinesFormatter({ properties: 'flatten', message: 'rendered' });
  const sink = getStreamSink(Writable.toWeb(process.stdout), { formatter, nonBlocking: true });
  await configure({
    sinks: { stdout: sink },
    loggers: [
      { category: 'dalsegno', lowestLevel: options.level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['stdout'] },
    ],
  });
  return dispose;
}
