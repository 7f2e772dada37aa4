import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { OrganizationId, TeamId } from '../../src/domain/identifiers.js';
import type { NewEvent } from '../../src/event-store/event-store.js';
import { EventStoreDbVerbatimLog } from '../../src/event-store/eventstoredb-verbatim.js';
import type { EventStoreDoubleOptions } from '../support/eventstoredb/double.js';
import { anEvent, aStream, events, gather } from './contract.js';
import type { OpenEventStoreDb } from './eventstoredb-side.js';
import { openEventStoreDb } from './eventstoredb-side.js';

let log: OpenEventStoreDb;

/** A log of its own, with patience measured in fractions of a second. */
async function open(doubleOptions: EventStoreDoubleOptions = {}): Promise<OpenEventStoreDb> {
  log = await openEventStoreDb(doubleOptions, { attemptForMs: 300, stallMs: 300 });
  return log;
}

afterEach(() => log.close());

const idsOf = (recorded: readonly { readonly id: string }[]): string[] =>
  recorded.map(({ id }) => id);

const large = (): NewEvent =>
  anEvent({ type: 'TeamRenamed', teamId: 'team' as TeamId, name: 'x'.repeat(900_000) });

/** The client that the adapter wraps, for what the port does not offer. */
async function withClient(act: (client: EventStoreDBClient) => Promise<unknown>): Promise<void> {
  const client = EventStoreDBClient.connectionString(log.double.connectionString);
  await act(client);
  await client.dispose();
}

describe('what the server itself writes into a stream of ours', () => {
  it.each<[string, (client: EventStoreDBClient, stream: string) => Promise<unknown>]>([
    ['a tombstone', (client, stream) => client.tombstoneStream(stream)],
    [
      'a link',
      (client, stream) =>
        client.appendToStream(stream, jsonEvent({ type: '$>', data: { link: '0@other' } })),
    ],
  ])('is no event of ours: %s holds up no reader', async (_, write) => {
    const { store } = await open();
    const some = events(3);
    const stream = aStream();
    await store.append(stream, 'noStream', some.slice(0, 1));
    await withClient((client) => write(client, stream));
    const subscription = gather(store, 0n);
    expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some.slice(0, 1)));
    await store.append(aStream(), 'noStream', some.slice(1));
    expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
    expect(idsOf(await store.readAll(0n, 10))).toEqual(idsOf(some));
    const pages = store.readOrganization('acme' as OrganizationId, 0n, await store.head());
    const ofAcme: string[] = [];
    for await (const page of pages) ofAcme.push(...idsOf(page));
    expect(ofAcme).toEqual(idsOf(some));
    await subscription.stop();
  });
});

describe('the head', () => {
  it('is found without looking twice at what others have written behind it', async () => {
    // No subscription asks for the head meanwhile.
    log = await openEventStoreDb({}, { stallMs: 60_000 });
    const { store, double, openWith } = log;
    const others = openWith({ streamPrefix: 'others-' });
    await store.append(aStream(), 'noStream', events(1));
    const head = await store.head();
    await others.append(aStream(), 'noStream', events(2_000));
    expect(await store.head()).toBe(head);
    const before = double.calls('read');
    expect(await store.head()).toBe(head);
    expect(double.calls('read') - before).toBe(1);
    await others.append(aStream(), 'noStream', events(1));
    const { position } = await openWith({}).append(aStream(), 'noStream', events(1));
    expect(await store.head()).toBe(position);
  });
});

