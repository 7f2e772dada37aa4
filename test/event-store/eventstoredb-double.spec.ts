import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  EventStoreDBClient,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  WrongExpectedVersionError,
  eventTypeFilter,
  jsonEvent,
  streamNameFilter,
  type AllStreamSubscription,
  type AppendExpectedRevision,
  type AppendToStreamOptions,
  type JSONEventData,
  type Position,
} from '@eventstore/db-client';
import { localhostCertificate } from '../support/eventstoredb/certificate.js';
import {
  startEventStoreDouble,
  type EventStoreDouble,
  type EventStoreDoubleOptions,
} from '../support/eventstoredb/double.js';
import { startEventStoreDoubleProcess } from '../support/eventstoredb/process.js';

const UNARY: AppendToStreamOptions = { credentials: { username: 'any', password: 'any' } };
const RPCS: [string, AppendToStreamOptions][] = [
  ['BatchAppend', {}],
  ['Append', UNARY],
];

const clients: EventStoreDBClient[] = [];
const doubles: EventStoreDouble[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollcall-double-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
  await Promise.all(doubles.splice(0).map((double) => double.stop()));
});

async function start(
  options: EventStoreDoubleOptions = {},
): Promise<{ double: EventStoreDouble; client: EventStoreDBClient }> {
  const double = await startEventStoreDouble(options);
  doubles.push(double);
  return { double, client: connect(double.connectionString) };
}

function connect(connectionString: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(connectionString);
  clients.push(client);
  return client;
}

const anEvent = (type = 'Happened'): JSONEventData =>
  jsonEvent({ type, data: { text: 'Ada’s “team” 😀' }, metadata: { actor: 'system' } });
const events = (count: number): JSONEventData[] => Array.from({ length: count }, () => anEvent());
const aStream = (): string => `team-${randomUUID()}`;
const idsOf = (some: readonly { id: string }[]): string[] => some.map(({ id }) => id);

async function readStream(
  client: EventStoreDBClient,
  stream: string,
  options: Parameters<EventStoreDBClient['readStream']>[1] = {},
) {
  const read = [];
  for await (const { event } of client.readStream(stream, options)) read.push(event!);
  return read;
}

async function readAll(
  client: EventStoreDBClient,
  options: Parameters<EventStoreDBClient['readAll']>[0] = {},
) {
  const read = [];
  for await (const { event } of client.readAll(options)) read.push(event!);
  return read;
}

const ours = <Recorded extends { streamId: string }>(recorded: Recorded[]): Recorded[] =>
  recorded.filter(({ streamId }) => !streamId.startsWith('$'));

/** What a subscription says, in order. */
function listen(subscription: AllStreamSubscription) {
  const heard: string[] = [];
  const errors: Error[] = [];
  subscription.on('data', ({ event }) => heard.push(event!.id));
  subscription.on('caughtUp', () => heard.push('caught up'));
  subscription.on('fellBehind', () => heard.push('fell behind'));
  subscription.on('error', (error) => errors.push(error));
  return {
    heard,
    errors,
    ids: () => heard.filter((word) => !word.includes(' ')),
    stop: () => subscription.unsubscribe(),
  };
}

async function until(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
    await delay(5);
  }
}

/** Tries until it succeeds: clients of one process share connections, and a new one may get a broken one. */
async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let left = 100; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !(error instanceof Error && 'code' in error && error.code === 14)) {
        throw error;
      }
      await delay(20);
    }
  }
}

/** `pending` if nothing has come of the promise by then. */
const outcomeWithin = (promise: Promise<unknown>, ms: number): Promise<unknown> =>
  Promise.race([promise.catch((error: unknown) => error), delay(ms, 'pending')]);

