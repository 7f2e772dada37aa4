import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startDouble } from '../scripts/eventstoredb-double.mjs';
import { asText } from './report.mjs';

/** The most appends that the adapter has in flight is 256: at 1,024 callers the others wait. */
const IN_FLIGHT = [1, 16, 64, 256, 1_024];
const LEAST_SHARE = 0.5;
const WARM_UP_SECONDS = 1;

/**
 * Measures appends to EventStoreDB: the client alone, the adapter, and the client again; the better of the two counts.
 * @param {{ url?: string, seconds: number, say: (text: string) => void }} options `url` of a server; default: the double
 */
export async function measureLog({ url, seconds, say }) {
  const server = url ? { url, stop: async () => undefined } : await startDouble();
  const load = fork(fileURLToPath(new URL('log-process.mjs', import.meta.url)));
  const run = async (task, lanes, forSeconds) => {
    load.send({ task, args: [server.url, lanes, forSeconds] });
    const [{ result, error }] = await once(load, 'message');
    if (error !== undefined) throw new Error(`${task}: ${error}`);
    return result;
  };
  try {
    const cells = [];
    await run('clientLimit', 16, WARM_UP_SECONDS);
    await run('adapter', 16, WARM_UP_SECONDS);
    for (const lanes of IN_FLIGHT) {
      say(`${lanes} appends at once`);
      const before = await run('clientLimit', lanes, seconds);
      const adapter = await run('adapter', lanes, seconds);
      const after = await run('clientLimit', lanes, seconds);
      const client = before.perSecond > after.perSecond ? before : after;
      cells.push({ lanes, client, adapter, share: adapter.perSecond / client.perSecond });
    }
    return { server: url ? 'the server that EVENTSTORE_URL names' : 'the double', cells };
  } finally {
    load.disconnect();
    await server.stop();
  }
}

/** @param {Awaited<ReturnType<typeof measureLog>>} results */
export function logTables({ cells }) {
  return [
    {
      title: 'Appends to EventStoreDB',
      heading: ['at once', 'by', 'per second', 'p50 ms', 'p99 ms', 'of the client', 'target', ''],
      rows: cells.flatMap(({ lanes, client, adapter, share }) => [
        [lanes.toLocaleString('en-US'), 'the client alone', ...figures(client), '', '', ''],
        [
          '',
          'the adapter',
          ...figures(adapter),
          `${share.toFixed(2)} ×`,
          `≥ ${LEAST_SHARE} ×`,
          share >= LEAST_SHARE ? 'pass' : 'MISS',
        ],
      ]),
    },
  ];
}

/** @param {Awaited<ReturnType<typeof measureLog>>} results */
export function logVerdict({ server, cells }) {
  const missed = cells.filter(({ share }) => share < LEAST_SHARE).map(({ lanes }) => lanes);
  const word =
    missed.length === 0 ? 'The target is met everywhere' : `MISSED at ${missed.join(', ')}`;
  return `Measured against ${server}. ${word}.`;
}

export const logAsText = (results) => `${logVerdict(results)}\n\n${asText(logTables(results))}`;

const figures = ({ perSecond, p50, p99 }) => [
  Math.round(perSecond).toLocaleString('en-US'),
  String(Number(p50.toPrecision(3))),
  String(Number(p99.toPrecision(3))),
];
