import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/*
 * Loaded before a service (`--import`): from the signal SIGUSR2 on its clocks and the timers of its leader and of its sweeps run twelve
 * times as fast, so that it does within seconds what takes a minute. The timeouts of connections stay as they are. Its time stands still
 * while the process gets no processor: what it does in a minute of its own it does on a busy machine, too.
 */
const SPEED = 12;
const LOOK_MS = 20;

const startMs = Date.now();
const elapsed = performance.now.bind(performance);
const firstMs = elapsed();
let speed = 1;
let seenMs = firstMs;
let shownMs = firstMs;

function now(): number {
  const realMs = elapsed();
  shownMs += Math.min(realMs - seenMs, 2 * LOOK_MS) * speed;
  seenMs = realMs;
  return shownMs;
}

performance.now = now;
Date.now = () => Math.floor(startMs + now() - firstMs);
process.on('SIGUSR2', () => {
  now();
  speed = SPEED;
});

const every = globalThis.setInterval;
every(now, LOOK_MS).unref();

function fastInterval(call: () => void, milliseconds = 0): NodeJS.Timeout {
  let dueMs = now() + milliseconds;
  return every(() => {
    if (now() < dueMs) return;
    dueMs += milliseconds;
    call();
  }, LOOK_MS);
}
Object.assign(globalThis, { setInterval: fastInterval });

const { setTimeout: wait } = timers;
async function fastWait<T>(milliseconds = 0, value?: T, options?: object): Promise<T | undefined> {
  const dueMs = now() + milliseconds;
  while (now() < dueMs) await wait(LOOK_MS, undefined, options);
  return value;
}
Object.assign(timers, { setTimeout: fastWait });
syncBuiltinESMExports();
