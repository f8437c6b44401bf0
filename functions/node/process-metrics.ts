import type { Registry } from 'prom-client';

/** A timer samples the delay of the event loop. */
const SAMPLE_MS = 50;

/**
 * Processor, memory, event loop, garbage collection and handles of the process, by the names that prom-client gives
 * them. It is loaded with the first call: a process whose metrics nobody reads pays nothing for it.
 */
export function createProcessText(): () => Promise<string> {
  let registry: Promise<Registry> | null = null;
  return async () => {
    registry ??= startCollecting();
    return (await registry).metrics();
  };
}

async function startCollecting(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SAMPLE_MS });
  return registry;
}
