export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * A random wait before retry `attempt` (the first is 0), in milliseconds: its upper bound doubles from `firstMs` to
 * `maxMs`; random over the whole range, so that clients which lost one server do not return as one crowd.
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: Backoff): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
}
