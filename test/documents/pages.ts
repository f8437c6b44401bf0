import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** A document of the project. */
export interface Page {
  /** From the root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Text between two fences. */
export interface Block {
  /** `console`, `ts`, `sh`, `mermaid`. */
  readonly language: string;
  readonly text: string;
}

const LEFT_OUT = new Set(['node_modules', '.git', 'dist', '.wrangler', 'state', 'deno-state']);
const FENCED = /^```(\w*)\n(.*?)^```$/gms;

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = [...text.matchAll(FENCED)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
  return { path, text, blocks };
}

export function readPages(): Page[] {
  return documentsIn('').toSorted().map(readPage);
}

function documentsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** The page without its fenced blocks. */
export function outsideBlocks({ text }: Page): string {
  return text.replaceAll(FENCED, '');
}

/** The texts between backticks, outside of fenced blocks. */
export function codeSpans(page: Page): string[] {
  return [...outsideBlocks(page).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** The rows of the table whose first line this is, cell by cell. */
export function tableRows(page: Page, head: string): string[][] {
  const [, after] = page.text.split(`\n${head}\n`);
  const lines = after?.split('\n') ?? [];
  const end = lines.findIndex(line => !line.startsWith('|'));
  return lines.slice(1, end).map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  );
}

/** What a cell has between backticks, else the cell. */
export function plain(cell: string): string {
  return /^`([^`]+)`$/.exec(cell)?.[1] ?? cell;
}
