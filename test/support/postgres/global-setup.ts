import { startPostgres } from './server.ts';

/** One server for all tests of a run. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres(process.env['MEMORY_DIR'] ?? process.env['TMPDIR'] ?? '/tmp');
  process.env['TEST_POSTGRES'] = server.url;
  return () => server.stop();
}
