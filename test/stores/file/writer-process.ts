/**
 * A process of its own on a state folder, for the tests that need two, or one to kill.
 *
 *   count <directory> <key> <increments>    8 writers add to one number; answers what each stored
 *   race <key>    opens the directory that it is sent; for each version that it is sent: whether its own write
 *                 that expects it was stored
 *   put <directory> <key> <text> <create|replace> <step> <nth>    dies at the nth of such steps
 */

import { writeSync } from 'node:fs';
import { ABSENT, atVersion, type ObjectStore, type Version } from '../../../lib/store.ts';
import type { OnCrashPoint } from '../../../lib/stores/file/crash-point.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { bodyOf } from '../../conformance/body.ts';
import { countWhenAsked } from '../../conformance/counting-process.ts';

const [task = '', ...words] = process.argv.slice(2);
const [directory = '', key = '', ...rest] = words;

switch (task) {
  case 'count':
    await count(Number(rest[0]));
    break;
  case 'race':
    race(words[0] ?? '');
    break;
  case 'put':
    await putAndDie({ text: rest[0] ?? '', mode: rest[1], step: rest[2], nth: Number(rest[3]) });
    break;
  default:
    throw new Error(`Cannot do "${task}"`);
}

async function count(increments: number): Promise<void> {
  const store = await createFileStore({ directory, now: Date.now, random: Math.random });
  await countWhenAsked(store, { key, increments, writers: 8 });
}

type RaceMessage = { readonly open: string } | { readonly put: Version };

function race(racedKey: string): void {
  let store: ObjectStore | null = null;

  async function answer(message: RaceMessage): Promise<unknown> {
    if ('put' in message) {
      if (store === null) throw new Error('No directory is open');
      const body = bodyOf(`${process.pid}`);
      return (await store.put(racedKey, body, atVersion(message.put))) !== null;
    }
    await store?.close();
    store = await createFileStore({
      directory: message.open,
      now: Date.now,
      random: Math.random,
    });
    return 'ready';
  }

  process.on('message', message => {
    answer(message as RaceMessage).then(
      answered => process.send?.(answered),
      (error: unknown) => process.send?.(String(error)),
    );
  });
}

async function putAndDie(death: {
  readonly text: string;
  readonly mode: string | undefined;
  readonly step: string | undefined;
  readonly nth: number;
}): Promise<void> {
  let left = death.nth;
  const onCrashPoint: OnCrashPoint = step => {
    if (step !== death.step) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  const store = await createFileStore({
    directory,
    now: Date.now,
    random: Math.random,
    seams: {
      onCrashPoint,
      writeSome: (fd, body, offset) => writeSync(fd, body, offset, 1),
      writeParts: async (fd, parts) => writeSync(fd, Buffer.concat(parts), 0, 1),
    },
  });
  const current = await store.head(key);
  const precondition = death.mode === 'create' || current === null ? ABSENT : atVersion(current);
  const body = bodyOf(death.text);
  const isInParts = death.mode === 'replace parts';
  await store.put(key, isInParts ? [body.subarray(0, 2), body.subarray(2)] : body, precondition);
}