describe('the EventStoreDB double', () => {
  describe.each(RPCS)('%s', (rpc, how) => {
    it('is the RPC that the client uses', async () => {
      const { double, client } = await start();
      await client.appendToStream(aStream(), anEvent(), how);
      expect([double.calls('batchAppend'), double.calls('append')]).toEqual(
        rpc === 'BatchAppend' ? [1, 0] : [0, 1],
      );
    });

    it('stores events and answers revision and position of the last', async () => {
      const { client } = await start();
      const [stream, some] = [aStream(), events(3)];
      const appended = await client.appendToStream(stream, some, how);
      const recorded = await readStream(client, stream);
      expect(recorded).toMatchObject(
        some.map(({ id, type, data, metadata }, revision) => ({
          ...{ id, type, data, metadata, streamId: stream, isJson: true },
          revision: BigInt(revision),
        })),
      );
      expect(appended).toEqual({
        success: true,
        nextExpectedRevision: 2n,
        position: recorded[2]!.position,
      });
      expect(Math.abs(recorded[0]!.created.getTime() - Date.now())).toBeLessThan(60_000);
    });

    it.each<[AppendExpectedRevision, number, bigint | 'no_stream']>([
      ['no_stream', 2, 1n],
      [0n, 2, 1n],
      [2n, 2, 1n],
      [0n, 0, 'no_stream'],
      ['stream_exists', 0, 'no_stream'],
    ])('refuses %s on a stream of %i events, which is at %s', async (expected, length, actual) => {
      const { client } = await start();
      const stream = aStream();
      if (length > 0) await client.appendToStream(stream, events(length));
      const refusal = await client
        .appendToStream(stream, anEvent(), { ...how, expectedRevision: expected })
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(WrongExpectedVersionError);
      expect(refusal).toMatchObject({
        streamName: stream,
        expectedVersion: expected,
        actualVersion: actual,
      });
    });

    it.each<[AppendExpectedRevision, number]>([
      ['no_stream', 0],
      [1n, 2],
      ['any', 2],
      ['stream_exists', 2],
    ])('recognises a repetition at %s after %i events', async (expectedRevision, length) => {
      const { client } = await start();
      const [stream, some] = [aStream(), events(2)];
      if (length > 0) await client.appendToStream(stream, events(length));
      const first = await client.appendToStream(stream, some, { ...how, expectedRevision });
      await client.appendToStream(stream, anEvent());
      await expect(
        client.appendToStream(stream, some, { ...how, expectedRevision }),
      ).resolves.toEqual(first);
      expect(await readStream(client, stream)).toHaveLength(length + 3);
    });

    it.each<[AppendExpectedRevision]>([['no_stream'], ['any']])(
      'refuses at %s a repetition that goes on with a new event',
      async (expectedRevision) => {
        const { client } = await start();
        const [stream, some] = [aStream(), events(2)];
        await client.appendToStream(stream, some, { expectedRevision });
        await expect(
          client.appendToStream(stream, [...some, anEvent()], { ...how, expectedRevision }),
        ).rejects.toThrow(WrongExpectedVersionError);
      },
    );

    it('refuses an append over the size limit and stores nothing of it', async () => {
      const { client } = await start({ maxAppendSize: 1_000 });
      const stream = aStream();
      const large = jsonEvent({ type: 'Large', data: 'x'.repeat(500) });
      const refusal = await client
        .appendToStream(stream, [large, { ...large, id: randomUUID() }], how)
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(MaxAppendSizeExceededError);
      expect(refusal).toMatchObject({ maxAppendSize: 1_000 });
      await expect(readStream(client, stream)).rejects.toThrow(StreamNotFoundError);
    });

    it('refuses appends to a tombstoned stream', async () => {
      const { client } = await start();
      const stream = aStream();
      await client.appendToStream(stream, anEvent());
      await client.tombstoneStream(stream);
      const refusal = await client
        .appendToStream(stream, anEvent(), how)
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(StreamDeletedError);
      expect(refusal).toMatchObject({ streamName: stream });
    });
  });

  it('takes an append that comes in several requests', async () => {
    const { client } = await start();
    const [stream, some] = [aStream(), events(50)];
    await client.appendToStream(stream, some, { batchAppendSize: 500 });
    expect(idsOf(await readStream(client, stream))).toEqual(idsOf(some));
  });

  it('knows repetitions at `any` from memory: so many ids, and none after a restart', async () => {
    const { double, client } = await start({ rememberedIds: 2, statisticsEvery: 0 });
    const [stream, old, recent] = [aStream(), anEvent(), anEvent()];
    await client.appendToStream(stream, [old, recent]);
    await client.appendToStream(stream, recent);
    expect(await readStream(client, stream)).toHaveLength(2);
    await client.appendToStream(stream, anEvent());
    await client.appendToStream(stream, old);
    expect(await readStream(client, stream)).toHaveLength(4);

    await double.restart();
    await eventually(() => client.appendToStream(stream, old));
    const recorded = await readStream(client, stream);
    expect(idsOf(recorded).filter((id) => id === old.id)).toHaveLength(3);
  });

  it('recognises repetitions at exact revisions after a restart too', async () => {
    const { double, client } = await start();
    const [stream, event] = [aStream(), anEvent()];
    const first = await client.appendToStream(stream, event, { expectedRevision: 'no_stream' });
    await double.restart();
    const again = await eventually(() =>
      client.appendToStream(stream, event, { expectedRevision: 'no_stream' }),
    );
    expect(again).toEqual(first);
  });

  describe('reading a stream', () => {
    it.each<[string, Parameters<EventStoreDBClient['readStream']>[1], number[]]>([
      ['forwards', {}, [0, 1, 2, 3, 4]],
      ['from a revision', { fromRevision: 3n }, [3, 4]],
      ['from behind its end', { fromRevision: 9n }, []],
      ['so many events', { fromRevision: 1n, maxCount: 2 }, [1, 2]],
      ['backwards', { direction: 'backwards', fromRevision: 'end', maxCount: 2 }, [4, 3]],
      ['backwards from a revision', { direction: 'backwards', fromRevision: 1n }, [1, 0]],
    ])('%s', async (_, options, revisions) => {
      const { client } = await start();
      const stream = aStream();
      await client.appendToStream(stream, events(5));
      const read = await readStream(client, stream, options);
      expect(read.map(({ revision }) => Number(revision))).toEqual(revisions);
    });

    it('says that an unknown stream is not found', async () => {
      const { client } = await start();
      await expect(readStream(client, 'team-none')).rejects.toThrow(StreamNotFoundError);
    });

    it('hides what its metadata hides, and $all does not', async () => {
      const { client } = await start();
      const [few, late] = [aStream(), aStream()];
      await client.appendToStream(few, events(5));
      await client.appendToStream(late, events(5));
      await client.setStreamMetadata(few, { maxCount: 2 });
      await client.setStreamMetadata(late, { truncateBefore: 4 });
      const revisions = async (stream: string) =>
        (await readStream(client, stream)).map(({ revision }) => Number(revision));
      expect([await revisions(few), await revisions(late)]).toEqual([[3, 4], [4]]);
      expect(ours(await readAll(client))).toHaveLength(10);
    });
  });

  describe('reading $all', () => {
    it('gives every event a position of its own, commit equal to prepare, ascending', async () => {
      const { client } = await start();
      for (let i = 0; i < 4; i++) await client.appendToStream(aStream(), events(3));
      const positions = (await readAll(client)).map(({ position }) => position);
      expect(positions.every(({ commit, prepare }) => commit === prepare)).toBe(true);
      expect(positions).toEqual(positions.toSorted((a, b) => Number(a.commit - b.commit)));
      expect(new Set(positions.map(({ commit }) => commit)).size).toBe(positions.length);
    });

    it('begins forwards with the event at the position and backwards with the one before', async () => {
      const { client } = await start({ statisticsEvery: 0 });
      const some = events(5);
      await client.appendToStream(aStream(), some);
      const { position } = (await readAll(client)).at(-3)!;
      const forwards = await readAll(client, { fromPosition: position });
      const backwards = await readAll(client, {
        fromPosition: position,
        direction: 'backwards',
        maxCount: 2,
      });
      expect(idsOf(forwards)).toEqual(idsOf(some.slice(2)));
      expect(idsOf(backwards)).toEqual([some[1]!.id, some[0]!.id]);
    });

    it('has events of the server between those of its clients', async () => {
      const { client } = await start({ statisticsEvery: 2 });
      for (let i = 0; i < 6; i++) await client.appendToStream(aStream(), anEvent());
      const types = (await readAll(client)).map(({ type }) => type);
      expect(types.filter((type) => type === '$statsCollected')).toHaveLength(3);
      expect(types[0]).toBe('$metadata');
    });

    it('refuses a position at which no event stands', async () => {
      const { client } = await start();
      const { position } = await client.appendToStream(aStream(), anEvent());
      const wrong = { commit: position!.commit - 1n, prepare: position!.commit - 1n };
      await expect(readAll(client, { fromPosition: wrong })).rejects.toMatchObject({
        type: 'unknown',
      });
    });

    it('has events of old transactions at one commit position and many prepare positions', async () => {
      const { double, client } = await start();
      const stream = aStream();
      const proposed = events(3).map(({ id, type }) => ({
        ...{ id, type, contentType: 'application/json' },
        data: Buffer.from('{}'),
        metadata: new Uint8Array(),
      }));
      double.appendInTransaction(stream, proposed);
      const recorded = ours(await readAll(client));
      expect(new Set(recorded.map(({ position }) => position.commit)).size).toBe(1);
      expect(new Set(recorded.map(({ position }) => position.prepare)).size).toBe(3);
      const after = await readAll(client, { fromPosition: recorded[1]!.position });
      expect(idsOf(ours(after))).toEqual(idsOf(proposed.slice(1)));
      const byStream = await readStream(client, stream);
      expect(byStream[0]?.position?.commit).toBe(2n ** 64n - 1n);
    });
  });

  describe('a subscription to $all', () => {
    it('delivers what is stored, says that it has caught up, and delivers what comes', async () => {
      const { client } = await start();
      const [before, after] = [events(3), events(2)];
      await client.appendToStream(aStream(), before);
      const { heard, stop } = listen(
        client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['team-'] }) }),
      );
      await until(() => heard.includes('caught up'));
      await client.appendToStream(aStream(), after);
      await until(() => heard.length === 6);
      expect(heard).toEqual([...idsOf(before), 'caught up', ...idsOf(after)]);
      await stop();
    });

    it('begins behind the position that it is given', async () => {
      const { client } = await start();
      const some = events(3);
      await client.appendToStream(aStream(), some);
      const [first] = ours(await readAll(client));
      const { heard, ids, stop } = listen(client.subscribeToAll({ fromPosition: first!.position }));
      await until(() => heard.includes('caught up'));
      expect(ids()).toEqual(idsOf(some.slice(1)));
      await stop();
    });

    it.each([
      ['prefixes of streams', streamNameFilter({ prefixes: ['team-', 'user-'] }), ['team', 'user']],
      ['a pattern of streams', streamNameFilter({ regex: '^(user|group)-' }), ['user', 'group']],
      ['prefixes of types', eventTypeFilter({ prefixes: ['Ofteam'] }), ['team']],
      ['a pattern of types', eventTypeFilter({ regex: '^[^$].*p$' }), ['group']],
    ])('is filtered by %s', async (_, filter, expected) => {
      const { client } = await start();
      const kinds = ['team', 'user', 'group'];
      const some = kinds.map((kind) => anEvent(`Of${kind}`));
      for (const [index, kind] of kinds.entries()) {
        await client.appendToStream(`${kind}-1`, some[index]!);
      }
      const { heard, ids, stop } = listen(client.subscribeToAll({ filter }));
      await until(() => heard.includes('caught up'));
      expect(ids()).toEqual(expected.map((kind) => some[kinds.indexOf(kind)]!.id));
      await stop();
    });

    it('has checkpoints after so many events that were looked at, wanted or not', async () => {
      const { client } = await start({ statisticsEvery: 0 });
      const checkpoints: Position[] = [];
      const filter = streamNameFilter({
        prefixes: ['team-'],
        maxSearchWindow: 5,
        checkpointInterval: 2,
        checkpointReached: (_, position) => void checkpoints.push(position),
      });
      await client.appendToStream('user-1', events(17));
      const { heard, stop } = listen(client.subscribeToAll({ filter }));
      await until(() => heard.includes('caught up'));
      const positions = (await readAll(client)).map(({ position }) => position);
      expect(checkpoints).toEqual([positions[9], positions[19]]);

      await client.appendToStream('user-1', events(10));
      await until(() => checkpoints.length === 3);
      await stop();
    });

    it('hears of what is appended while it says that it has caught up', async () => {
      const { double, client } = await start();
      const event = anEvent();
      double.inject('subscribe', { kind: 'wait', ms: 150 }, { at: 'answer', afterMessages: 1 });
      const { heard, stop } = listen(
        client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['team-'] }) }),
      );
      await until(() => double.openSubscriptions === 1);
      await client.appendToStream(aStream(), event);
      await until(() => heard.length === 2);
      expect(heard).toEqual(['caught up', event.id]);
      await stop();
    });

    it('falls behind where its client is slow, and misses nothing', async () => {
      const { client } = await start({ statisticsEvery: 0 });
      const heard: string[] = [];
      const subscription = client.subscribeToAll({
        filter: streamNameFilter({ prefixes: ['team-'] }),
      });
      let fellBehind = false;
      subscription.on('fellBehind', () => (fellBehind = true));
      let caughtUp = 0;
      subscription.on('caughtUp', () => caughtUp++);
      subscription.resume();
      await until(() => caughtUp === 1);
      subscription.pause();
      const large = jsonEvent({ type: 'Large', data: 'x'.repeat(20_000) });
      const some = Array.from({ length: 200 }, () => ({ ...large, id: randomUUID() }));
      for (const event of some) await client.appendToStream('team-1', event);
      subscription.on('data', ({ event }) => heard.push(event!.id));
      subscription.resume();
      await until(() => heard.length === some.length && caughtUp === 2);
      expect(fellBehind).toBe(true);
      expect(heard).toEqual(idsOf(some));
      await subscription.unsubscribe();
    });

    it('waits where 100 calls are open on the connection', async () => {
      const { double, client } = await start();
      const open = Array.from({ length: 100 }, () => listen(client.subscribeToAll()));
      await until(() => double.openSubscriptions === 100);
      const late = listen(client.subscribeToAll());
      await delay(150);
      expect([late.heard, late.errors]).toEqual([[], []]);
      await open[0]!.stop();
      await until(() => late.heard.includes('caught up'));
      await Promise.all([...open, late].map(({ stop }) => stop()));
      await until(() => double.openSubscriptions === 0);
    });
  });

  it('hides from a subscription to a stream what the stream hides', async () => {
    const { client } = await start();
    const [stream, event] = [aStream(), anEvent()];
    await client.appendToStream(stream, events(2));
    await client.deleteStream(stream);
    await client.appendToStream(stream, event);
    const subscription = client.subscribeToStream(stream);
    const heard: string[] = [];
    subscription.on('data', ({ event: recorded }) => heard.push(recorded!.id));
    await until(() => heard.length > 0);
    expect(heard).toEqual([event.id]);
    await subscription.unsubscribe();
  });

  it('lets a subscription follow a stream that does not exist yet', async () => {
    const { client } = await start();
    const [stream, some] = [aStream(), events(3)];
    const subscription = client.subscribeToStream(stream, { fromRevision: 0n });
    const heard: string[] = [];
    subscription.on('data', ({ event }) => heard.push(event!.id));
    await client.appendToStream(aStream(), anEvent());
    await client.appendToStream(stream, some);
    await until(() => heard.length === 2);
    expect(heard).toEqual(idsOf(some.slice(1)));
    await subscription.unsubscribe();
  });

  describe('a soft-deleted stream', () => {
    it('is not found, while $all keeps its events and tells of the deletion', async () => {
      const { client } = await start();
      const [stream, some] = [aStream(), events(2)];
      await client.appendToStream(stream, some);
      await client.deleteStream(stream, { expectedRevision: 1n });
      await expect(readStream(client, stream)).rejects.toThrow(StreamNotFoundError);
      const all = await readAll(client);
      expect(idsOf(ours(all))).toEqual(idsOf(some));
      expect(all.at(-1)).toMatchObject({ streamId: `$$${stream}`, type: '$metadata' });
    });

    it.each<[AppendExpectedRevision]>([['no_stream'], ['any'], [1n]])(
      'goes on with its revisions when somebody appends at %s, and hides the old ones',
      async (expectedRevision) => {
        const { client } = await start();
        const [stream, event] = [aStream(), anEvent()];
        await client.appendToStream(stream, events(2));
        await client.deleteStream(stream);
        const { nextExpectedRevision } = await client.appendToStream(stream, event, {
          expectedRevision,
        });
        expect(nextExpectedRevision).toBe(2n);
        expect(idsOf(await readStream(client, stream))).toEqual([event.id]);
      },
    );

    it('does not recognise a repetition at no_stream', async () => {
      const { client } = await start();
      const [stream, event] = [aStream(), anEvent()];
      await client.appendToStream(stream, anEvent());
      await client.deleteStream(stream);
      await client.appendToStream(stream, event, { expectedRevision: 'no_stream' });
      await expect(
        client.appendToStream(stream, event, { expectedRevision: 'no_stream' }),
      ).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
    });

    it('is deleted at the expected revision only', async () => {
      const { client } = await start();
      const stream = aStream();
      await client.appendToStream(stream, events(2));
      await expect(client.deleteStream(stream, { expectedRevision: 0n })).rejects.toMatchObject({
        type: 'wrong-expected-version',
        expectedVersion: 0n,
        actualVersion: 1n,
      });
    });
  });

  it('never opens a tombstoned stream again', async () => {
    const { client } = await start();
    const stream = aStream();
    await client.appendToStream(stream, anEvent());
    await client.tombstoneStream(stream);
    await expect(readStream(client, stream)).rejects.toThrow(StreamDeletedError);
    await expect(client.deleteStream(stream)).rejects.toThrow(StreamDeletedError);
    expect((await readAll(client)).at(-1)).toMatchObject({
      streamId: stream,
      type: '$streamDeleted',
    });
  });

  describe('with users', () => {
    const { certificate, key } = localhostCertificate();
    const access = { users: { admin: 'a', rollcall: 'b' }, allReaders: ['admin'] };

    it.each([
      ['admin:a', 'reads'],
      ['rollcall:b', 'access-denied'],
      ['', 'access-denied'],
      ['admin:wrong', 'access-denied'],
    ])('%s asks for $all: %s', async (user, expected) => {
      const { double } = await start({ access, tls: { certificate, key } });
      const authority = path.join(folder, 'ca.pem');
      writeFileSync(authority, certificate);
      const place = double.connectionString.replace('://', `://${user && `${user}@`}`);
      const client = connect(`${place}&tlsCAFile=${authority}`);
      const outcome = await readAll(client).then(
        () => 'reads',
        (error: AccessDeniedError) => error.type,
      );
      expect(outcome).toBe(expected);
    });
  });

  describe('of three nodes', () => {
    it('tells by gossip who leads', async () => {
      const { double, client } = await start({ nodes: 3, followersForwardWrites: false });
      double.elect(1);
      await client.appendToStream(aStream(), anEvent());
      await double.stopNode(1);
      double.elect(2);
      await expect(
        connect(double.connectionString).appendToStream(aStream(), anEvent()),
      ).resolves.toMatchObject({ success: true });
    });

    it('refuses, on a node that led, what requires the leader, and names the new one', async () => {
      const { double, client } = await start({ nodes: 3 });
      const append = () => client.appendToStream(aStream(), anEvent(), { requiresLeader: true });
      await append();
      double.elect(2);
      const refusal = await append().catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(NotLeaderError);
      const ports = double.connectionString.match(/(?<=:)\d+/g)!.map(Number);
      expect(refusal).toMatchObject({ leader: { address: '127.0.0.1', port: ports[2] } });
      await expect(append()).resolves.toMatchObject({ success: true });
    });

    it('tells by gossip who is alive', async () => {
      const { double } = await start({ nodes: 2 });
      await double.stopNode(1);
      const client = connect(`${double.connectionString}&nodePreference=follower`);
      await expect(client.appendToStream(aStream(), anEvent())).resolves.toBeDefined();
    });

    it('passes on what does not', async () => {
      const { double, client } = await start({ nodes: 2 });
      await client.appendToStream(aStream(), anEvent());
      double.elect();
      await expect(client.appendToStream(aStream(), anEvent())).resolves.toMatchObject({
        success: true,
      });
    });

    it('takes no writes while nobody leads', async () => {
      const { double, client } = await start({ nodes: 2 });
      await client.appendToStream(aStream(), anEvent());
      double.loseLeader();
      await expect(client.appendToStream(aStream(), anEvent())).rejects.toThrow(UnavailableError);
      double.elect(0);
      await expect(client.appendToStream(aStream(), anEvent())).resolves.toMatchObject({
        success: true,
      });
    });
  });

  describe('with a fault', () => {
    it.each([
      ['arrival', 0],
      ['answer', 1],
    ] as const)(
      'that hangs at %s: the append is pending and %i events are stored',
      async (at, stored) => {
        const { double, client } = await start();
        const stream = aStream();
        double.inject('batchAppend', { kind: 'hang' }, { at, times: 1 });
        const append = client.appendToStream(stream, anEvent(), { deadline: 100 });
        expect(await outcomeWithin(append, 300)).toBe('pending');
        expect(ours(await readAll(client))).toHaveLength(stored);
        await expect(client.appendToStream(stream, anEvent())).resolves.toMatchObject({
          success: true,
        });
        append.catch(() => undefined);
      },
    );

    it('that drops the connection: every append in flight fails, stored or not', async () => {
      const { double, client } = await start();
      await client.appendToStream(aStream(), anEvent());
      double.inject('batchAppend', { kind: 'drop' }, { at: 'answer', times: 1 });
      const attempts = await Promise.allSettled(
        Array.from({ length: 10 }, () => client.appendToStream('team-many', anEvent())),
      );
      const refused = attempts.filter(({ status }) => status === 'rejected');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({ reason: { type: 'unavailable' } });
      expect((await readStream(client, 'team-many')).length).toBeGreaterThan(0);
    });

    it('that acts late: an append that was given up is stored behind its successor', async () => {
      const { double, client } = await start();
      const [stream, slow, quick] = [aStream(), anEvent('Slow'), anEvent('Quick')];
      double.inject('append', { kind: 'wait', ms: 300 }, { times: 1 });
      await expect(
        client.appendToStream(stream, slow, { ...UNARY, deadline: 100 }),
      ).rejects.toThrow(DeadlineExceededError);
      await client.appendToStream(stream, quick);
      await delay(350);
      expect(idsOf(await readStream(client, stream))).toEqual([quick.id, slow.id]);
    });

    it.each<[string, AppendToStreamOptions, new (...args: never[]) => Error]>([
      ['BatchAppend', {}, DeadlineExceededError],
      ['Append', UNARY, TimeoutError],
    ])('that times out on %s: stored all the same', async (_, how, type) => {
      const { double, client } = await start();
      const stream = aStream();
      const method = how === UNARY ? 'append' : 'batchAppend';
      double.inject(method, { kind: 'timeout' }, { at: 'answer', times: 1 });
      await expect(client.appendToStream(stream, anEvent(), how)).rejects.toThrow(type);
      expect(await readStream(client, stream)).toHaveLength(1);
    });

    it('that fails the first question for features: a client of several nodes fails for ever', async () => {
      const { double, client } = await start({ nodes: 2 });
      const lift = double.inject('gossip', { kind: 'unavailable' });
      const failure = await client
        .appendToStream(aStream(), anEvent())
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ message: 'Failed to discover after 10 attempts.' });
      lift();
      await expect(client.appendToStream(aStream(), anEvent())).rejects.toThrow('discover');
      await expect(
        connect(double.connectionString).appendToStream(aStream(), anEvent()),
      ).resolves.toMatchObject({ success: true });
    });

    it('that fails one call by an error without a type', async () => {
      const { double, client } = await start();
      double.inject('getSupportedMethods', { kind: 'unavailable' }, { times: 1 });
      const failure = await client
        .appendToStream(aStream(), anEvent())
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 14 });
      expect(failure).not.toHaveProperty('type');
      await expect(client.appendToStream(aStream(), anEvent())).resolves.toBeDefined();
    });

    it.each<[string, EventStoreDoubleOptions, boolean]>([
      ['unimplemented features', {}, true],
      ['features without BatchAppend', { supportsBatchAppend: false }, false],
    ])('that is no fault, %s: the client uses Append', async (_, options, unimplemented) => {
      const { double, client } = await start(options);
      if (unimplemented) double.inject('getSupportedMethods', { kind: 'unimplemented' });
      await client.appendToStream(aStream(), anEvent());
      expect(double.calls('append')).toBe(1);
    });

    it('that breaks a read in the middle', async () => {
      const { double, client } = await start();
      const stream = aStream();
      await client.appendToStream(stream, events(5));
      double.inject('read', { kind: 'unavailable' }, { at: 'answer', afterMessages: 2, times: 1 });
      const read: unknown[] = [];
      const reading = (async () => {
        for await (const { event } of client.readStream(stream)) read.push(event);
      })();
      await expect(reading).rejects.toThrow(UnavailableError);
      expect(read.length).toBeLessThanOrEqual(2);
      expect(await readStream(client, stream)).toHaveLength(5);
    });

    it('that stalls subscriptions: those that are open fall silent, later ones do not', async () => {
      const { double, client } = await start();
      const stalled = listen(client.subscribeToAll());
      await until(() => stalled.heard.includes('caught up'));
      double.stallSubscriptions();
      const event = anEvent();
      await client.appendToStream(aStream(), event);
      const later = listen(client.subscribeToAll());
      await until(() => later.heard.includes('caught up'));
      expect(later.heard).toContain(event.id);
      expect([stalled.heard.includes(event.id), stalled.errors]).toEqual([false, []]);
      await Promise.all([stalled.stop(), later.stop()]);
    });

    it.each([
      ['an old connection', true],
      ['a new connection', false],
    ])('of silence: on %s nothing is answered', async (_, connected) => {
      const { double, client } = await start();
      if (connected) await client.appendToStream(aStream(), anEvent());
      double.setSilent(true);
      const append = client.appendToStream(aStream(), anEvent());
      expect(await outcomeWithin(append, 300)).toBe('pending');
      expect(double.openConnections).toBe(1);
      double.setSilent(false);
      await expect(append).rejects.toHaveProperty('code', 14);
      await eventually(() => client.appendToStream(aStream(), anEvent()));
    });

    it('of silence: not even HTTP/2 is spoken on a new connection', async () => {
      const { double } = await start();
      const greeting = async () => {
        const session = http2.connect(double.connectionString.replace(/^esdb(.*)\?.*$/, 'http$1'));
        session.on('error', () => undefined);
        const greeted = once(session, 'remoteSettings').then(() => 'greeted');
        const outcome = await outcomeWithin(greeted, 200);
        session.destroy();
        return outcome;
      };
      expect(await greeting()).toBe('greeted');
      double.setSilent(true);
      expect(await greeting()).toBe('pending');
    });

    it('that acts late on a node that is stopped by then: nothing is done', async () => {
      const { double, client } = await start();
      double.inject('batchAppend', { kind: 'wait', ms: 200 }, { times: 1 });
      const append = client.appendToStream('team-late', anEvent());
      append.catch(() => undefined);
      await until(() => double.calls('batchAppend') === 1);
      await double.restart();
      await delay(250);
      await expect(eventually(() => readStream(client, 'team-late'))).rejects.toThrow(
        StreamNotFoundError,
      );
    });
  });

  describe('restarted', () => {
    it('has the same port and log; clients append again and subscriptions end', async () => {
      const { double, client } = await start();
      const { connectionString } = double;
      const [stream, some] = [aStream(), events(2)];
      await client.appendToStream(stream, some[0]!);
      const subscription = listen(client.subscribeToAll());
      await until(() => subscription.heard.includes('caught up'));
      await double.restart('orderly');
      await until(() => subscription.errors.length > 0);
      expect(subscription.errors[0]).toBeInstanceOf(CancelledError);
      expect(double.connectionString).toBe(connectionString);
      await eventually(() => client.appendToStream(stream, some[1]!));
      expect(idsOf(await readStream(client, stream))).toEqual(idsOf(some));
    });

    it('goes on with the log of its file, without a line that was not written to the end', async () => {
      const file = path.join(folder, 'torn.log');
      const { double, client } = await start({ file });
      const [stream, some] = [aStream(), events(3)];
      const first = await client.appendToStream(stream, some);
      await client.deleteStream('team-other');
      await double.stop();
      writeFileSync(file, '[{"id":"', { flag: 'a' });
      const { client: again } = await start({ file });
      expect(idsOf(await readStream(again, stream))).toEqual(idsOf(some));
      const next = await again.appendToStream(stream, anEvent(), { expectedRevision: 2n });
      expect(next.position!.commit).toBeGreaterThan(first.position!.commit);
      await doubles.at(-1)!.stop();
      const { client: third } = await start({ file });
      expect(await readStream(third, stream)).toHaveLength(4);
    });

    it('has, killed in a process of its own, everything that it acknowledged', async () => {
      const file = path.join(folder, 'killed.log');
      const first = await startEventStoreDoubleProcess({ file });
      const client = connect(first.connectionString);
      const acknowledged: string[] = [];
      const writing = (async () => {
        for (;;) {
          const event = anEvent();
          await client.appendToStream('team-1', event);
          acknowledged.push(event.id);
        }
      })();
      await until(() => acknowledged.length > 20);
      await first.kill();
      await expect(writing).rejects.toHaveProperty('code', 14);

      const port = Number(/(?<=:)\d+/.exec(first.connectionString)![0]);
      const second = await startEventStoreDoubleProcess({ file, port });
      try {
        expect(second.connectionString).toBe(first.connectionString);
        const stored = idsOf(await readStream(connect(second.connectionString), 'team-1'));
        expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged);
        await second.control('inject', 'read', { kind: 'unavailable' });
        await expect(readAll(connect(second.connectionString))).rejects.toThrow(UnavailableError);
        await second.control('liftFaults');
        expect(await second.control('calls', 'read')).toBe(2);

        second.freeze();
        const frozen = connect(second.connectionString).appendToStream(aStream(), anEvent());
        expect(await outcomeWithin(frozen, 200)).toBe('pending');
        second.thaw();
        await expect(frozen).resolves.toMatchObject({ success: true });
      } finally {
        await second.kill();
      }
    });
  });
});
