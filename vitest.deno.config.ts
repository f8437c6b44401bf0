import { defineConfig } from 'vitest/config';
import { RUNTIME_FILES } from './test/runtime-files.ts';
import { reportersOf } from './test/support/node/failed-tests.ts';

/** For the binary of Deno, with its own KV. */
export default defineConfig({
  test: {
    name: 'deno',
    include: [
      ...RUNTIME_FILES,
      'test/stores/deno-kv/own.test.ts',
      'test/testing/*.test.ts',
      'test/stores/deno-kv/in-memory/*.test.ts',
      'test/deno/*.test.ts',
    ],
    // Starts the server of PostgreSQL.
    globalSetup: 'test/support/postgres/global-setup.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: reportersOf('deno'),
    isolate: false,
    // It runs beside the other projects, and is done before them.
    maxWorkers: 1,
  },
});
