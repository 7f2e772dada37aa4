import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry with the metrics of the process: CPU, memory, event loop, garbage collection. */
export function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
