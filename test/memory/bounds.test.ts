import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MEMORY_BOUNDS } from '../../lib/base/memory-bounds.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Where maps, sets and queues are made that are gone when the call is that made them, or hold a constant number of
 * entries. A file that is not here has to be in the table of bounds.
 */
const TRANSIENT: readonly string[] = [
  'functions/deno/change-count.ts',
  'functions/node/config.ts',
  'lib/doctor/medium-probe.ts',
  'lib/live/standing-page.ts',
  'functions/store/postgres-place.ts',
  'lib/stores/postgres.ts',
  'lib/stores/postgres/prepared-names.ts',
  'lib/stores/s3/label-parts.ts',
  'lib/stores/s3/labelled-list.ts',
  'lib/stores/postgres/ordered.ts',
  'lib/stores/postgres/pool.ts',
  'lib/stores/postgres/schema.ts',
  'lib/stores/postgres/wire-messages.ts',
  'lib/stores/postgres/write-statements.ts',
  'lib/sweep/missing-hints.ts',
  'functions/deno/command.ts',
  'functions/http/list/bulk.ts',
  'functions/http/request-params.ts',
  'functions/pages/encoding.ts',
  'functions/entry/settings.ts',
  'functions/testing/time.ts',
  'lib/access/access-list.ts',
  'lib/base/ordered-chunks.ts',
  'lib/base/sort-in-turns.ts',
  'lib/checkpoint/check.ts',
  'lib/checkpoint/checked-text.ts',
  'lib/checkpoint/generated/regular-checks.ts',
  'lib/checkpoint/text/state-text.ts',
  'lib/schema/regular-model.ts',
  'lib/claims/hinted-claim.ts',
  'lib/ready/claim-order.ts',
  'lib/ready/followed-index.ts',
  'lib/protocol/repeat.ts',
  'lib/remote/renewal.ts',
  'lib/storage/job-hints.ts',
  'lib/storage/lists/job-search.ts',
  'lib/storage/job-writer.ts',
  'lib/storage/commit/sidecar-write.ts',
  'lib/sweep/complete-lists.ts',
  'lib/storage/lists/job-pages.ts',
  'lib/stores/deno-kv/order-changes.ts',
  'lib/stores/deno-kv/order-check.ts',
  'lib/stores/deno-kv/ordered.ts',
  'lib/stores/deno-kv/in-memory/listing.ts',
  'lib/stores/deno-kv/in-memory/serialized-bytes.ts',
  'lib/protocol/expiry.ts',
  'lib/redaction/redacted-value.ts',
  'lib/checkpoint/progress.ts',
  'lib/protocol/status-rule.ts',
  'lib/stores/file/file-system.ts',
  'lib/stores/file/labels/piecewise.ts',
  'lib/stores/file/labels/plain-labels.ts',
  'lib/stores/moving/merged-list.ts',
  'lib/stores/file/labels/sqlite-labels.ts',
  'lib/stores/file/journal/replay.ts',
  'lib/stores/file/journal/verdict.ts',
  'lib/worker/client/problem.ts',
  'lib/worker/rhythm.ts',
  'lib/worker/claim-turns.ts',
  'lib/worker/handler/handlers.ts',
  'lib/copy/sidecars.ts',
  'lib/copy/report.ts',
  'lib/copy/verification.ts',
  'lib/doctor/probes.ts',
  'lib/doctor/doctor.ts',
  'lib/live/first-objects.ts',
  'lib/live/page-facts.ts',
  'lib/live/live-reader.ts',
  'lib/storage/job-filter.ts',
  'lib/storage/leases/lease-renewals.ts',
  'lib/json/number.ts',
  'lib/json/outline-scan.ts',
  'lib/json/value.ts',
  'lib/checkpoint/skip-remaining.ts',
  'lib/lease/history-entry.ts',
  'lib/lease/job-lease.ts',
  'lib/lease/kept-progress.ts',
  'lib/schema/boolean.ts',
  'lib/schema/dictionary.ts',
  'lib/schema/model.ts',
  'lib/schema/structure.ts',
  'lib/service/bulk.ts',
  'lib/sweep/budgeted.ts',
  'lib/checkpoint/known-state.ts',
  'lib/checkpoint/large-state.ts',
  'lib/checkpoint/text/known-body.ts',
  'lib/checkpoint/owned.ts',
  'lib/checkpoint/settle.ts',
  'lib/stores/r2/error-codes.ts',
  'lib/stores/shard/listed-table.ts',
  'lib/stores/shards/ordered-pages.ts',
  'lib/stores/workers-kv/metadata.ts',
  'lib/sweep/pass.ts',
  'lib/checkpoint/sheet-update.ts',
  'lib/schema/regular.ts',
  'lib/storage/job-summary.ts',
  'lib/stores/s3/label-ranges.ts',
  'functions/plain/plain-routes.ts',
];

