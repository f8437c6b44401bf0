import { accessSync, constants } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, matchesGlob, relative } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { RUNTIME_FILES, RUNTIME_FILES_ON_SHARDS } from './test/runtime-files.ts';
import {
  OF_POSTGRES,
  OF_S3,
  SUITE_ON_POSTGRES,
  SUITE_ON_S3,
  SUITE_ON_SHARDS,
} from './test/store-files.ts';
import { IS_WHOLE } from './test/support/effort.ts';
import { reportersOf } from './test/support/node/failed-tests.ts';

const DISK = tmpdir();
const MEMORY = isWritable('/dev/shm') ? '/dev/shm' : DISK;
// The emulation of the project workerd keeps its state below it.
process.env['TMPDIR'] = MEMORY;

/** They replace modules, or measure the heap or the processor: what other files left would be in their way. */
const ISOLATED = [
  'test/checkpoint/turns.test.ts',
  'test/memory/*.test.ts',
  'test/stores/file/durable.test.ts',
  'test/stores/file/full.test.ts',
  'test/stores/file/power-cut/*.test.ts',
  'test/stores/file/temporary-folder.test.ts',
  'test/stores/guarantees.test.ts',
];

/** They ask the bindings of the platform, which workerd has itself; elsewhere each call is a request to it. */
const BINDINGS = [
  'test/objects/*.test.ts',
  'test/stores/r2.test.ts',
  'test/stores/r2/*.test.ts',
  'test/stores/workers-kv.test.ts',
  'test/stores/workers-kv/objects.test.ts',
  'test/cost/bucket-fake.test.ts',
  'test/cost/r2-operations.test.ts',
];

/** They run on shards: an isolate is deployed in one way. */
const ON_SHARDS = ['test/shards/workerd/*.test.ts'];

/** Random cases take several times as long on these stores as in memory, and more of them on a busy machine. */
const PATIENCE = IS_WHOLE ? { testTimeout: 600_000, hookTimeout: 600_000 } : {};

/** Their processes have stores of their own. */
const NOT_ON_STORES = ['test/openapi/{client,prism}.test.ts', '**/node_modules/**'];

/** They start other processes, and wait for them. */
const PROCESSES = [
  'test/{cli,demo,documents,entries,node,package}/**/*.test.ts',
  'test/dashboard/browser.test.ts',
  'test/openapi/{client,prism}.test.ts',
];

/**
 * `npm test` runs those beside the others, each part with workers of its own: while the first wait, the others compute.
 * Without the variable a run has all files.
 */
const PART = process.env['TEST_PART'] ?? '';
if (!['', 'processes', 'others'].includes(PART)) {
  throw new Error(`TEST_PART: Expected processes or others, got "${PART}"`);
}

/** The files that take longest anywhere: begun last, the end of a run would wait for them. */
const LONGEST = [
  'dashboard/browser',
  'demo/demo',
  'package/pack',
  'entries/cloudflare',
  'cli/copy/command',
  'entries/deno',
];

/** Begins with the longest files, then with those that wait, then with those that took longest in the run before. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const durationOf = (file: TestSpecification) =>
      this.ctx.cache.getTestSpecificationResult(file)?.duration ?? 0;
    return files.toSorted(
      (left, right) => rankOf(left) - rankOf(right) || durationOf(right) - durationOf(left),
    );
  }
}

/** Files of one project follow each other, so that they share its workers. */
function rankOf({ project, moduleId }: TestSpecification): number {
  const path = relative(import.meta.dirname, moduleId);
  const place = LONGEST.indexOf(path.replace(/^test\/|\.test\.ts$/g, ''));
  if (place >= 0) return place;
  if (PROCESSES.some(pattern => matchesGlob(path, pattern))) return LONGEST.length;
  return LONGEST.length + 1 + ['node-isolated', 'workerd', 'node'].indexOf(project.name);
}

const shared = {
  // Long enough for a machine that takes five times as long.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // Its second by default is too short for a busy machine.
  expect: { poll: { timeout: 60_000 } },
  env: {
    TMPDIR: DISK,
    MEMORY_DIR: MEMORY,
    // On CI the runner forces colours, which the processes that tests start would take over.
    FORCE_COLOR: '0',
    // The processes that tests start, too, find their modules compiled.
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
  },
  // What a test puts in the place of a method is gone before the next one.
  restoreMocks: true,
  maxWorkers: maxWorkers(),
};

/** A worker loads all modules once: where the processor is the limit, more workers than cores only load more. */
function maxWorkers(): number {
  if (PART === '') return 4;
  return PART === 'others' && availableParallelism() <= 2 ? 2 : 3;
}

const MEMORY_STORE = /^(?:\.\.\/)+lib\/stores\/memory\.ts$/;
const PLATFORM = 'cloudflare:workers';

