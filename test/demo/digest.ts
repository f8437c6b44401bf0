import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

const PACKAGES = join(import.meta.dirname, '../../node_modules');

/** One sheet of a job of the demo: every so-manieth file of an installed package. */
export interface Portion {
  readonly packageName: string;
  /** From 1. */
  readonly sheet: number;
  readonly totalSheets: number;
  /** How often the files are hashed, each time after the digest of the time before. */
  readonly rounds: number;
}

/**
 * SHA-256 of the files of a sheet, the same wherever it is computed. `onRound` is told the share that is
 * done, and may throw to give up.
 */
export async function digestOf(
  portion: Portion,
  onRound: (share: number) => void = () => undefined,
): Promise<string> {
  const files = await filesOf(portion);
  const bodies = await Promise.all(files.map(file => readFile(file)));
  let digest = createHash('sha256').update(files.length.toString()).digest('hex');
  for (let round = 1; round <= portion.rounds; round += 1) {
    const hash = createHash('sha256').update(digest);
    for (const body of bodies) hash.update(body);
    digest = hash.digest('hex');
    await breathe();
    onRound(round / portion.rounds);
  }
  return digest;
}

/** How many rounds make a sheet last about so long on this machine, left to itself. */
export async function roundsFor(
  { packageName, totalSheets }: Pick<Portion, 'packageName' | 'totalSheets'>,
  milliseconds: number,
): Promise<number> {
  const files = await filesOf({ packageName, sheet: 1, totalSheets: 1 });
  const sizes = await Promise.all(files.map(async file => (await stat(file)).size));
  const sheetBytes = sizes.reduce((sum, size) => sum + size, 0) / totalSheets;
  return Math.max(MIN_ROUNDS, Math.round((bytesPerMs() * milliseconds) / sheetBytes));
}

const MIN_ROUNDS = 20;
const TRIAL_BYTES = 32 * 1024 * 1024;

function bytesPerMs(): number {
  const body = new Uint8Array(TRIAL_BYTES);
  const startedAtMs = performance.now();
  createHash('sha256').update(body).digest();
  return TRIAL_BYTES / (performance.now() - startedAtMs);
}

async function filesOf({
  packageName,
  sheet,
  totalSheets,
}: Omit<Portion, 'rounds'>): Promise<readonly string[]> {
  const entries = await readdir(join(PACKAGES, packageName), {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted()
    .filter((_file, index) => index % totalSheets === sheet - 1);
}
