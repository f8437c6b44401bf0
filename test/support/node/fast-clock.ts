import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/*
 * Loaded before a service (`--import`): its clocks and the timers of its leader and of its sweeps run twelve times as fast, so that it
 * does within seconds what takes a minute. The timeouts of connections stay as they are.
 */
const SPEED = 12;

const startMs = Date.now();
const elapsed = performance.now.bind(performance);
const firstMs = elapsed();
performance.now = () => firstMs + (elapsed() - firstMs) * SPEED;
Date.now = () => Math.floor(startMs + performance.now() - firstMs);

const every = globalThis.setInterval;
const fastInterval = (call: () => void, milliseconds = 0) => every(call, milliseconds / SPEED);
Object.assign(globalThis, { setInterval: fastInterval });

const { setTimeout: wait } = timers;
Object.assign(timers, {
  setTimeout: (milliseconds = 0, ...rest: [unknown?, object?]) =>
    wait(milliseconds / SPEED, ...rest),
});
syncBuiltinESMExports();
