import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Service, startService } from '../node/service.ts';
import { createJob } from './console-block.ts';
import { ROOT, readPage, readPages } from './pages.ts';

/** The examples in TypeScript of a page; the package that they import is what `npm run build` has made. */
function examplesOf(path: string): string[] {
  const { blocks } = readPage(path);
  return blocks.filter(({ language }) => language === 'ts').map(({ text }) => text);
}

/** Runs an example in a process of its own. */
function start(example: string, { port }: Service) {
  const script = example.replace(':8787', `:${port}`);
  const flags = ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, '-e', script], { cwd: ROOT, stdio: 'inherit' });
  return { child, exit: once(child, 'exit') };
}

async function stateOf({ url }: Service, jobId: string): Promise<unknown> {
  return (await fetch(`${url}/v1/jobs/${jobId}`)).json();
}

describe('the examples of a page', () => {
  it('are on four pages', () => {
    const counts = readPages()
      .map(({ path }) => [path, examplesOf(path).length] as const)
      .filter(([, count]) => count > 0);
    expect(counts).toEqual([
      ['README.md', 1],
      ['functions/README.md', 1],
      ['lib/client/README.md', 3],
      ['lib/worker/README.md', 4],
    ]);
  });

  it.each([
    ['README.md', 'sheet 2 is done'],
    ['lib/worker/README.md', 'sheet 2, attempt 1: 5 rows'],
  ])(
    'the worker of %s runs a job to its end, and stops when it is asked to',
    async (path, stdout_tail) => {
      const service = await startService();
      await createJob(service, 'etl-8', 2);
      const { child, exit } = start(examplesOf(path)[0] ?? '', service);
      // It looks for the next job when it has ended the first.
      await service.line(line => line['path'] === '/v1/claims' && line['status'] === 204);
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
      expect(await stateOf(service, 'etl-8')).toMatchObject({
        status: 'completed',
        sheets: { 2: { stdout_tail } },
      });
    },
  );

  it('the loop of lib/worker/README.md creates a job and runs it to its end', async () => {
    const service = await startService();
    const { exit } = start(examplesOf('lib/worker/README.md')[2] ?? '', service);
    expect(await exit).toEqual([0, null]);
    expect(await stateOf(service, 'etl-9')).toMatchObject({
      status: 'completed',
      sheets: { 2: { stdout_tail: '12 rows' } },
    });
  });

  it('the handlers of lib/worker/README.md run a job with its input', async () => {
    const service = await startService();
    const { exit } = start(examplesOf('lib/worker/README.md')[1] ?? '', service);
    expect(await exit).toEqual([0, null]);
    expect(await stateOf(service, 'sum-1')).toMatchObject({ sheets: { 1: { stdout_tail: '6' } } });
  });

  it('the tests of lib/worker/README.md pass', async () => {
    const service = await startService();
    const { exit } = start(examplesOf('lib/worker/README.md')[3] ?? '', service);
    expect(await exit).toEqual([0, null]);
  });

  it('the client of lib/client/README.md saves and reads a state with all its digits', async () => {
    const service = await startService();
    const { exit } = start(examplesOf('lib/client/README.md')[1] ?? '', service);
    expect(await exit).toEqual([0, null]);
    expect(await stateOf(service, 'etl-13')).toMatchObject({ job_id: 'etl-13' });
  });
});
