import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

/** They wait for other processes, or do much: begun last, they would be waited for alone. */
const LONG = [
  'demo/demo',
  'cli/copy/command',
  'cost/r2-cost',
  'entries/cloudflare',
  'worker/unknown-answers',
  'checkpoint/turns',
  'documents/console',
  'documents/examples',
  'copy/media',
  'stores/guarantees',
  'stores/workers-kv',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex(name => moduleId.includes(`/test/${name}`));
      return found < 0 ? LONG.length : found;
    };
    return files.toSorted((left, right) => place(left) - place(right));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...PATIENCE,
          name: 'node',
          include: ['test/**/*.test.ts'],
          // Vitest has one group of workers for each project.
          sequence: { groupOrder: 0 },
          exclude: ['test/stores/deno-kv/own.test.ts', 'test/stores/r2.test.ts'],
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
          include: ['test/{routes,http,protocol,recordings}/*.test.ts', 'test/stores/r2.test.ts'],
          sequence: { groupOrder: 1 },
          // To load everything anew for every file takes longer than to run it.
          isolate: false,
          maxWorkers: 2,
        },
      },
    ],
  },
});
