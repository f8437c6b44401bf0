import { getLogger, resetSync } from '@logtape/logtape';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DenoLog, startLogging } from '../../functions/deno/logging.ts';
import type { RequestLine } from '../../functions/services/request-lines.ts';

const LINE: RequestLine = {
  level: 'info',
  timestamp: 1_767_225_600_000,
  method: 'GET',
  path: '/v1/jobs/a',
  status: 200,
  durationMs: 1,
  requestId: 'r-1',
  jobId: 'a',
  code: undefined,
  access: undefined,
  waitedMs: undefined,
};

/** Each write, with the output that it went to. */
let writes: { readonly to: string; readonly text: string }[] = [];
/** How much of a text one write takes. */
let most = Number.POSITIVE_INFINITY;
let unload: () => void = () => {};

function output(to: string) {
  return {
    writeSync(bytes: Uint8Array): number {
      if (most === 0) throw new Error('Broken pipe');
      const taken = bytes.subarray(0, most);
      writes.push({ to, text: new TextDecoder().decode(taken) });
      return taken.byteLength;
    },
  };
}

function start(): DenoLog {
  return startLogging('info');
}

/** The ids of the requests in a text, in order. */
function idsIn(text: string | undefined): string[] {
  return [...(text ?? '').matchAll(/"request_id":"([^"]+)"/g)].map(([, id = '']) => id);
}

beforeEach(() => {
  writes = [];
  most = Number.POSITIVE_INFINITY;
  vi.useFakeTimers();
  vi.stubGlobal('Deno', { stdout: output('stdout'), stderr: output('stderr') });
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => {
    if (name === 'unload') unload = listener;
  });
});

afterEach(() => {
  resetSync();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('startLogging() on Deno', () => {
  it('writes the lines of 20 ms together, in order', () => {
    const { requestLines } = start();
    requestLines.write({ ...LINE, requestId: 'r-1' });
    getLogger('dalsegno').info('Between');
    vi.advanceTimersByTime(19);
    requestLines.write({ ...LINE, requestId: 'r-2' });
    expect(writes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(writes).toHaveLength(1);
    const lines = writes[0]?.text.trimEnd().split('\n') ?? [];
    expect(lines.map(line => JSON.parse(line).request_id)).toEqual(['r-1', undefined, 'r-2']);
    vi.advanceTimersByTime(1000);
    expect(writes).toHaveLength(1);
  });

  it('writes at once when 256 lines wait, and begins a new wait with the next one', () => {
    const { requestLines } = start();
    for (let nth = 0; nth < 257; nth++) requestLines.write({ ...LINE, requestId: `r-${nth}` });
    expect(writes).toHaveLength(1);
    expect(idsIn(writes[0]?.text)).toHaveLength(256);
    vi.advanceTimersByTime(20);
    expect(idsIn(writes[1]?.text)).toEqual(['r-256']);
  });

  it('writes a warning to standard error at once, behind the lines before it', () => {
    const { requestLines } = start();
    requestLines.write(LINE);
    getLogger('dalsegno').warning('Look');
    expect(writes.map(({ to }) => to)).toEqual(['stdout', 'stderr']);
    expect(JSON.parse(writes[1]?.text ?? '')).toMatchObject({ level: 'WARN', message: 'Look' });
    vi.advanceTimersByTime(20);
    expect(writes).toHaveLength(2);
  });

  it.each([
    ['flush()', ({ flush }: DenoLog) => flush()],
    ['the end of the process', () => unload()],
  ])('writes what waits at %s', (_name, end) => {
    const log = start();
    log.requestLines.write(LINE);
    end(log);
    expect(idsIn(writes[0]?.text)).toEqual(['r-1']);
    vi.advanceTimersByTime(20);
    expect(writes).toHaveLength(1);
  });

  it('writes the rest of a text of which the output took a part', () => {
    const { requestLines, flush } = start();
    requestLines.write(LINE);
    most = 10;
    flush();
    const text = writes.map(write => write.text).join('');
    expect(JSON.parse(text)).toMatchObject({ request_id: 'r-1', job_id: 'a' });
  });

  it('continues when the reader of the output is gone', () => {
    const { requestLines, flush } = start();
    most = 0;
    requestLines.write(LINE);
    flush();
    most = Number.POSITIVE_INFINITY;
    requestLines.write({ ...LINE, requestId: 'r-2' });
    flush();
    expect(writes.map(({ text }) => idsIn(text))).toEqual([['r-2']]);
  });

  it('leaves out lines below the level', () => {
    const { requestLines } = startLogging('warning');
    expect(requestLines.isEnabledFor('info')).toBe(false);
    getLogger('dalsegno').info('Quiet');
    vi.advanceTimersByTime(20);
    expect(writes).toEqual([]);
  });
});
