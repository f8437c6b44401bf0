import { expect, it } from 'vitest';
import { boundedWrite } from '../../functions/node/logging.ts';

/** A standard output that nobody reads until it is told. */
function stuckStream() {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    lines,
    get writableLength() {
      return waiting.length === 0 ? 0 : lines.join('').length;
    },
    write(text: string, done: () => void) {
      lines.push(text);
      waiting.push(done);
      return false;
    },
    read() {
      for (const done of waiting.splice(0)) done();
    },
  };
}

it('keeps no more lines than are allowed for a reader that stands still, and says how many it dropped', async () => {
  const stream = stuckStream();
  const write = boundedWrite(stream, 100);
  const writes = Array.from({ length: 50 }, (_, index) => write(`line ${index} of ten\n`));
  expect(stream.lines.join('').length).toBeLessThanOrEqual(100);
  const kept = stream.lines.length;
  stream.read();
  await Promise.all(writes);
  const last = write('one more\n');
  stream.read();
  await last;
  const notice = JSON.parse(String(stream.lines.at(-1)?.split('\n')[0]));
  expect(notice).toMatchObject({ level: 'WARN', dropped_batches: 50 - kept });
});
