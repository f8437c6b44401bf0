import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the files: which version of each job was written. So a later run fetches only what has changed. */
const RECORD_NAME = '.dalsegno-export.jsonl';

export interface ExportRecord {
  /** The version of the job that the file of this name has; null if none was written. */
  versionOf(file: string): string | null;
  /** Notes files that were written. */
  note(written: readonly (readonly [file: string, version: string])[]): Promise<void>;
}

export async function openExportRecord(folder: string, url: string): Promise<ExportRecord> {
  const path = join(folder, RECORD_NAME);
  const versions = new Map<string, string>();
  for (const line of (await textOf(path)).split('\n')) {
    const entry = entryOf(line);
    // Versions of another service say nothing about this one.
    if (entry !== null && entry.url === url) versions.set(entry.file, entry.version);
  }
  return {
    versionOf: file => versions.get(file) ?? null,
    async note(written) {
      const lines = written.map(([file, version]) => `${JSON.stringify({ url, file, version })}\n`);
      await appendFile(path, lines.join(''));
      for (const [file, version] of written) versions.set(file, version);
    },
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Null for a line that was cut when a run was interrupted. */
function entryOf(
  line: string,
): { readonly url: string; readonly file: string; readonly version: string } | null {
  try {
    const { url, file, version } = JSON.parse(line);
    const isEntry = [url, file, version].every(value => typeof value === 'string');
    return isEntry ? { url, file, version } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
