import { mkdirSync, writeFileSync } from 'node:fs';
import { stateBody } from './state.ts';

const NO_SHEETS = { sheets: 0 };
const FIRST_MS = Date.UTC(2026, 0, 2);

/** Fills a new folder with files of about 2 KB, each of a job of its own, a second apart. */
export function writeJobFiles(
  folder: string,
  count: number,
  status: 'running' | 'completed' = 'running',
): void {
  mkdirSync(folder);
  const template = new TextDecoder()
    .decode(stateBody('template', NO_SHEETS))
    .replace('"status": "running"', `"status": "${status}"`);
  const [head = '', rest = ''] = template.split('"template"');
  const [middle = '', tail = ''] = rest.split('2026-01-02T04:04:05.678901Z');
  for (let index = 0; index < count; index++) {
    const updatedAt = new Date(FIRST_MS + index * 1000).toISOString().replace('.000Z', 'Z');
    const jobId = listedJobId(index);
    writeFileSync(`${folder}/${jobId}.json`, `${head}"${jobId}"${middle}${updatedAt}${tail}`);
  }
}

export function listedJobId(index: number): string {
  return `job-${String(index).padStart(6, '0')}`;
}