describe('a head that lies deep below what others have written', () => {
  const OTHERS = 20_000;

  /** A store that knows nothing yet, behind one event of ours and many of others. */
  async function deep() {
    log = await openEventStoreDb({}, { stallMs: 60_000 });
    const { store, openWith } = log;
    const { position } = await store.append(aStream(), 'noStream', events(1));
    const others = openWith({ streamPrefix: 'others-' });
    for (let i = 0; i < OTHERS; i += 2_000) {
      await others.append(aStream(), 'noStream', events(2_000));
    }
    return { position, fresh: openWith({}) };
  }

  it('is searched for once by all who ask at the same time', async () => {
    const { position, fresh } = await deep();
    const before = log.double.calls('read');
    const found = await Promise.all(Array.from({ length: 10 }, () => fresh.head()));
    expect(new Set(found)).toEqual(new Set([position]));
    expect(log.double.calls('read') - before).toBeLessThan((2 * OTHERS) / 1_000);
  });

  it('is searched for anew when the search that others waited for has failed', async () => {
    const { position, fresh } = await deep();
    const first = fresh.head();
    await delay(20);
    log.double.inject('read', { kind: 'refuse', code: 7, details: 'no' }, { times: 1 });
    const outcomes = await Promise.allSettled([first, fresh.head(), fresh.head()]);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeLessThanOrEqual(1);
    expect(await fresh.head()).toBe(position);
  });

  it('is that of an append which is acknowledged while the search goes on', async () => {
    const { store, fresh } = { ...(await deep()), store: log.store };
    const searching = fresh.head();
    await delay(10);
    const { position } = await store.append(aStream(), 'noStream', events(1));
    expect(await fresh.head()).toBe(position);
    await searching;
  });
});

describe('large events', () => {
  it('come in pages that end with what makes them large', async () => {
    const { store } = await open();
    for (let i = 0; i < 20; i++) await store.append(aStream(), 'noStream', [large()]);
    const head = await store.head();
    const lengths: number[] = [];
    const abort = new AbortController();
    for await (const page of store.subscribe({ from: 0n, signal: abort.signal, pageSize: 1_000 })) {
      lengths.push(page.length);
      if (page.at(-1)?.position === head) abort.abort();
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(9);
  });

  it('wait on the server for a consumer that takes its time', async () => {
    const { store, double } = await open();
    for (let i = 0; i < 100; i++) await store.append(aStream(), 'noStream', [large()]);
    await log.mirrored();
    const abort = new AbortController();
    const pages = store.subscribe({ from: 0n, signal: abort.signal, pageSize: 1_000 });
    const before = double.messagesSent;
    const iterator = pages[Symbol.asyncIterator]();
    await iterator.next();
    await delay(500);
    expect(double.messagesSent - before).toBeLessThan(80);
    abort.abort();
    await iterator.next();
  });
});

it.each([1, 4, 9])(
  'a subscription that breaks off behind event %i of an append goes on with the next one',
  async (delivered) => {
    const { store, double } = await open();
    await store.append(aStream(), 'noStream', events(1));
    await log.mirrored();
    const from = await store.head();
    // Before them come the confirmation and that it has caught up.
    const fault = { at: 'answer', times: 1, afterMessages: 2 + delivered } as const;
    double.inject('subscribe', { kind: 'drop' }, fault);
    const subscription = gather(store, from);
    while (double.openSubscriptions < 2) await delay(5);
    const some = events(10);
    await store.append(aStream(), 'noStream', some);
    expect(idsOf(await subscription.caughtUp())).toEqual(idsOf(some));
    expect(double.calls('subscribe')).toBeGreaterThan(2);
    await subscription.stop();
  },
);

describe('closing', () => {
  it('ends the reads that are under way', async () => {
    const { store, double } = await open();
    await store.append(aStream(), 'noStream', events(1));
    double.inject('read', { kind: 'hang' });
    const reads = [store.readStream(aStream()), store.readAll(0n, 10), store.head()];
    const outcomes = Promise.allSettled(reads);
    await delay(100);
    const before = Date.now();
    await store.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(Date.now() - before).toBeLessThan(1_000);
  });
});

it('closing waits for no server that is gone', async () => {
  const { store, double, openWith } = await open();
  await store.append(aStream(), 'noStream', events(1));
  await log.mirrored();
  await store.close();
  await double.stop();
  const fresh = openWith({});
  await delay(300);
  const before = Date.now();
  await fresh.close();
  expect(Date.now() - before).toBeLessThan(1_500);
});

it('the log as it is stored is read from the leader, who alone is sure to know its end', async () => {
  const { store, double } = await open({ nodes: 3 });
  await store.append(aStream(), 'noStream', events(1));
  const verbatim = new EventStoreDbVerbatimLog(double.connectionString, '');
  await verbatim.read(0n);
  double.loseLeader();
  let read = false;
  const reading = verbatim.read(0n).then((page) => {
    read = true;
    return page;
  });
  await delay(300);
  expect(read).toBe(false);
  double.elect(1);
  expect(await reading).toHaveLength(1);
  await verbatim.close();
});
