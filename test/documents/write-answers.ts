/**
 * Runs the commands in the `console` blocks of the pages that need no servers, and writes the answers that differ in more than times and ids:
 * `node test/documents/write-answers.ts`.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  answersTo,
  type Call,
  consoleBlocks,
  openPlace,
  pagesWithCommands,
  steady,
} from './console-block.ts';
import { type Page, ROOT } from './pages.ts';

for (const page of pagesWithCommands()) await writeAnswers(page);

async function writeAnswers(page: Page): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dalsegno-page-'));
  const place = await openPlace(page, folder);
  let text = page.text;
  for (const calls of consoleBlocks(page)) {
    const answers = await answersTo(calls, place);
    const next = calls.map(({ command, shown }, index) => {
      const answer = answers[index] ?? '';
      return { command, shown: steady(answer) === steady(shown) ? shown : answer };
    });
    text = text.replace(blockOf(calls), () => blockOf(next));
  }
  await place.service.stop('SIGTERM');
  await rm(folder, { recursive: true, force: true });
  if (text === page.text) return;
  await writeFile(join(ROOT, page.path), text);
  console.log(`${page.path} has new answers`);
}

function blockOf(calls: readonly Call[]): string {
  return calls
    .map(({ command, shown }) => `$ ${command}\n${shown === '' ? '' : `${shown}\n`}`)
    .join('');
}
