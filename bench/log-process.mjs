import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { EventStoreDbEventStore } from '../dist/event-store/eventstoredb.js';
import { Latencies, repeat } from './drive.mjs';

/** A process of its own, so that the server does not share a thread with what is measured. */
const tasks = { clientLimit, adapter };

/** An event of the size that a change of a user has. */
const EVENT = {
  type: 'UserProfileChanged',
  userId: '0'.repeat(36),
  personal: { set: { displayName: 'x'.repeat(125) }, removed: [] },
};
const METADATA = {
  organization: 'bench',
  actor: 'system',
  occurredAt: '2026-11-22T12:00:00.000Z',
  commandId: '0'.repeat(36),
  $correlationId: '0'.repeat(36),
  $causationId: '0'.repeat(36),
};

/**
 * What the library does alone, unguarded: appends of one event, `lanes` of them in flight, each lane at the exact
 * revision of a stream of its own.
 * @returns {Promise<import('./drive.mjs').Figures>}
 */
async function clientLimit(connectionString, lanes, seconds) {
  const client = EventStoreDBClient.connectionString(connectionString);
  const { type, ...data } = EVENT;
  const metadata = { ...METADATA, schemaVersion: '1' };
  try {
    return await appends(lanes, seconds, (stream, revision) =>
      client.appendToStream(stream, jsonEvent({ id: randomUUID(), type, data, metadata }), {
        expectedRevision: revision < 0 ? NO_STREAM : BigInt(revision),
      }),
    );
  } finally {
    await client.dispose();
  }
}

/** The same appends through the adapter. @returns {Promise<import('./drive.mjs').Figures>} */
async function adapter(connectionString, lanes, seconds) {
  const store = new EventStoreDbEventStore({
    connectionString,
    organizationEvents: () => ({ close: async () => undefined }),
  });
  try {
    return await appends(lanes, seconds, (stream, revision) =>
      store.append(stream, revision < 0 ? 'noStream' : revision, [
        { id: randomUUID(), event: EVENT, metadata: METADATA },
      ]),
    );
  } finally {
    await store.close();
  }
}

async function appends(lanes, seconds, append) {
  const run = randomUUID();
  const revisions = Array.from({ length: lanes }, () => -1);
  const latencies = new Latencies();
  const took = await repeat(lanes, seconds, (lane) =>
    latencies.time(() => append(`user-${run}-${lane}`, revisions[lane]++)),
  );
  return latencies.over(took);
}

process.on('message', ({ task, args }) => {
  tasks[task](...args).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());
