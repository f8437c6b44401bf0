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
  // Whoever read the log may go away (EPIPE): the service goes on without.
  process.stdout.on('error', () => {});
  const pretty = options.format === 'pretty';
  const formatter = pretty
    ? getPrettyFormatter({ timestamp: 'time', wordWrap: false })
    : getJsonLinesFormatter({ properties: 'flatten', message: 'rendered' });
  const sink = getStreamSink(standardOutput(), { formatter, nonBlocking: true });
  await configure({
    sinks: { stdout: sink },
    loggers: [
      { category: 'dalsegno', lowestLevel: options.level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['stdout'] },
    ],
  });
  return dispose;
}

/** Standard output as a web stream. It cannot be closed, so closing waits for the last line alone. */
function standardOutput(): WritableStream<Uint8Array> {
  return new WritableStream({
    write: chunk =>
      new Promise(resolve => {
        process.stdout.write(chunk, () => resolve());
      }),
  });
}
