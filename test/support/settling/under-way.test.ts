import { expect, it } from 'vitest';
import { turns } from '../../worker/manual-timing.ts';
import { settled, underWay } from './under-way.ts';

it('settled() waits for the operations under way, and for what runs when they are over', async () => {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const story: string[] = [];

  async function run(): Promise<void> {
    await underWay(() => first.promise);
    await turns(3);
    await underWay(() => second.promise);
    await turns(3);
    story.push('over');
  }

  const running = run();
  const quiet = settled().then(() => story.push('quiet'));
  await turns(20);
  first.resolve();
  await turns(20);
  second.resolve();
  await Promise.all([running, quiet]);
  expect(story).toEqual(['over', 'quiet']);
});
