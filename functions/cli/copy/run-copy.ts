import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { copyJobs } from '../../../lib/copy/copy.ts';
import { isComplete } from '../../../lib/copy/report.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { permissionsOf } from '../../../lib/stores/file/permissions.ts';
import { hideArguments } from '../../node/store/hidden-arguments.ts';
import { createProgressDisplay } from '../terminal/progress.ts';
import { type CopyFlags, type GivenCopyOptions, readFlags } from './flags.ts';
import { requireTwoStores } from './place.ts';
import { EmptySource, Refusal, reasonOf } from './refusal.ts';
import { openSource, openTarget } from './stores.ts';
import { summaryOf } from './summary.ts';

const TITLES = { copy: 'Copying', verify: 'Verifying' } as const;

/** Copies all jobs from one store to another, and sets the exit code of the process. */
export async function runCopy(given: GivenCopyOptions): Promise<void> {
  hideArguments();
  const read = readFlags(given, process.env);
  switch (read.kind) {
    case 'refused':
      process.stderr.write(`${read.reason}\nSee dalsegno copy --help\n`);
      process.exitCode = 2;
      return;
    case 'flags':
      await copy(read.flags);
      return;
    default:
      read satisfies never;
  }
}

async function copy(flags: CopyFlags): Promise<void> {
  const opened: ObjectStore[] = [];
  try {
    requireTwoStores(flags);
    // Deno KV and wrangler create their files without a mode.
    process.umask(0o777 & ~permissionsOf(flags.files.mode).folder);
    const source = await openSource(flags.from, flags);
    opened.push(source);
    const target = await openTarget(flags.to, flags);
    opened.push(target);
    await report(flags, { source, target });
  } catch (error) {
    const isFailure = error instanceof StoreError || error instanceof EmptySource;
    if (!(error instanceof Refusal || isFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof Refusal ? 2 : 1;
  } finally {
    for (const store of opened) await closeStore(store);
  }
}

async function report(
  { held, overwrite, others }: CopyFlags,
  stores: { readonly source: ObjectStore; readonly target: ObjectStore },
): Promise<void> {
  const display = createProgressDisplay(process.stderr, () => performance.now());
  const copied = await copyJobs({
    ...stores,
    clock: systemClock,
    random: systemRandom,
    held,
    overwrite,
    others,
    onProgress: ({ pass, ...progress }) =>
      display.show({ ...progress, title: TITLES[pass], unit: 'jobs' }),
  });
  display.end();
  process.stdout.write(`${summaryOf(copied)}\n`);
  process.exitCode = isComplete(copied) ? 0 : 1;
}

async function closeStore(store: ObjectStore): Promise<void> {
  try {
    await store.close();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = 1;
  }
}
