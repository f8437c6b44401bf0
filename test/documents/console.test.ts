import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answersTo, consoleBlocks, openPlace, pagesWithCommands, steady } from './console-block.ts';

/*
 * Commands in `sh` blocks are not run here. `npm ci`, `npm test` and `npm run demo` have tests of their own or are what
 * runs this one; the others need an account (wrangler, Deno Deploy) or do not end (`npm start`).
 */
const PAGES = pagesWithCommands();

describe('the commands of a page', () => {
  it('are on three pages', () => {
    const blocks = PAGES.map(page => [page.path, consoleBlocks(page).length]);
    expect(blocks).toEqual([
      ['README.md', 1],
      ['functions/README.md', 3],
      ['functions/cli/README.md', 3],
    ]);
  });

  it.each(PAGES.map(page => ({ path: page.path, page })))(
    'answer as printed in $path',
    async ({ page }) => {
      const folder = await mkdtemp(join(tmpdir(), 'dalsegno-page-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const place = await openPlace(page, folder);
      onTestFinished(async () => {
        await place.service.stop('SIGKILL');
      });
      for (const calls of consoleBlocks(page)) {
        const answers = await answersTo(calls, place);
        expect(answers.map(steady)).toEqual(calls.map(({ shown }) => steady(shown)));
      }
    },
  );
});
