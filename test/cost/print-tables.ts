/**
 * Prints the generated sections of `lib/stores/README.md`, each between its markers: `node test/cost/print-tables.ts`.
 * With `--write` it writes them there.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StoreTraits } from '../../lib/store.ts';
import { createKvShim } from '../../lib/stores/deno-kv/in-memory.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import { GUARANTEE_MARKERS, guaranteeTable } from '../conformance/guarantees.ts';
import { type Markers, withSection } from '../conformance/marked-section.ts';
import { openShardWorld } from '../stores/shards/shard-world.ts';
import { POSTGRES_TRAITS } from '../support/postgres/traits.ts';
import { seededRandom } from '../support/random.ts';
import { FAKE_ADDRESS } from '../support/s3/fake.ts';
import { openS3 } from '../support/s3/open-s3.ts';
import { createBucketFake } from './bucket-fake.ts';
import { COST_MARKERS, costTables } from './cost-table.ts';
import { POSTGRES_COST_MARKERS, postgresCostTable } from './postgres-operations.ts';
import { S3_COST_MARKERS, s3CostTable } from './s3-table.ts';
import { SHARD_COST_MARKERS, shardCostTables } from './shard-table.ts';

const DOCUMENT = join(import.meta.dirname, '../../lib/stores/README.md');

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const sections: readonly (readonly [Markers, string])[] = [
  [GUARANTEE_MARKERS, guaranteeTable(await traitsOfAll())],
  [COST_MARKERS, costTables()],
  [SHARD_COST_MARKERS, shardCostTables()],
  [POSTGRES_COST_MARKERS, postgresCostTable()],
  [S3_COST_MARKERS, s3CostTable()],
];
for (const [markers, section] of sections) {
  if (values.write) await write(markers, section);
  else console.log(`${markers.begin}\n\n${section}\n\n${markers.end}\n`);
}

async function write(markers: Markers, section: string): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, withSection(document, markers, section));
}

/** What the stores say of themselves; `test/stores/guarantees.test.ts` compares it with what was tested. */
async function traitsOfAll(): Promise<StoreTraits[]> {
  return [
    createMemoryStore().traits,
    await fileTraits(),
    POSTGRES_TRAITS,
    createR2Store({ bucket: createBucketFake() }).traits,
    shardTraits(),
    openS3(FAKE_ADDRESS).traits,
    createDenoKvStore({
      kv: createKvShim({ now: Date.now }),
      random: seededRandom(),
      now: Date.now,
    }).traits,
    createWorkersKvStore({ namespace: {} as WorkersKvLike }).traits,
  ];
}

function shardTraits(): StoreTraits {
  const world = openShardWorld({ shards: 1 });
  const { traits } = world.open();
  world.close();
  return traits;
}

async function fileTraits(): Promise<StoreTraits> {
  const directory = await mkdtemp(join(tmpdir(), 'dalsegno-'));
  const store = await createFileStore({ directory, now: Date.now, random: Math.random });
  await store.close();
  await rm(directory, { recursive: true });
  return store.traits;
}
