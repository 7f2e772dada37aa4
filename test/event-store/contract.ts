import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupMembersChanged, TeamRenamed } from '../../src/domain/events.js';
import type { GroupId, OrganizationId, TeamId, UserId } from '../../src/domain/identifiers.js';
import type {
  AppendResult,
  EventStore,
  ExpectedVersion,
  NewEvent,
  Position,
  RecordedEvent,
} from '../../src/event-store/event-store.js';
import { WrongExpectedVersion } from '../../src/event-store/event-store.js';

export interface OpenLog {
  readonly store: EventStore;
  /** Another instance on the same log, as a second process would be; the caller closes it. */
  readonly openAnother: () => EventStore;
  /** Breaks every connection that stores have to this log. */
  readonly dropConnections: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Capabilities {
  readonly appendMany: boolean;
}

const organization = 'acme' as OrganizationId;

/** An event that differs from every other. */
export function anEvent(
  event: NewEvent['event'] = { type: 'TeamRenamed', teamId: 'team' as TeamId, name: 'Ada’s team' },
  tenant: OrganizationId | undefined = organization,
): NewEvent {
  const commandId = randomUUID();
  return {
    id: randomUUID(),
    event,
    metadata: {
      ...(tenant && { organization: tenant }),
      actor: 'system',
      occurredAt: '2026-11-22T12:00:00.000Z',
      commandId,
      $correlationId: commandId,
      $causationId: commandId,
    },
  };
}

export const events = (count: number): NewEvent[] => Array.from({ length: count }, () => anEvent());
export const aStream = (): string => `team-acme-${randomUUID()}`;
const idsOf = (recorded: readonly { readonly id: string }[]): string[] =>
  recorded.map(({ id }) => id);

/** The whole log after `from`, by readAll. */
async function logAfter(store: EventStore, from: Position): Promise<RecordedEvent[]> {
  const log: RecordedEvent[] = [];
  for (let place = from; ;) {
    const page = await store.readAll(place, 700);
    const last = page.at(-1);
    if (!last) return log;
    log.push(...page);
    place = last.position;
  }
}

/** A subscription that gathers what it receives until stopped. */
export function gather(store: EventStore, from: Position) {
  const abort = new AbortController();
  const received: RecordedEvent[] = [];
  const finished = (async () => {
    for await (const page of store.subscribe({ from, signal: abort.signal })) {
      received.push(...page);
    }
  })();
  return {
    received,
    /** Resolves when everything that is stored now has been received. */
    async caughtUp(): Promise<RecordedEvent[]> {
      const head = await store.head();
      while (head > from && (received.at(-1)?.position ?? 0n) < head) await delay(5);
      return received;
    },
    async stop(): Promise<void> {
      abort.abort();
      await finished;
    },
  };
}

export interface WriterOptions {
  readonly stores: readonly EventStore[];
  readonly writers: number;
  readonly forMs: number;
  readonly appendMany: boolean;
}

/** Appends at full speed to shared and to own streams; every third round of a writer is refused as a whole. */
export async function writeAtFullSpeed({
  stores,
  writers,
  forMs,
  appendMany,
}: WriterOptions): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  const until = Date.now() + forMs;
  const shared = [aStream(), aStream(), aStream(), aStream()];
  const write = async (writer: number): Promise<void> => {
    const store = stores[writer % stores.length]!;
    const own = aStream();
    let revision: ExpectedVersion = 'noStream';
    for (let round = writer; Date.now() < until; round++) {
      const some = events(1 + (round % 3));
      if (round % 3 === 0) {
        const refused = [
          { stream: aStream(), expected: 'noStream' as const, events: some },
          { stream: own, expected: 1_000_000, events: events(1) },
        ];
        await expect(
          appendMany && store.appendMany
            ? store.appendMany(refused)
            : store.append(own, 1_000_000, some),
        ).rejects.toThrow(WrongExpectedVersion);
        continue;
      }
      if (round % 3 === 1) await store.append(shared[round % 4]!, 'any', some);
      else ({ revision } = await store.append(own, revision, some));
      for (const { id } of some) acknowledged.add(id);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return acknowledged;
}

/** Holds when `received` is the log: each event once, positions ascending, revisions of each stream without a gap. */
export async function expectTheLog(
  received: readonly RecordedEvent[],
  store: EventStore,
  from: Position,
): Promise<void> {
  const log = await logAfter(store, from);
  expect(idsOf(received)).toEqual(idsOf(log));
  expect(new Set(idsOf(log)).size).toBe(log.length);
  const revisions = new Map<string, number>();
  const disorder = log.filter(({ stream, revision, position }, index) => {
    const expected = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    return revision !== expected || (index > 0 && position <= log[index - 1]!.position);
  });
  expect(disorder).toEqual([]);
}

/** What every adapter of the event store promises. `open` gives a log of its own, for these tests alone. */
export function eventStoreContract(
  name: string,
  open: () => Promise<OpenLog>,
  capabilities: Capabilities,
): void {
  describe(`${name} as an event store`, () => {
    let log: OpenLog;
    let store: EventStore;

    beforeAll(async () => {
      log = await open();
      store = log.store;
    });
    afterAll(() => log.close());

    describe('append', () => {
      it('keeps id, event, metadata and order, and numbers the revisions from 0', async () => {
        const stream = aStream();
        const some = [...events(2), anEvent({ type: 'TeamArchived', teamId: 'team' as TeamId })];
        const { position, revision } = await store.append(stream, 'noStream', some);

        const recorded = await store.readStream(stream);
        expect(recorded).toEqual(
          some.map((event, index) => ({
            ...event,
            stream,
            revision: index,
            position: expect.any(BigInt),
          })),
        );
        expect({ position, revision }).toEqual({ position: recorded[2]?.position, revision: 2 });
      });

      it('keeps an event without an organization', async () => {
        const stream = aStream();
        const { metadata, ...rest } = anEvent();
        const { organization: _, ...installation } = metadata;
        await store.append(stream, 'noStream', [{ ...rest, metadata: installation }]);
        expect((await store.readStream(stream))[0]?.metadata).toEqual(installation);
      });

      it.each<[string, ExpectedVersion, number, number]>([
        ['noStream', 'noStream', 2, 1],
        ['a revision that has passed', 0, 2, 1],
        ['a revision still to come', 2, 2, 1],
        ['a revision of an unknown stream', 0, 0, -1],
      ])('refuses to append at %s', async (_, expected, length, actual) => {
        const stream = aStream();
        if (length > 0) await store.append(stream, 'noStream', events(length));

        const refusal = await store.append(stream, expected, events(1)).catch((error) => error);
        expect(refusal).toBeInstanceOf(WrongExpectedVersion);
        expect(refusal).toMatchObject({ stream, expected, actual });
        expect(await store.readStream(stream)).toHaveLength(length);
      });

      it.each<[ExpectedVersion, number]>([
        ['noStream', 0],
        ['any', 0],
        [1, 2],
        ['any', 2],
      ])('appends at %s to a stream of %i events', async (expected, length) => {
        const stream = aStream();
        if (length > 0) await store.append(stream, 'noStream', events(length));
        const { revision } = await store.append(stream, expected, events(2));
        expect(revision).toBe(length + 1);
      });

      it.each<[ExpectedVersion, number]>([
        ['noStream', 0],
        ['any', 0],
        [1, 2],
        ['any', 2],
      ])('recognises a repeated append at %s after %i events', async (expected, length) => {
        const stream = aStream();
        if (length > 0) await store.append(stream, 'noStream', events(length));
        const some = events(2);
        const first = await store.append(stream, expected, some);
        await store.append(stream, first.revision, events(1));

        await expect(store.append(stream, expected, some)).resolves.toEqual(first);
        expect(await store.readStream(stream)).toHaveLength(length + 3);
      });

      it.each<[ExpectedVersion, string, (some: NewEvent[]) => NewEvent[]]>([
        ['noStream', 'only the beginning of which is stored', (some) => [...some, anEvent()]],
        ['noStream', 'the end of which differs', ([first]) => [first!, anEvent()]],
        ['noStream', 'stored in another order', (some) => some.toReversed()],
        ['any', 'only the beginning of which is stored', (some) => [...some, anEvent()]],
        ['any', 'only the end of which is stored', ([, last]) => [anEvent(), last!]],
        ['any', 'stored in another order', (some) => some.toReversed()],
      ])('refuses, at %s, events %s', async (expected, _, change) => {
        const stream = aStream();
        const some = events(2);
        await store.append(stream, expected, some);
        const refusal = await store.append(stream, expected, change(some)).catch((error) => error);
        expect(refusal).toBeInstanceOf(WrongExpectedVersion);
        expect(refusal).toMatchObject({ actual: 1 });
        expect(idsOf(await store.readStream(stream))).toEqual(idsOf(some));
      });

      it.each([
        ['no events', 'team-acme-1', []],
        ['an empty stream name', '', events(1)],
        ['a control character in the stream name', 'team\u0000acme', events(1)],
        ['an id that is not a UUID', 'team-acme-1', [{ ...anEvent(), id: 'no' }]],
      ])('rejects %s as a defect of the caller', async (_, stream, some) => {
        await expect(store.append(stream, 'any', some)).rejects.toThrow(TypeError);
      });

      it('lets exactly one of 32 writers win a revision, over two instances', async () => {
        const stream = aStream();
        const another = log.openAnother();
        try {
          const attempts = await Promise.allSettled(
            Array.from({ length: 32 }, (_, writer) =>
              (writer % 2 ? store : another).append(stream, 'noStream', events(1)),
            ),
          );
          const refusals = attempts.filter(({ status }) => status === 'rejected');
          expect(refusals).toHaveLength(31);
          expect(refusals[0]).toMatchObject({
            reason: { name: 'WrongExpectedVersion', actual: 0 },
          });
          expect(await store.readStream(stream)).toHaveLength(1);
        } finally {
          await another.close();
        }
      });

      it.each([
        ['900 kB of text', 'Ada '.repeat(225_000)],
        ['text that JSON must escape', '"\\\n\u0000\u001e\ud800é😀'],
      ])('keeps %s', async (_, name) => {
        const event: TeamRenamed = { type: 'TeamRenamed', teamId: 'team' as TeamId, name };
        const stream = aStream();
        await store.append(stream, 'noStream', [anEvent(event)]);
        expect((await store.readStream(stream))[0]?.event).toEqual(event);
      });

      it('keeps 5,000 members in one event', async () => {
        const added = Array.from({ length: 5_000 }, () => randomUUID() as UserId);
        const stream = aStream();
        const event: GroupMembersChanged = {
          type: 'GroupMembersChanged',
          groupId: 'group' as GroupId,
          added,
          removed: [],
        };
        await store.append(stream, 'noStream', [anEvent(event)]);
        expect((await store.readStream(stream))[0]?.event).toEqual(event);
      });
    });

    (capabilities.appendMany ? describe : describe.skip)('appendMany', () => {
      const many = (...args: Parameters<NonNullable<EventStore['appendMany']>>) =>
        store.appendMany!(...args);

      it('appends to every stream and answers the last position and the first stream’s revision', async () => {
        const [a, b] = [aStream(), aStream()];
        await store.append(b, 'noStream', events(1));
        const result = await many([
          { stream: a, expected: 'noStream', events: events(3) },
          { stream: b, expected: 0, events: events(1) },
        ]);
        const [inA, inB] = await Promise.all([store.readStream(a), store.readStream(b)]);
        expect([inA.length, inB.length]).toEqual([3, 2]);
        expect(result).toEqual({ position: inB[1]?.position, revision: 2 });
      });

      it.each([0, 1, 2])('appends nothing when stream %i of three is refused', async (culprit) => {
        const streams = [aStream(), aStream(), aStream()].toSorted();
        const refusal = await many(
          streams.map((stream, index) => ({
            stream,
            expected: index === culprit ? 7 : ('noStream' as const),
            events: events(2),
          })),
        ).catch((error) => error);
        expect(refusal).toBeInstanceOf(WrongExpectedVersion);
        expect(refusal).toMatchObject({ stream: streams[culprit], expected: 7, actual: -1 });
        const read = await Promise.all(streams.map((stream) => store.readStream(stream)));
        expect(read).toEqual([[], [], []]);
      });

      it('leaves streams that it did not begin free to begin', async () => {
        const [a, b] = [aStream(), aStream()];
        const attempt = [
          { stream: a, expected: 'noStream' as const, events: events(1) },
          { stream: b, expected: 3, events: events(1) },
        ];
        await expect(many(attempt)).rejects.toThrow(WrongExpectedVersion);
        await expect(store.append(a, 'noStream', events(1))).resolves.toMatchObject({
          revision: 0,
        });
      });

      it('recognises a repeated append', async () => {
        const appends = [
          { stream: aStream(), expected: 'noStream' as const, events: events(2) },
          { stream: aStream(), expected: 'any' as const, events: events(1) },
        ];
        const first = await many(appends);
        await expect(many(appends)).resolves.toEqual(first);
      });

      it('refuses a repetition to which a stream was added, and leaves that stream alone', async () => {
        const stored = { stream: aStream(), expected: 'noStream' as const, events: events(2) };
        const added = { stream: aStream(), expected: 'noStream' as const, events: events(1) };
        await many([stored]);
        await expect(many([stored, added])).rejects.toMatchObject({
          stream: stored.stream,
          actual: 1,
        });
        expect(await store.readStream(added.stream)).toEqual([]);
      });

      it('rejects a stream named twice as a defect of the caller', async () => {
        const stream = aStream();
        const append = { stream, expected: 'any' as const, events: events(1) };
        await expect(many([append, append])).rejects.toThrow(TypeError);
      });

      it('ends where two instances name the same streams in crossing order', async () => {
        const another = log.openAnother();
        try {
          const existing = [aStream(), aStream(), aStream()];
          for (const stream of existing) await store.append(stream, 'noStream', events(1));
          const round = (): Promise<AppendResult>[] => {
            const streams = [...existing, aStream(), aStream()];
            return [streams, streams.toReversed()].map((order, index) =>
              (index ? another : store).appendMany!(
                order.map((stream) => ({ stream, expected: 'any', events: events(1) })),
              ),
            );
          };
          await Promise.all(Array.from({ length: 150 }, round).flat());
          expect(await store.readStream(existing[0]!)).toHaveLength(301);
        } finally {
          await another.close();
        }
      });

      it('is all or none when the connection breaks in the middle', async () => {
        const pairs = Array.from({ length: 300 }, () => [aStream(), aStream()] as const);
        const breaking = (async () => {
          for (let i = 0; i < 5; i++) await Promise.all([log.dropConnections(), delay(15)]);
        })();
        for (let at = 0; at < pairs.length; at += 20) {
          await Promise.all(
            pairs
              .slice(at, at + 20)
              .map((pair) =>
                many(pair.map((stream) => ({ stream, expected: 'any', events: events(2) }))),
              ),
          );
        }
        await breaking;
        const lengths = await Promise.all(
          pairs.flat().map(async (stream) => (await store.readStream(stream)).length),
        );
        expect(lengths.filter((length) => length !== 2)).toEqual([]);
      });
    });

    describe('reading', () => {
      it('answers nothing for an unknown stream', async () => {
        expect(await store.readStream(aStream())).toEqual([]);
      });

      it('reads a long stream whole, and from a revision', async () => {
        const stream = aStream();
        const some = events(1_234);
        await store.append(stream, 'noStream', some);
        expect(idsOf(await store.readStream(stream))).toEqual(idsOf(some));
        expect(idsOf(await store.readStream(stream, 1_200))).toEqual(idsOf(some.slice(1_200)));
        expect(await store.readStream(stream, 1_234)).toEqual([]);
      });

      it('gives each of many concurrent readers its own stream', async () => {
        const streams = Array.from({ length: 300 }, aStream);
        await Promise.all(streams.map((stream) => store.append(stream, 'noStream', events(1))));
        const read = await Promise.all(streams.map((stream) => store.readStream(stream)));
        expect(read.map(([event]) => event?.stream)).toEqual(streams);
      });

      it('pages through the log in order, and past its end answers nothing', async () => {
        const start = await store.head();
        const some = events(10);
        for (const event of some) await store.append(aStream(), 'noStream', [event]);
        const pages = [await store.readAll(start, 4)];
        for (let last; (last = pages.at(-1)?.at(-1));) {
          pages.push(await store.readAll(last.position, 4));
        }
        expect(pages.map(({ length }) => length)).toEqual([4, 4, 2, 0]);
        expect(idsOf(pages.flat())).toEqual(idsOf(some));
      });

      it('names the last event as the head', async () => {
        const { position } = await store.append(aStream(), 'noStream', events(2));
        expect(await store.head()).toBe(position);
      });

      it('reads one organization, after one position, up to and with another', async () => {
        const tenants = ['acme', 'globex'] as OrganizationId[];
        const placed: AppendResult[] = [];
        const some = Array.from({ length: 12 }, (_, i) => anEvent(undefined, tenants[i % 2]));
        for (const event of some) placed.push(await store.append(aStream(), 'noStream', [event]));

        const ids: string[] = [];
        const [after, upTo] = [placed[1]!.position, placed[9]!.position];
        for await (const page of store.readOrganization(tenants[1]!, after, upTo)) {
          ids.push(...idsOf(page));
        }
        expect(ids).toEqual(idsOf([some[3]!, some[5]!, some[7]!, some[9]!]));
      });
    });

    describe('a subscription', () => {
      it('delivers what is stored, then what is appended', async () => {
        const start = await store.head();
        const [before, after] = [events(3), events(2)];
        await store.append(aStream(), 'noStream', before);
        const subscription = gather(store, start);
        await subscription.caughtUp();
        await store.append(aStream(), 'noStream', after);
        expect(idsOf(await subscription.caughtUp())).toEqual(idsOf([...before, ...after]));
        await subscription.stop();
      });

      it('ends promptly on abort, idle or not yet begun', async () => {
        const subscription = gather(store, await store.head());
        await delay(400);
        const before = Date.now();
        await subscription.stop();
        expect(Date.now() - before).toBeLessThan(100);

        const aborted = store.subscribe({ from: 0n, signal: AbortSignal.abort() });
        await expect(aborted[Symbol.asyncIterator]().next()).resolves.toMatchObject({ done: true });
      });

      it('misses and repeats nothing while 32 writers append to shared and own streams', async () => {
        const start = await store.head();
        const subscriptions = [gather(store, start), gather(store, start)];
        const acknowledged = await writeAtFullSpeed({
          stores: [store],
          writers: 32,
          forMs: 1_500,
          appendMany: capabilities.appendMany,
        });
        for (const subscription of subscriptions) {
          const received = await subscription.caughtUp();
          await expectTheLog(received, store, start);
          expect(new Set(idsOf(received))).toEqual(acknowledged);
          await subscription.stop();
        }
      });

      it('misses and repeats nothing while two instances append and subscribe', async () => {
        const start = await store.head();
        const another = log.openAnother();
        try {
          const subscriptions = [gather(store, start), gather(another, start)];
          const acknowledged = await writeAtFullSpeed({
            stores: [store, another],
            writers: 32,
            forMs: 1_500,
            appendMany: capabilities.appendMany,
          });
          for (const subscription of subscriptions) {
            const received = await subscription.caughtUp();
            await expectTheLog(received, store, start);
            expect(new Set(idsOf(received))).toEqual(acknowledged);
            await subscription.stop();
          }
        } finally {
          await another.close();
        }
      });

      it('hears of another instance’s append within 200 ms', async () => {
        const another = log.openAnother();
        const subscription = gather(another, await store.head());
        try {
          await delay(500);
          const { position } = await store.append(aStream(), 'noStream', events(1));
          const before = Date.now();
          while (subscription.received.at(-1)?.position !== position) await delay(1);
          expect(Date.now() - before).toBeLessThan(200);
        } finally {
          await subscription.stop();
          await another.close();
        }
      });

      it('misses and repeats nothing where connections keep breaking under 32 writers', async () => {
        const start = await store.head();
        const subscription = gather(store, start);
        const breaking = (async () => {
          for (let i = 0; i < 4; i++) await Promise.all([log.dropConnections(), delay(250)]);
        })();
        const acknowledged = await writeAtFullSpeed({
          stores: [store],
          writers: 32,
          forMs: 1_500,
          appendMany: capabilities.appendMany,
        });
        await breaking;
        const received = await subscription.caughtUp();
        await expectTheLog(received, store, start);
        expect(new Set(idsOf(received))).toEqual(acknowledged);
        await subscription.stop();
      });
    });
  });
}
