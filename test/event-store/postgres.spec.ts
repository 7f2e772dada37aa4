import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { OrganizationId, TeamId } from '../../src/domain/identifiers.js';
import type { ExpectedVersion, RecordedEvent } from '../../src/event-store/event-store.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { createTestDatabase } from '../support/database.js';
import type { OpenLog } from './contract.js';
import {
  anEvent,
  aStream,
  eventStoreContract,
  events,
  expectTheLog,
  gather,
  writeAtFullSpeed,
} from './contract.js';

interface OpenPostgresLog extends OpenLog {
  readonly store: PostgresEventStore;
  readonly url: string;
  readonly admin: Client;
}

async function openPostgres(): Promise<OpenPostgresLog> {
  const { url, drop } = await createTestDatabase();
  const store = new PostgresEventStore({ connectionString: url });
  const admin = new Client({ connectionString: url });
  await admin.connect();
  return {
    store,
    url,
    admin,
    openAnother: () => new PostgresEventStore({ connectionString: url }),
    dropConnections: async () => {
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    },
    close: async () => {
      await store.close();
      await admin.end();
      await drop();
    },
  };
}

eventStoreContract('PostgreSQL', openPostgres, { appendMany: true });

describe('the log in PostgreSQL', () => {
  let log: OpenPostgresLog;
  let store: PostgresEventStore;

  beforeAll(async () => {
    log = await openPostgres();
    store = log.store;
  });
  afterAll(() => log.close());

  const unfinished = new Set<Client>();
  afterEach(async () => {
    await Promise.all([...unfinished].map((client) => client.end()));
    unfinished.clear();
  });

  /** One event appended by another appender, in a transaction that stays open until the test is over. */
  async function unfinishedAppend(stream = aStream(), url = log.url) {
    const client = new Client({ connectionString: url });
    unfinished.add(client);
    // The tests end some of these connections from the server's side.
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    const metadata = { ...anEvent().metadata, schemaVersion: '1' };
    const { rows } = await client.query<{ last_position: string }>(
      `SELECT last_position
         FROM log.append('{1}', $1, '{-2}', '{1}', '{1}', '{1}', $2, $3, '', $4, $5)`,
      [stream, randomUUID(), 'TeamArchived', '{"teamId":"team"}', JSON.stringify(metadata)],
    );
    return {
      position: BigInt(rows[0]!.last_position),
      async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
        await client.query(how);
        unfinished.delete(client);
        await client.end();
      },
    };
  }

  const positionsAfter = async (from: bigint): Promise<bigint[]> =>
    (await store.readAll(from, 100)).map(({ position }) => position);

  describe('the fence', () => {
    it('holds back what stands above an append that may still commit', async () => {
      const start = await store.head();
      const slow = await unfinishedAppend();
      const fast = await store.append(aStream(), 'noStream', events(1));
      expect(fast.position).toBeGreaterThan(slow.position);

      expect(await positionsAfter(start)).toEqual([]);
      await slow.end('COMMIT');
      expect(await positionsAfter(start)).toEqual([slow.position, fast.position]);
    });

    it('falls when the append is rolled back', async () => {
      const start = await store.head();
      const slow = await unfinishedAppend();
      const fast = await store.append(aStream(), 'noStream', events(1));
      await slow.end('ROLLBACK');
      expect(await positionsAfter(start)).toEqual([fast.position]);
    });

    it('lets through what stands below every open append', async () => {
      const start = await store.head();
      const before = await store.append(aStream(), 'noStream', events(1));
      const slow = await unfinishedAppend();
      expect(await positionsAfter(start)).toEqual([before.position]);
      await slow.end('ROLLBACK');
    });

    it('does not care for other transactions that write', async () => {
      const start = await store.head();
      await log.admin.query('BEGIN; CREATE TABLE unrelated (id int); SELECT pg_current_xact_id()');
      const { position } = await store.append(aStream(), 'noStream', events(1));
      expect(await positionsAfter(start)).toEqual([position]);
      await log.admin.query('ROLLBACK');
    });

    it('makes a read of an organization wait for appends at or below its end', async () => {
      const start = await store.head();
      const slow = await unfinishedAppend();
      const tenant = randomUUID() as OrganizationId;
      const fast = await store.append(aStream(), 'noStream', [anEvent(undefined, tenant)]);
      let ended = false;
      const reading = store.readOrganization(tenant, start, fast.position).next();
      setTimeout(() => {
        ended = true;
        void slow.end('COMMIT');
      }, 100);
      expect((await reading).value).toHaveLength(1);
      expect(ended).toBe(true);
    });

    it('refuses to be read at a level where its statements share a snapshot', async () => {
      await log.admin.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await expect(log.admin.query('SELECT log.fence()')).rejects.toThrow('READ COMMITTED');
      await log.admin.query('ROLLBACK');
    });

    it('shows an append that commits between the start of a read and its look at the locks', async () => {
      const slowed = await openPostgres();
      await slowed.admin.query(`
        ALTER FUNCTION log.fence() RENAME TO prompt_fence;
        CREATE FUNCTION log.fence(OUT fence bigint, OUT drawn bigint) VOLATILE LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_sleep(0.3);
          SELECT f.fence, f.drawn INTO fence, drawn FROM log.prompt_fence() f;
        END $$`);
      const slow = await unfinishedAppend(aStream(), slowed.url);
      const fast = await slowed.store.append(aStream(), 'noStream', events(1));
      const reading = slowed.store.readAll(0n, 10);
      await delay(100);
      await slow.end('COMMIT');
      const read = await reading;
      expect(read.map(({ position }) => position)).toEqual([slow.position, fast.position]);
      await slowed.close();
    });

    it('hides no event while other appenders delay, commit and roll back', async () => {
      const start = await store.head();
      const subscriptions = [gather(store, start), gather(store, start)];
      const until = Date.now() + 2_000;
      const slowAppends = async (writer: number): Promise<void> => {
        for (let round = writer; Date.now() < until; round++) {
          const append = await unfinishedAppend();
          await delay(Math.random() * 12);
          await append.end(round % 3 === 0 ? 'ROLLBACK' : 'COMMIT');
        }
      };
      const slow = Promise.all(Array.from({ length: 8 }, (_, writer) => slowAppends(writer)));
      const stores = [store];
      const acknowledged = await writeAtFullSpeed({
        stores,
        writers: 32,
        forMs: 2_000,
        appendMany: true,
      });
      await slow;
      for (const subscription of subscriptions) {
        const received = await subscription.caughtUp();
        await expectTheLog(received, store, start);
        const ids = new Set(received.map(({ id }) => id));
        expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
        await subscription.stop();
      }
    });
  });

  describe('events', () => {
    it.each(['UPDATE log.events SET type = type', 'DELETE FROM log.events', 'TRUNCATE log.events'])(
      'withstand %s',
      async (statement) => {
        await store.append(aStream(), 'noStream', events(1));
        await expect(log.admin.query(statement)).rejects.toThrow('append-only');
      },
    );

    it('are followed without a pause where every page ends early', async () => {
      const { url, store: writer, close } = await openPostgres();
      await writer.append(aStream(), 'noStream', events(200));
      const reader = new PostgresEventStore({ connectionString: url, pageBytes: 1 });
      const started = Date.now();
      const subscription = gather(reader, 0n);
      expect(await subscription.caughtUp()).toHaveLength(200);
      // A sleep between two pages takes 25 ms.
      expect(Date.now() - started).toBeLessThan(200 * 15);
      await subscription.stop();
      await reader.close();
      await close();
    });

    it('travel in pages that end early when they are large', async () => {
      const start = await store.head();
      const type = 'TeamRenamed' as const;
      const large = () => anEvent({ type, teamId: 't' as TeamId, name: 'x'.repeat(900_000) });
      for (let i = 0; i < 12; i++) await store.append(aStream(), 'noStream', [large()]);
      expect(await store.readAll(start, 100)).toHaveLength(9);
    });
  });

  describe('appending', () => {
    it('shares a statement among concurrent callers', async () => {
      const before = store.counters;
      await Promise.all(
        Array.from({ length: 400 }, () => store.append(aStream(), 'any', events(1))),
      );
      const after = store.counters;
      expect(after.appended - before.appended).toBe(400);
      expect(after.batches - before.batches).toBe(1);
    });

    it('fails nobody else when the database refuses one caller’s events', async () => {
      const twice = anEvent();
      const attempts = await Promise.allSettled([
        store.append(aStream(), 'any', events(1)),
        store.append(aStream(), 'any', [twice, twice]),
        store.append(aStream(), 'any', events(1)),
      ]);
      expect(attempts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(attempts[1]).toMatchObject({ reason: { code: '23505' } });
    });

    it('never needs a retry where two instances name the same streams in crossing order', async () => {
      const stores = [store, new PostgresEventStore({ connectionString: log.url })] as const;
      const retriesBefore = store.counters.retries;
      const existing = Array.from({ length: 6 }, aStream);
      for (const stream of existing) await store.append(stream, 'noStream', events(1));
      const rounds = Array.from({ length: 200 }, () => {
        const streams = [...existing, ...Array.from({ length: 6 }, aStream)];
        return [streams, streams.toReversed()].map((order, index) =>
          stores[index]!.appendMany(
            order.map((stream) => ({ stream, expected: 'any' as const, events: events(1) })),
          ),
        );
      });
      await Promise.all(rounds.flat());
      expect(store.counters.retries - retriesBefore).toBe(0);
      expect(stores[1].counters.retries).toBe(0);
      await stores[1].close();
    });

    it('goes on after its connection was ended in the middle of a statement', async () => {
      const stream = aStream();
      const rival = await unfinishedAppend(stream);
      const appended = store.append(stream, 'any', events(1));
      await delay(100);
      const { rowCount } = await log.admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'rollcall append'
            AND wait_event_type = 'Lock'`,
      );
      expect(rowCount).toBe(1);
      await rival.end('COMMIT');
      await expect(appended).resolves.toMatchObject({ revision: 1 });
      expect(await store.readStream(stream)).toHaveLength(2);
    });

    it.each<[ExpectedVersion, number]>([
      ['noStream', 0],
      ['any', 0],
      [0, 1],
      ['any', 1],
    ])('at %s after %i events, writes once when the answer is lost', async (expected, length) => {
      const stream = aStream();
      if (length > 0) await store.append(stream, 'noStream', events(length));
      const proxy = await startProxy(log.url);
      const remote = new PostgresEventStore({ connectionString: proxy.url });
      try {
        await remote.append(aStream(), 'noStream', events(1));
        proxy.loseNextAnswer();
        const some = events(2);
        const result = await remote.append(stream, expected, some);
        const recorded = await store.readStream(stream);
        expect(proxy.lostAnswers).toBe(1);
        expect(recorded).toHaveLength(length + 2);
        expect(result).toEqual({ revision: length + 1, position: recorded.at(-1)?.position });
      } finally {
        await remote.close();
        await proxy.close();
      }
    });

    it('gives up with the driver’s error when the database stays away', async () => {
      const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
      const absent = new PostgresEventStore({ connectionString: nowhere, retryForMs: 300 });
      const before = Date.now();
      await expect(absent.append(aStream(), 'any', events(1))).rejects.toThrow('ECONNREFUSED');
      expect(absent.counters.retries).toBeGreaterThan(1);
      expect(Date.now() - before).toBeLessThan(2_000);
      await absent.close();
    });

    it('ends what was accepted before it closes, and accepts nothing after', async () => {
      const another = log.openAnother();
      const stream = aStream();
      const appended = another.append(stream, 'noStream', events(1));
      await another.close();
      await expect(appended).resolves.toMatchObject({ revision: 0 });
      await expect(another.append(stream, 'any', events(1))).rejects.toThrow('closed');
    });
  });

  it('halts a subscription at an event it cannot read, naming type and position', async () => {
    const poisoned = await openPostgres();
    const start = await poisoned.store.head();
    const [before, after] = [events(1), events(1)];
    await poisoned.store.append(aStream(), 'noStream', before);
    await poisoned.admin.query(
      `INSERT INTO log.events SELECT nextval('log.positions'), 0, 0, gen_random_uuid(),
         'UserVanished', null, false, '{}', '{}', now()`,
    );
    await poisoned.store.append(aStream(), 'noStream', after);
    const received: RecordedEvent[] = [];
    const subscribing = (async () => {
      const signal = AbortSignal.timeout(5_000);
      for await (const page of poisoned.store.subscribe({ from: start, signal, pageSize: 1 })) {
        received.push(...page);
      }
    })();
    await expect(subscribing).rejects.toMatchObject({
      name: 'UnreadableEvent',
      message: 'event UserVanished at position 2 cannot be read: no such type',
    });
    expect(received.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await poisoned.close();
  });
});

/** A way to the database that can swallow an answer and break the connection it was meant for. */
async function startProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let losing = false;
  let lostAnswers = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    let doomed = false;
    client.on('data', (bytes) => {
      if (losing && bytes.includes('log.append')) {
        losing = false;
        doomed = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!doomed) {
        client.write(bytes);
        return;
      }
      lostAnswers += 1;
      client.destroy();
      upstream.destroy();
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    loseNextAnswer: () => void (losing = true),
    get lostAnswers() {
      return lostAnswers;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  };
}
