import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...PATIENCE,
          name: 'node',
          include: ['test/**/*.test.ts'],
          // Vitest has one group of workers for each project.
          sequence: { groupOrder: 0 },
          exclude: ['test/stores/deno-kv-own.test.ts', 'test/stores/r2.test.ts'],
          // Many files wait for processes that they have started.
          maxWorkers: 3,
        },
      },
      {
        plugins: [
          cloudflareTest({
            miniflare: {
              compatibilityDate: '2026-10-30',
              compatibilityFlags: ['nodejs_compat'],
              cf: false,
              r2Buckets: ['STATE_BUCKET'],
            },
          }),
        ],
        test: {
          ...PATIENCE,
          name: 'workerd',
          include: ['test/http/*.test.ts', 'test/recordings/*.test.ts', 'test/stores/r2.test.ts'],
          sequence: { groupOrder: 1 },
          // To load everything anew for every file takes longer than to run it.
          isolate: false,
          maxWorkers: 2,
        },
      },
    ],
  },
});
