import { Client } from 'pg';
import { ConfigError } from '../../src/config.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { openEventStore } from '../../src/event-store/open-event-store.js';
import { EventStoreDbVerbatimLog } from '../../src/event-store/eventstoredb-verbatim.js';
import { copyLog } from '../../src/event-store/verbatim-copy.js';
import { createTestDatabase } from '../support/database.js';
import type { EventStoreDouble } from '../support/eventstoredb/double.js';
import { startEventStoreDouble } from '../support/eventstoredb/double.js';
import { aStream, events } from './contract.js';
import type { OpenEventStoreDb } from './eventstoredb-side.js';
import { aStore, openEventStoreDb } from './eventstoredb-side.js';

const acme = 'acme' as OrganizationId;

let log: OpenEventStoreDb;
let other: EventStoreDouble;

beforeEach(async () => {
  log = await openEventStoreDb();
  other = await startEventStoreDouble({ statisticsEvery: 1 });
});

afterEach(async () => {
  await log.close();
  await other.stop();
});

const idsOf = (some: readonly { readonly id: string }[]): string[] => some.map(({ id }) => id);

async function idsOfAcme(store: EventStore): Promise<string[]> {
  const ids: string[] = [];
  const pages = store.readOrganization(acme, 0n, await store.head());
  for await (const page of pages) ids.push(...idsOf(page));
  return ids;
}

async function mirrored(): Promise<unknown[]> {
  const client = new Client({ connectionString: log.databaseUrl });
  await client.connect();
  const { rows } = await client.query('SELECT * FROM mirror.events ORDER BY position');
  await client.end();
  return rows;
}

const open = (server: EventStoreDouble, streamPrefix = ''): Promise<EventStore> =>
  openEventStore({
    databaseUrl: log.databaseUrl,
    eventStoreUrl: server.connectionString,
    streamPrefix,
  });

/** Ways in which a server does not hold the log of which the database holds a copy. */
const others: [string, () => Promise<void>][] = [
  ['holds nothing', async () => undefined],
  [
    'holds another log',
    async () => {
      const { url } = await createTestDatabase();
      const store = aStore(other.connectionString, url, {});
      for (const event of events(20)) await store.append(aStream(), 'noStream', [event]);
      await store.close();
    },
  ],
  [
    'holds a copy of it, where every event stands elsewhere',
    async () => {
      const from = new EventStoreDbVerbatimLog(log.double.connectionString, '');
      const to = new EventStoreDbVerbatimLog(other.connectionString, '');
      await copyLog({ from, to, onProgress: () => undefined });
      await Promise.all([from.close(), to.close()]);
    },
  ],
];

describe('a database whose copy of the log was made of another one', () => {
  it.each(others)('is not opened with a server that %s', async (_, prepare) => {
    for (const event of events(9)) await log.store.append(aStream(), 'noStream', [event]);
    await log.mirrored();
    await prepare();
    await expect(open(other)).rejects.toThrow(ConfigError);
    await expect(open(other)).rejects.toThrow('filled from another log in EventStoreDB');
  });

  it('stays as it is, and answers nothing', async () => {
    const some = events(3);
    await log.store.append(aStream(), 'noStream', some);
    await log.mirrored();
    await log.store.close();
    const before = await mirrored();
    const stranger = aStore(other.connectionString, log.databaseUrl, {});
    for (let i = 0; i < 20; i++) await stranger.append(aStream(), 'noStream', events(2));
    await expect(idsOfAcme(stranger)).rejects.toThrow(ConfigError);
    await stranger.close();
    expect(await mirrored()).toEqual(before);
    const again = log.openWith({});
    expect(await idsOfAcme(again)).toEqual(idsOf(some));
  });

  it('is not opened behind another prefix of the same server', async () => {
    await log.store.append(aStream(), 'noStream', events(1));
    await log.mirrored();
    await expect(open(log.double, 'other.')).rejects.toThrow(ConfigError);
  });
});

it('the same log is opened again, after a restart of its server too', async () => {
  const some = events(3);
  await log.store.append(aStream(), 'noStream', some);
  await log.mirrored();
  await log.double.restart();
  const again = await open(log.double);
  expect(await idsOfAcme(again)).toEqual(idsOf(some));
  await again.close();
});

it('a database that has copied nothing yet is opened with any log', async () => {
  const store = await open(other);
  const some = events(2);
  await store.append(aStream(), 'noStream', some);
  expect(await idsOfAcme(store)).toEqual(idsOf(some));
  await store.close();
});

it('every event is copied once while many instances copy, and the one that leads dies', async () => {
  const stores = Array.from({ length: 4 }, () => log.openWith({}));
  const some = events(300);
  const killer = new Client({ connectionString: log.databaseUrl });
  await killer.connect();
  for (const [index, event] of some.entries()) {
    await stores[index % 4]!.append(aStream(), 'noStream', [event]);
    if (index % 50 === 25) {
      await killer.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'rollcall mirror%'`,
      );
    }
  }
  expect(await idsOfAcme(log.store)).toEqual(idsOf(some));
  expect(await mirrored()).toHaveLength(some.length);
  await killer.end();
});