const GROWS =
  /new (?:Map|Set|WeakMap|WeakSet|LRUCache)\b|createKeyedQueue\(|createConcurrency\(|\blet \w+: (?:readonly )?[\w.]+\[\] = \[\]/;

/** Commands that end, a step of the build, and what runs in a browser: no part of the service. */
const OUTSIDE = /^functions\/(?:cli|openapi|dashboard)\//;

function sources(): string[] {
  return ['lib', 'functions']
    .flatMap(folder =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.ts'))
        .map(name => `${folder}/${name}`),
    )
    .filter(file => !OUTSIDE.test(file));
}

function makesSomethingThatGrows(file: string): boolean {
  return GROWS.test(readFileSync(join(ROOT, file), 'utf8'));
}

describe('MEMORY_BOUNDS', () => {
  const bounds = Object.values(MEMORY_BOUNDS);
  const listed = new Set<string>(bounds.map(({ file }) => file));

  it('has every part that lives longer than a call', () => {
    const growing = sources().filter(makesSomethingThatGrows);
    expect(growing.filter(file => !listed.has(file) && !TRANSIENT.includes(file))).toEqual([]);
  });

  it('has no part that is not there any more', () => {
    const all = sources();
    expect([...listed, ...TRANSIENT].filter(file => !all.includes(file))).toEqual([]);
  });

  it('is where the parts take their bounds from', () => {
    // A store imports its contract alone, and so keeps its bounds itself.
    const bounded = bounds.filter(
      ({ of, file }) => (of === 'cache' || of === 'process') && !file.startsWith('lib/stores/'),
    );
    const takes = (file: string) =>
      /MEMORY_BOUNDS|cacheShare/.test(readFileSync(join(ROOT, file), 'utf8'));
    expect(bounded.map(({ file }) => file).filter(file => !takes(file))).toEqual([]);
  });

  it('comes to less than twice the cache for what requests share', () => {
    const shares = bounds.flatMap(bound => ('share' in bound ? [bound.share] : []));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThan(2);
  });

  it('is the table that the architecture page prints', () => {
    const text = readFileSync(join(ROOT, 'lib/README.md'), 'utf8');
    const printed = /<!-- memory:begin -->\n\n(.*?)\n\n<!-- memory:end -->/s.exec(text)?.[1];
    expect(printed).toBe(tableOf());
  });
});

const KINDS = {
  cache: 'CACHE_BYTES, a share of it',
  process: 'a process',
  stored: 'each stored object, as a rule',
  request: 'requests in flight',
  program: 'the program',
  jobs: 'counted with parsed jobs',
  store: 'a store in memory',
} as const;

function tableOf(): string {
  const rows = Object.values(MEMORY_BOUNDS).map(bound => {
    const size = 'share' in bound ? `${bound.share}` : 'bytes' in bound ? inWords(bound.bytes) : '';
    return `| ${bound.what} | \`${bound.file}\` | ${KINDS[bound.of]} | ${size} |`;
  });
  return ['| what | where | bounded by | at most |', '|---|---|---|---|', ...rows].join('\n');
}

function inWords(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / (1024 * 1024)} MB` : `${bytes} bytes`;
}
