import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { Client } from 'pg';
import * as streams from '../../src/commands/streams.js';
import type { ExistingOrganization } from '../../src/domain/organization.js';
import type { ApiKeyId, OrganizationId, TeamId } from '../../src/domain/identifiers.js';
import { UnreadableEvent } from '../../src/event-store/codec.js';
import type { EventStore, ExpectedVersion, NewEvent } from '../../src/event-store/event-store.js';
import type { EventStoreDbEventStore } from '../../src/event-store/eventstoredb.js';
import { AppendTooLarge, LogUnavailable } from '../../src/event-store/eventstoredb-errors.js';
import { createTestDatabase } from '../support/database.js';
import type { EventStoreDouble, EventStoreDoubleOptions } from '../support/eventstoredb/double.js';
import {
  liveEventStoreUrl,
  uniqueStreamPrefix,
  watchConnections,
} from '../support/eventstoredb-live.js';
import type { OpenLog } from './contract.js';
import type { OpenEventStoreDb } from './eventstoredb-side.js';
import { aStore, openEventStoreDb } from './eventstoredb-side.js';
import {
  anEvent,
  aStream,
  eventStoreContract,
  events,
  expectTheLog,
  gather,
  writeAtFullSpeed,
} from './contract.js';

async function openLive(connectionString: string): Promise<OpenLog> {
  const streamPrefix = uniqueStreamPrefix();
  const { url, drop } = await createTestDatabase();
  const connections = watchConnections();
  const open = (): EventStoreDbEventStore => aStore(connectionString, url, { streamPrefix });
  const store = open();
  return {
    store,
    openAnother: open,
    dropConnections: async () => connections.breakAll(),
    close: async () => {
      await store.close();
      connections.stop();
      await drop();
    },
  };
}

eventStoreContract('EventStoreDB', openEventStoreDb, { appendMany: false });

const onLiveServer = liveEventStoreUrl === undefined ? describe.skip : describe;
onLiveServer('on the server that EVENTSTORE_URL names', () => {
  eventStoreContract('EventStoreDB', () => openLive(liveEventStoreUrl ?? ''), {
    appendMany: false,
  });
});

