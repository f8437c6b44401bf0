import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PACKAGES = join(import.meta.dirname, '../../node_modules');

/** One sheet of a job of the demo: every nth file of an installed package. */
export interface Portion {
  readonly packageName: string;
  /** From 1. */
  readonly sheet: number;
  readonly totalSheets: number;
  /** How often the files are hashed, each time after the digest of the time before. */
  readonly rounds: number;
}

interface Pace {
  /** How long the work stands still before each round: a sheet takes time and leaves the processor free. */
  readonly pauseMs: number;
  /** Gets the share that is done after each round. May throw to stop the work. */
  readonly onRound?: (share: number) => void;
}

/** SHA-256 of the files of a sheet, the same on every machine that has the same files. */
export async function digestOf(
  portion: Portion,
  { pauseMs, onRound = () => undefined }: Pace,
): Promise<string> {
  const files = await filesOf(portion);
  const bodies = await Promise.all(files.map(file => readFile(file)));
  let digest = createHash('sha256').update(files.length.toString()).digest('hex');
  for (let round = 1; round <= portion.rounds; round += 1) {
    await pause(pauseMs);
    const hash = createHash('sha256').update(digest);
    for (const body of bodies) hash.update(body);
    digest = hash.digest('hex');
    onRound(round / portion.rounds);
  }
  return digest;
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
