import { createHistogram } from 'node:perf_hooks';
import { HttpConnection } from './http-connection.mjs';

/**
 * @typedef {object} Figures
 * @property {number} seconds how long it was measured
 * @property {number} perSecond
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 */

/** Times of one kind of operation, to three digits. */
export class Latencies {
  #microseconds = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });

  /** @param {() => Promise<unknown>} operation not recorded when it fails */
  async time(operation) {
    const began = performance.now();
    await operation();
    this.#microseconds.record(Math.max(1, Math.round((performance.now() - began) * 1000)));
  }

  /** @returns {Figures} */
  over(seconds) {
    return {
      seconds,
      perSecond: this.#microseconds.count / seconds,
      p50: this.#microseconds.percentile(50) / 1000,
      p99: this.#microseconds.percentile(99) / 1000,
    };
  }
}

/**
 * Repeats `step` in each of `lanes` lanes for `seconds`; the first failure ends all of them.
 * @param {(lane: number) => Promise<unknown>} step
 * @returns {Promise<number>} the seconds it took, until the last step ended
 */
export async function repeat(lanes, seconds, step) {
  const began = performance.now();
  let until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      try {
        while (performance.now() < until) await step(lane);
      } catch (error) {
        until = 0;
        throw error;
      }
    }),
  );
  return (performance.now() - began) / 1000;
}

/**
 * Opens connections to `port` for the time of `use`.
 * @template T
 * @param {(connections: HttpConnection[]) => Promise<T>} use
 */
export async function withConnections(port, count, use) {
  const connections = await Promise.all(
    Array.from({ length: count }, () => HttpConnection.open(port)),
  );
  try {
    return await use(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * How often and how fast `step` runs on `count` connections at once.
 * @param {(connection: HttpConnection, lane: number) => Promise<unknown>} step one operation
 * @returns {Promise<Figures>}
 */
export function measure(port, count, seconds, step) {
  return withConnections(port, count, async (connections) => {
    const latencies = new Latencies();
    const took = await repeat(count, seconds, (lane) =>
      latencies.time(() => step(connections[lane], lane)),
    );
    return latencies.over(took);
  });
}