/**
 * Puts a module of the tests in the place of the platform's, and of the store in memory where one is given. Done by one plugin, and
 * not by aliases, which differ: so all projects in Node share what is transformed, where it does not depend on the store.
 */
function inPlaceOfModules(memoryStore: string | null): Plugin {
  const pathOf = (name: string) => join(import.meta.dirname, name);
  return {
    name: 'in-place-of-modules',
    enforce: 'pre',
    configureVitest({ defineCacheKeyGenerator }) {
      defineCacheKeyGenerator(({ sourceCode }) =>
        sourceCode.includes('stores/memory.ts') ? (memoryStore ?? undefined) : undefined,
      );
    },
    resolveId(source) {
      if (source === PLATFORM) return pathOf('test/support/shards/workers-module.ts');
      return memoryStore !== null && MEMORY_STORE.test(source) ? pathOf(memoryStore) : undefined;
    },
  };
}

export default defineConfig({
  test: {
    // What a test prints is of use where it fails. All of it would be more than a run can pass on before it exits.
    silent: 'passed-only',
    reporters: reportersOf(PART === '' ? null : PART),
    sequence: { sequencer: LongFirst },
    projects: [
      {
        plugins: [inPlaceOfModules(null)],
        test: {
          ...shared,
          name: 'node',
          // Builds the service that the tests of processes start.
          globalSetup: PART === 'others' ? [] : ['test/support/node/global-setup.ts'],
          include: PART === 'processes' ? PROCESSES : ['test/**/*.test.ts'],
          exclude: [
            ...(PART === 'others' ? PROCESSES : []),
            ...ISOLATED,
            ...BINDINGS,
            ...ON_SHARDS,
            ...OF_S3,
            ...OF_POSTGRES,
            'test/stores/deno-kv/own.test.ts',
            'test/deno/*.test.ts',
            '**/node_modules/**',
          ],
          // To load all modules for every file takes longer than to run it.
          isolate: false,
        },
      },
      {
        plugins: [inPlaceOfModules(null)],
        test: { ...shared, name: 'node-isolated', include: ISOLATED },
      },
      {
        plugins: [inPlaceOfModules('test/support/shards/memory.ts')],
        test: {
          ...shared,
          name: 'shards',
          ...PATIENCE,
          env: { ...shared.env, TEST_STORE: 'durable-objects' },
          include: SUITE_ON_SHARDS,
          isolate: false,
        },
      },
      {
        plugins: [inPlaceOfModules('test/support/s3/memory.ts')],
        test: {
          ...shared,
          name: 's3',
          // Builds the service that `test/stores/s3/services.test.ts` starts.
          globalSetup: 'test/support/node/global-setup.ts',
          ...PATIENCE,
          env: { ...shared.env, TEST_STORE: 's3' },
          include: [...OF_S3, ...SUITE_ON_S3],
          exclude: NOT_ON_STORES,
          isolate: false,
        },
      },
      {
        plugins: [inPlaceOfModules('test/support/postgres/memory.ts')],
        test: {
          ...shared,
          name: 'postgres',
          ...PATIENCE,
          env: { ...shared.env, TEST_STORE: 'postgres' },
          // Starts the server of all its tests.
          globalSetup: 'test/support/postgres/global-setup.ts',
          setupFiles: 'test/support/postgres/each-test.ts',
          include: [...OF_POSTGRES, ...SUITE_ON_POSTGRES],
          exclude: NOT_ON_STORES,
          isolate: false,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './test/objects/main.ts',
            miniflare: {
              compatibilityDate: '2026-10-30',
              compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
              cf: false,
              r2Buckets: ['STATE_BUCKET'],
              kvNamespaces: ['STATE_KV'],
              durableObjects: { JOB_OBJECTS: { className: 'JobObject', useSQLite: true } },
            },
          }),
        ],
        test: {
          ...shared,
          name: 'workerd',
          include: [...RUNTIME_FILES, ...BINDINGS],
          isolate: false,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './test/shards/workerd/main.ts',
            miniflare: {
              compatibilityDate: '2026-10-30',
              compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
              cf: false,
              r2Buckets: ['STATE_BUCKET'],
              durableObjects: {
                JOB_OBJECTS: { className: 'JobObject', useSQLite: true },
                LEASE_SHARDS: { className: 'LeaseShard', useSQLite: true },
                SUITE_SHARDS: { className: 'SuiteShard', useSQLite: true },
                PRESENCE_OBJECTS: { className: 'PresenceObject', useSQLite: true },
              },
            },
          }),
        ],
        test: {
          ...shared,
          name: 'workerd-shards',
          include: [...ON_SHARDS, ...RUNTIME_FILES_ON_SHARDS],
          isolate: false,
        },
      },
    ],
  },
});

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