describe('the log in EventStoreDB', () => {
  let log: OpenEventStoreDb;

  /** A log of its own, with patience measured in fractions of a second. */
  async function open(doubleOptions: EventStoreDoubleOptions = {}): Promise<OpenEventStoreDb> {
    log = await openEventStoreDb(doubleOptions, { attemptForMs: 300, stallMs: 300 });
    return log;
  }

  afterEach(() => log.close());

  const idsOf = (recorded: readonly { readonly id: string }[]): string[] =>
    recorded.map(({ id }) => id);

  async function expectStored(store: EventStore, stream: string, some: NewEvent[]): Promise<void> {
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf(some));
  }

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await delay(5);
  }

  /** The client that the adapter wraps, for what the port does not offer. */
  async function withClient(
    double: EventStoreDouble,
    act: (client: EventStoreDBClient) => Promise<unknown>,
  ): Promise<void> {
    const client = EventStoreDBClient.connectionString(double.connectionString);
    await act(client);
    await client.dispose();
  }

  describe('an append that is not answered', () => {
    it.each<[string, ExpectedVersion, number]>([
      ['noStream', 'noStream', 0],
      ['an exact revision', 1, 2],
      ['any', 'any', 2],
    ])(
      'is sent again at %s and stored once, where the server never heard of it',
      async (...row) => {
        const [, expected, length] = row;
        const { store, double } = await open();
        const stream = aStream();
        const before = events(length);
        if (length > 0) await store.append(stream, 'noStream', before);
        double.inject('batchAppend', { kind: 'hang' }, { times: 1 });
        const some = events(2);
        const { revision } = await store.append(stream, expected, some);
        expect(revision).toBe(length + 1);
        await expectStored(store, stream, [...before, ...some]);
      },
    );

    it.each<[string, ExpectedVersion, number]>([
      ['noStream', 'noStream', 0],
      ['an exact revision', 1, 2],
      ['any', 'any', 2],
    ])('is sent again at %s and stored once, where it is stored already', async (...row) => {
      const [, expected, length] = row;
      const { store, double } = await open();
      const stream = aStream();
      const before = events(length);
      if (length > 0) await store.append(stream, 'noStream', before);
      double.inject('batchAppend', { kind: 'drop' }, { at: 'answer', times: 1 });
      const some = events(2);
      const { revision, position } = await store.append(stream, expected, some);
      const recorded = await store.readStream(stream);
      expect(idsOf(recorded)).toEqual(idsOf([...before, ...some]));
      expect({ revision, position }).toEqual({
        revision: length + 1,
        position: recorded.at(-1)?.position,
      });
    });

    it('is answered late, after the client has given it up, and stored once', async () => {
      const { store, double } = await open();
      double.inject('batchAppend', { kind: 'wait', ms: 700 }, { at: 'answer', times: 1 });
      const stream = aStream();
      const some = events(1);
      await store.append(stream, 'noStream', some);
      await delay(800);
      await expectStored(store, stream, some);
    });

    it('is refused for others, never for its own earlier success', async () => {
      const { store, double } = await open();
      const stream = aStream();
      await store.append(stream, 'noStream', events(1));
      double.inject('batchAppend', { kind: 'hang' }, { times: 1 });
      const late = store.append(stream, 0, events(1));
      await delay(50);
      await store.append(stream, 0, events(1));
      await expect(late).rejects.toMatchObject({ name: 'WrongExpectedVersion', actual: 1 });
    });

    it('is found again where the server does not recognise it: in a stream that was deleted', async () => {
      const { store, double } = await open();
      const stream = aStream();
      await store.append(stream, 'noStream', events(2));
      await withClient(double, (client) => client.deleteStream(stream));
      double.inject('batchAppend', { kind: 'drop' }, { at: 'answer', times: 1 });
      const some = events(2);
      await expect(store.append(stream, 'noStream', some)).resolves.toMatchObject({ revision: 3 });
      await expectStored(store, stream, some);
    });

    it('rejects as unavailable when its time is over, and says that its fate is unknown', async () => {
      const { double, openWith } = await open();
      const store = openWith({ attemptForMs: 100, retryForMs: 400 });
      double.inject('batchAppend', { kind: 'hang' });
      const append = store.append(aStream(), 'noStream', events(1));
      await expect(append).rejects.toThrow(LogUnavailable);
      await expect(append).rejects.toThrow(/not known/);
    });

    it('rejects in time also where many wait for their turn, and the last has its turn afterwards', async () => {
      const { double, openWith } = await open();
      const store = openWith({ appendsInFlight: 1, attemptForMs: 200, retryForMs: 500 });
      double.inject('batchAppend', { kind: 'hang' });
      const before = Date.now();
      const some = Array.from({ length: 30 }, () => store.append(aStream(), 'noStream', events(1)));
      for (const append of some) await expect(append).rejects.toThrow(LogUnavailable);
      expect(Date.now() - before).toBeLessThan(2_000);
      double.liftFaults();
      await store.append(aStream(), 'noStream', events(1));
    });

    it('waits for a server that accepts connections and says nothing', async () => {
      const { store, double } = await open();
      double.setSilent(true);
      const stream = aStream();
      const some = events(1);
      const append = store.append(stream, 'noStream', some);
      await delay(700);
      double.setSilent(false);
      await append;
      await expectStored(store, stream, some);
    });
  });

  describe('a broken connection', () => {
    it('loses and doubles none of 32 appends in flight', async () => {
      const { store, double } = await open();
      await store.append(aStream(), 'noStream', events(1));
      double.inject('batchAppend', { kind: 'drop' }, { at: 'answer', times: 1 });
      const appends = Array.from({ length: 32 }, () => ({ stream: aStream(), some: events(2) }));
      await Promise.all(appends.map(({ stream, some }) => store.append(stream, 'noStream', some)));
      for (const { stream, some } of appends) await expectStored(store, stream, some);
    });

    it('loses none of 32 large appends that fill the buffers', async () => {
      log = await openEventStoreDb();
      const { store, double } = log;
      await store.append(aStream(), 'noStream', events(1));
      const large = (): NewEvent =>
        anEvent({ type: 'TeamRenamed', teamId: 'team' as TeamId, name: 'Ada '.repeat(200_000) });
      const appends = Array.from({ length: 32 }, () => ({ stream: aStream(), some: [large()] }));
      const appending = Promise.all(
        appends.map(({ stream, some }) => store.append(stream, 'noStream', some)),
      );
      await delay(30);
      double.dropConnections();
      await appending;
      for (const { stream, some } of appends) await expectStored(store, stream, some);
    });

    it('of another log in this process disturbs no append for long, and ends nothing', async () => {
      const { store, double, troubles } = await open();
      const other = await openEventStoreDb();
      try {
        await Promise.all(
          [store, other.store].map((each) => each.append(aStream(), 'any', events(1))),
        );
        double.inject('batchAppend', { kind: 'wait', ms: 150 }, { at: 'answer', times: 8 });
        const appends = Array.from({ length: 8 }, () => ({ stream: aStream(), some: events(1) }));
        const appending = Promise.all(
          appends.map(({ stream, some }) => store.append(stream, 'noStream', some)),
        );
        await delay(50);
        other.double.dropConnections();
        await appending;
        await until(() => troubles.some((each) => /no longer waiting/.test(String(each))));
        for (const { stream, some } of appends) await expectStored(store, stream, some);
      } finally {
        await other.close();
      }
    });
  });

  it('is left without disturbing appends of others in this process', async () => {
    log = await openEventStoreDb();
    const { store, double, openAnother, troubles } = log;
    const another = openAnother();
    await Promise.all(
      [store, another].map((each) => each.append(aStream(), 'noStream', events(1))),
    );
    double.inject('batchAppend', { kind: 'wait', ms: 200 }, { at: 'answer' });
    const appending = Promise.all(
      Array.from({ length: 8 }, () => store.append(aStream(), 'noStream', events(1))),
    );
    await delay(50);
    await another.close();
    await appending;
    expect(troubles).toEqual([]);
  });

  describe('a client that remembers a failure', () => {
    it('is replaced after the question for the methods of the server failed', async () => {
      const { store, double } = await open({ nodes: 2 });
      double.inject(
        'getSupportedMethods',
        { kind: 'refuse', code: 2, details: 'no' },
        { times: 2 },
      );
      const stream = aStream();
      await store.append(stream, 'noStream', events(1));
      expect(await store.readStream(stream)).toHaveLength(1);
    });

    it('is replaced where the answer was final, too: the next append may find it changed', async () => {
      const { store, double } = await open();
      double.inject(
        'getSupportedMethods',
        { kind: 'refuse', code: 7, details: 'no' },
        { times: 1 },
      );
      const stream = aStream();
      await expect(store.append(stream, 'noStream', events(1))).rejects.toMatchObject({ code: 7 });
      await expect(store.append(stream, 'noStream', events(1))).resolves.toMatchObject({
        revision: 0,
      });
    });

    it('is replaced after the discovery of the cluster failed', async () => {
      const { store, double } = await open({ nodes: 2 });
      await double.stop();
      const stream = aStream();
      const append = store.append(stream, 'noStream', events(1));
      await delay(1_500);
      await double.start();
      await append;
      expect(await store.readStream(stream)).toHaveLength(1);
    });

    it.each(['orderly', 'abruptly'] as const)(
      'is no obstacle after a restart (%s)',
      async (how) => {
        const { store, double } = await open({ nodes: 2 });
        await store.append(aStream(), 'noStream', events(1));
        await double.restart(how);
        await expect(store.append(aStream(), 'noStream', events(1))).resolves.toMatchObject({
          revision: 0,
        });
      },
    );
  });

  it('says more of a cluster that does not answer than how often it was asked', async () => {
    log = await openEventStoreDb({ nodes: 2 });
    await log.double.stop();
    const append = log.store.append(aStream(), 'noStream', events(1));
    await until(() => log.troubles.some((each) => /no node .* certificates/.test(String(each))));
    await log.double.start();
    await append;
  });

  it('outlives a call that breaks off while the cluster is looked for in vain', async () => {
    log = await openEventStoreDb({ nodes: 2 });
    const { store, double } = log;
    const stream = aStream();
    await store.append(stream, 'noStream', events(1));
    await store.readStream(stream);
    double.inject('read', { kind: 'hang' }, { times: 1 });
    const hanging = store.readStream(stream);
    await delay(100);
    double.inject('read', { kind: 'unavailable' }, { times: 1 });
    double.inject('gossip', { kind: 'unavailable' });
    const looking = store.readStream(stream);
    await delay(300);
    double.dropConnections();
    await delay(1_500);
    double.liftFaults();
    for (const read of [hanging, looking]) await expect(read).resolves.toHaveLength(1);
  });

  describe('plain errors of the transport', () => {
    it.each([2, 4, 8, 10, 13, 14])(
      'are survived by appends and reads: gRPC code %i',
      async (code) => {
        const { store, double } = await open();
        const effect = { kind: 'refuse', code, details: 'a proxy says so' } as const;
        const stream = aStream();
        const some = events(1);
        for (const method of ['getSupportedMethods', 'batchAppend', 'read'] as const) {
          double.inject(method, effect, { times: 2 });
        }
        await store.append(stream, 'noStream', some);
        await expectStored(store, stream, some);
      },
    );

    it.each([3, 7, 16])('are passed on where repetition is useless: gRPC code %i', async (code) => {
      const { store, double } = await open();
      double.inject('read', { kind: 'refuse', code, details: 'no' }, { times: 1 });
      await expect(store.readStream(aStream())).rejects.toMatchObject({ code });
    });
  });

  describe('a change of the leader', () => {
    it('lets loads wait for the new one, which knows what was acknowledged, and scans go on', async () => {
      log = await openEventStoreDb({ nodes: 3 });
      const { store, double } = log;
      const stream = aStream();
      await store.append(stream, 'noStream', events(1));
      await Promise.all([store.readStream(stream), store.readAll(0n, 10)]);
      double.loseLeader();
      let loaded = false;
      const load = store.readStream(stream).then((recorded) => {
        loaded = true;
        return recorded;
      });
      await expect(store.readAll(0n, 10)).resolves.toHaveLength(1);
      await delay(300);
      expect(loaded).toBe(false);
      double.elect(1);
      await expect(load).resolves.toHaveLength(1);
    });

    it('skips, doubles and loses nothing under 32 writers, and every load sees what was acknowledged', async () => {
      const { store, double } = await open({ nodes: 3, followersForwardWrites: false });
      const start = await store.head();
      const subscription = gather(store, start);
      const electing = (async () => {
        for (let i = 0; i < 3; i++) {
          await delay(300);
          double.loseLeader();
          await delay(150);
          double.elect(i);
        }
      })();
      const acknowledged = await writeAtFullSpeed({
        stores: [store],
        writers: 32,
        forMs: 1_500,
        appendMany: false,
      });
      await electing;
      const received = await subscription.caughtUp();
      await expectTheLog(received, store, start);
      expect(new Set(idsOf(received))).toEqual(acknowledged);
      await subscription.stop();
    });
  });

  describe('a subscription', () => {
    it.each(['orderly', 'abruptly'] as const)('goes on after a restart (%s)', async (how) => {
      const { store, double } = await open();
      const subscription = gather(store, 0n);
      const some = events(4);
      await store.append(aStream(), 'noStream', some.slice(0, 2));
      await subscription.caughtUp();
      await double.restart(how);
      await store.append(aStream(), 'noStream', some.slice(2));
      expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
      await subscription.stop();
    });

    it('goes on when it has died without a word', async () => {
      const { store, double } = await open();
      const subscription = gather(store, 0n);
      const some = events(3);
      await store.append(aStream(), 'noStream', some.slice(0, 1));
      await subscription.caughtUp();
      double.stallSubscriptions();
      await store.append(aStream(), 'noStream', some.slice(1));
      expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
      await subscription.stop();
    });

    it('that has died is missed within 2 s where this process has appended, long before silence is suspicious', async () => {
      log = await openEventStoreDb({}, { stallMs: 60_000 });
      const { store, double } = log;
      const subscription = gather(store, 0n);
      await store.append(aStream(), 'noStream', events(1));
      await subscription.caughtUp();
      double.stallSubscriptions();
      const before = Date.now();
      await store.append(aStream(), 'noStream', events(1));
      expect(await subscription.caughtUp()).toHaveLength(2);
      expect(Date.now() - before).toBeLessThan(2_000);
      await subscription.stop();
    });

    it('begins in the end where its first attempts hang', async () => {
      const { store, double } = await open();
      double.inject('subscribe', { kind: 'hang' }, { times: 2 });
      const some = events(1);
      await store.append(aStream(), 'noStream', some);
      const subscription = gather(store, 0n);
      expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
      await subscription.stop();
    });

    it('is not believed dead while nothing happens', async () => {
      const { store, double } = await open();
      const subscription = gather(store, await store.head());
      await until(() => double.openSubscriptions === 2);
      const before = double.calls('subscribe');
      await delay(1_200);
      expect(double.calls('subscribe')).toBe(before);
      await subscription.stop();
    });

    it('skips nothing that waits for its consumer when the server is far ahead', async () => {
      const { store, double, openWith } = await open();
      const others = openWith({ streamPrefix: 'others-' });
      const abort = new AbortController();
      const pages = store.subscribe({ from: 0n, signal: abort.signal })[Symbol.asyncIterator]();
      const some = events(4);
      const stream = aStream();
      const first = pages.next();
      await store.append(stream, 'noStream', some.slice(0, 1));
      const received = idsOf((await first).value ?? []);
      await store.append(stream, 0, some.slice(1));
      await others.append(aStream(), 'noStream', events(600));
      await delay(200);
      double.dropConnections();
      await delay(50);
      while (received.length < some.length)
        received.push(...idsOf((await pages.next()).value ?? []));
      expect(received).toEqual(idsOf(some));
      abort.abort();
      await expect(pages.next()).resolves.toMatchObject({ done: true });
    });

    it('delivers nothing of the server’s own and nothing of others', async () => {
      const { store, openWith } = await open({ statisticsEvery: 1 });
      const others = openWith({ streamPrefix: 'others-' });
      const subscription = gather(store, 0n);
      const some = events(3);
      for (const event of some) {
        await store.append(aStream(), 'noStream', [event]);
        await others.append(aStream(), 'noStream', events(50));
      }
      expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
      expect(idsOf(await store.readAll(0n, 10))).toEqual(idsOf(some));
      expect(await store.head()).toBe(subscription.received.at(-1)?.position);
      await subscription.stop();
    });

    it('ends with the error where the server does not allow it', async () => {
      const { store, double } = await open();
      double.inject('subscribe', { kind: 'refuse', code: 7, details: 'no' });
      const pages = store.subscribe({ from: 0n, signal: AbortSignal.timeout(5_000) });
      await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 7 });
    });
  });

  describe('more calls than a connection carries', () => {
    it('are not needed for appends, loads, scans and subscriptions together: each have their own', async () => {
      const { store, double } = await open();
      await store.append(aStream(), 'noStream', events(1));
      await store.readAll(await store.head(), 1);
      const subscription = gather(store, 0n);
      await subscription.caughtUp();
      expect(double.openConnections).toBe(4);
      await subscription.stop();
    });

    it('lets 150 subscriptions hear of one event', async () => {
      log = await openEventStoreDb();
      const { store, troubles } = log;
      const subscriptions = Array.from({ length: 150 }, () => gather(store, 0n));
      await store.append(aStream(), 'noStream', events(1));
      for (const subscription of subscriptions) {
        expect(await subscription.caughtUp()).toHaveLength(1);
      }
      // Not even later, when the watchdog has found those that hang.
      expect(troubles).toEqual([]);
      await Promise.all(subscriptions.map((each) => each.stop()));
    });

    it('lets 150 reads take turns', async () => {
      const { store, double } = await open();
      const stream = aStream();
      await store.append(stream, 'noStream', events(1));
      double.inject('read', { kind: 'wait', ms: 100 }, { at: 'answer' });
      const reads = await Promise.all(Array.from({ length: 150 }, () => store.readStream(stream)));
      expect(reads.filter(({ length }) => length === 1)).toHaveLength(150);
    });
  });

  describe('a deleted stream', () => {
    it('reads as empty, takes new events from noStream on, and keeps what it had in the log', async () => {
      const { store, double } = await open();
      const stream = aStream();
      const [before, after] = [events(2), events(1)];
      await store.append(stream, 'noStream', before);
      await withClient(double, (client) => client.deleteStream(stream));
      expect(await store.readStream(stream)).toEqual([]);
      await expect(store.append(stream, 'noStream', after)).resolves.toMatchObject({ revision: 2 });
      await expectStored(store, stream, after);
      expect(idsOf(await store.readAll(0n, 10))).toEqual(idsOf([...before, ...after]));
    });

    it('that is gone for good refuses reads and appends', async () => {
      const { store, double } = await open();
      const stream = aStream();
      await store.append(stream, 'noStream', events(1));
      await withClient(double, (client) => client.tombstoneStream(stream));
      const deleted = { type: 'stream-deleted' };
      await expect(store.readStream(stream)).rejects.toMatchObject(deleted);
      await expect(store.append(stream, 0, events(1))).rejects.toMatchObject(deleted);
    });
  });

  describe('one organization', () => {
    const acme = 'acme' as OrganizationId;

    async function idsOfAcme(store: EventStore): Promise<string[]> {
      const ids: string[] = [];
      const pages = store.readOrganization(acme, 0n, await store.head());
      for await (const page of pages) ids.push(...idsOf(page));
      return ids;
    }

    it('is read at once after an append, whichever instance follows the log', async () => {
      const { store, openWith } = await open();
      const another = openWith({});
      const some = events(20);
      for (const event of some) {
        await store.append(aStream(), 'noStream', [event]);
        await store.append(aStream(), 'noStream', [anEvent(undefined, 'globex' as OrganizationId)]);
        expect((await idsOfAcme(another)).at(-1)).toBe(event.id);
      }
      expect(await idsOfAcme(store)).toEqual(idsOf(some));
    });

    it('is read on when the instance that followed the log has gone', async () => {
      const { store, openAnother } = await open();
      const another = openAnother();
      const some = events(3);
      await store.append(aStream(), 'noStream', some.slice(0, 1));
      await idsOfAcme(another);
      await another.close();
      await store.append(aStream(), 'noStream', some.slice(1));
      expect(await idsOfAcme(store)).toEqual(idsOf(some));
    });

    it('is read where the instance that should follow the log hangs', async () => {
      const { databaseUrl, openWith, store } = await open();
      const hanging = new Client({ connectionString: databaseUrl });
      await hanging.connect();
      await store.close();
      await hanging.query('SELECT pg_advisory_lock($1)', ['7205759405']);
      const some = events(3);
      const another = openWith({});
      await another.append(aStream(), 'noStream', some);
      expect(await idsOfAcme(another)).toEqual(idsOf(some));
      await hanging.end();
    });

    it('is read in pages that end with what makes them large', async () => {
      const { store } = await open();
      const large = (): NewEvent =>
        anEvent({ type: 'TeamRenamed', teamId: 'team' as TeamId, name: 'x'.repeat(900_000) });
      for (let i = 0; i < 12; i++) await store.append(aStream(), 'noStream', [large()]);
      const lengths: number[] = [];
      for await (const page of store.readOrganization(acme, 0n, await store.head())) {
        lengths.push(page.length);
      }
      expect(lengths).toEqual([9, 3]);
    });
  });

  describe('what cannot be stored or read', () => {
    it('is an append larger than the server accepts', async () => {
      const { store } = await open({ maxAppendSize: 10_000 });
      const event = anEvent({
        type: 'TeamRenamed',
        teamId: 'team' as TeamId,
        name: 'x'.repeat(20_000),
      });
      const append = store.append(aStream(), 'noStream', [event]);
      await expect(append).rejects.toThrow(AppendTooLarge);
      await expect(append).rejects.toMatchObject({ limitBytes: 10_000 });
    });

    it('is a stream that no reader of the log would see', async () => {
      const { store } = await open();
      await expect(store.append('invoice-acme-1', 'any', events(1))).rejects.toThrow(TypeError);
    });

    it('is no stream that a command writes', async () => {
      const { store } = await open();
      const organization = {
        organization: 'acme' as OrganizationId,
        nameKey: 'AAAA',
      } as ExistingOrganization;
      const id = randomUUID();
      const names = [
        streams.userStream(organization.organization, id),
        streams.groupStream(organization.organization, id),
        streams.tokenStream(organization.organization, id),
        streams.teamStream(organization.organization, id),
        streams.organizationStream(organization.organization),
        streams.ownersStream(organization.organization),
        streams.seatsStream(organization.organization),
        streams.safeguardStream(organization.organization),
        streams.apiKeyStream(id as ApiKeyId),
        streams.claimStream(organization, 'userName', 'ada'),
      ];
      const namers = Object.keys(streams).filter((name) => name.endsWith('Stream'));
      expect(names).toHaveLength(namers.length);
      for (const stream of names) await store.append(stream, 'noStream', events(1));
    });

    it('is an event with two positions, written in a transaction of the TCP protocol', async () => {
      const { store, double } = await open();
      const stream = aStream();
      double.appendInTransaction(stream, [
        {
          id: randomUUID(),
          type: 'TeamArchived',
          contentType: 'application/json',
          data: Buffer.from('{"teamId":"team"}'),
          metadata: Buffer.from(JSON.stringify({ ...anEvent().metadata, schemaVersion: '1' })),
        },
      ]);
      await expect(store.readStream(stream)).rejects.toThrow(UnreadableEvent);
      await expect(store.readAll(0n, 10)).rejects.toThrow(/TCP/);
    });

    it.each(['esdb://ada:S3cret@', 'esdb://ada:S3cret@host:port:port', 'S3cret'])(
      'is nothing at all with the connection string %s, whose secret stays out of the error',
      async (connectionString) => {
        const { openWith } = await open();
        const store = openWith({ connectionString });
        const refusal = await store.append(aStream(), 'any', events(1)).catch((error) => error);
        expect(String(refusal)).toMatch(/cannot be used/);
        expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toMatch(/S3cret/);
      },
    );
  });

  it('reads a stream of 5,500 events in order, in pages', async () => {
    const { store } = await open();
    const stream = aStream();
    const some = events(5_500);
    for (let at = 0; at < some.length; at += 1_100) {
      await store.append(stream, at === 0 ? 'noStream' : at - 1, some.slice(at, at + 1_100));
    }
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf(some));
  });
});
