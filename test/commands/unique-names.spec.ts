import fc from 'fast-check';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { user, type UserState } from '../../src/domain/user.js';
import type { UserEvent } from '../../src/domain/events.js';
import { foldCase } from '../../src/scim/comparison.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import {
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  writeSide,
  type BeforeAppend,
  type Log,
} from './write-side.js';

const inUse = { reason: 'name-already-claimed' };

let log: Log;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

/** Every user of the organization's log that is not deleted, as its stream tells it. */
async function usersOf(organization: OrganizationId) {
  const states = new Map<string, UserState>();
  const head = await log.store.head();
  for await (const page of log.store.readOrganization(organization, 0n, head)) {
    for (const { stream, event, revision, position, metadata } of page) {
      if (!stream.startsWith('user-')) continue;
      const recorded = { revision, position, occurredAt: metadata.occurredAt };
      const state = states.get(stream) ?? user.initial;
      states.set(stream, user.evolve(state, event as UserEvent, recorded));
    }
  }
  return [...states.values()].filter((state) => state.status === 'provisioned');
}

const userNamesOf = async (organization: OrganizationId): Promise<readonly string[]> =>
  (await usersOf(organization)).map(({ userName }) => userName).sort();

/** Holds the first append that fits until it is let go. */
function gate(fits: (...append: Parameters<BeforeAppend>) => boolean) {
  let reach = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  let passed = false;
  const before: BeforeAppend = async (...append) => {
    if (passed || !fits(...append)) return;
    passed = true;
    reach();
    await opened;
  };
  return { before, reached, open };
}

const toUserStream = (stream: string): boolean => stream.startsWith('user-');

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

describe.each(stores)('a unique name in $name', ({ on }) => {
  let organization: OrganizationId;
  let first: ReturnType<typeof writeSide>;
  let second: ReturnType<typeof writeSide>;
  let otherStore: PostgresEventStore;

  beforeEach(async () => {
    organization = await enabledOrganization(log.store);
    otherStore = new PostgresEventStore({ connectionString: log.url });
    first = writeSide(on(log.store), organization);
    second = writeSide(on(otherStore), organization);
  });
  afterEach(() => otherStore.close());

  const outcomes = (results: readonly PromiseSettledResult<unknown>[]) => ({
    won: results.filter(({ status }) => status === 'fulfilled').length,
    reasons: new Set(
      results.flatMap((each) => (each.status === 'rejected' ? each.reason.reason : [])),
    ),
  });

  it('goes to exactly one of 20 concurrent claimants', async () => {
    const claimants = Array.from({ length: 20 }, () => first.postUser({ userName: 'ada' }));
    expect(outcomes(await Promise.allSettled(claimants))).toEqual({
      won: 1,
      reasons: new Set(['name-already-claimed']),
    });
    expect(await userNamesOf(organization)).toEqual(['ada']);
  });

  it('goes to exactly one of 20 claimants in two processes, in whatever letter case', async () => {
    const claimants = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? first : second).postUser({ userName: i % 3 === 0 ? 'STRASSE' : 'straße' }),
    );
    expect(outcomes(await Promise.allSettled(claimants))).toEqual({
      won: 1,
      reasons: new Set(['name-already-claimed']),
    });
    expect(await usersOf(organization)).toHaveLength(1);
  });

  it('goes to exactly one of 10 who rename themselves in two processes; the others keep theirs', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => (await first.postUser({ userName: `u${i}` })).id),
    );
    const renames = ids.map((id, i) =>
      (i % 2 === 0 ? first : second).putUser(id, { userName: 'ada' }),
    );
    expect(outcomes(await Promise.allSettled(renames))).toEqual({
      won: 1,
      reasons: new Set(['name-already-claimed']),
    });
    const names = await userNamesOf(organization);
    expect(names).toHaveLength(10);
    expect(names.filter((name) => name === 'ada')).toHaveLength(1);
  });

  it('that its owner gave up may be taken, and its owner may not come back to it', async () => {
    const { id } = await first.postUser({ userName: 'ada' });
    await first.putUser(id, { userName: 'lovelace' });
    await second.postUser({ userName: 'Ada' });
    await expect(first.putUser(id, { userName: 'ada' })).rejects.toMatchObject(inUse);
    expect(await userNamesOf(organization)).toEqual(['Ada', 'lovelace']);
  });

  it('that its owner gave up and took back is held again', async () => {
    const { id } = await first.postUser({ userName: 'ada' });
    await first.putUser(id, { userName: 'lovelace' });
    await first.putUser(id, { userName: 'ada' });
    await expect(second.postUser({ userName: 'ada' })).rejects.toMatchObject(inUse);
    await second.postUser({ userName: 'lovelace' });
  });

  it('is free at once when its owner is deleted', async () => {
    const { id } = await first.postUser({ userName: 'ada' });
    await first.deleteUser(id);
    const again = await second.postUser({ userName: 'ada' });
    expect(again.id).not.toBe(id);
    await expect(first.postUser({ userName: 'ada' })).rejects.toMatchObject(inUse);
  });

  it('may be spelled anew by its owner and nobody else', async () => {
    const { id } = await first.postUser({ userName: 'ada' });
    await first.putUser(id, { userName: 'ADA' });
    await expect(second.postUser({ userName: 'ada' })).rejects.toMatchObject(inUse);
    expect(await userNamesOf(organization)).toEqual(['ADA']);
  });

  it('of a group is free of that of a user', async () => {
    await first.postUser({ userName: 'ada' });
    await first.postGroup({ displayName: 'ada' });
    await expect(second.postGroup({ displayName: 'Ada' })).rejects.toMatchObject(inUse);
  });
});

describe('a claim that its owner does not complete', () => {
  let organization: OrganizationId;
  let other: ReturnType<typeof writeSide>;

  beforeEach(async () => {
    organization = await enabledOrganization(log.store);
    other = writeSide(sequential(log.store), organization);
  });

  const processThat = (before: BeforeAppend) =>
    writeSide(sequential(log.store, before), organization);

  it('of a process that died is taken over', async () => {
    const dying = processThat(dyingBefore(1));
    await expect(dying.postUser({ userName: 'ada' })).rejects.toThrow(ProcessDied);
    await other.postUser({ userName: 'ada' });
    expect(await userNamesOf(organization)).toEqual(['ada']);
  });

  it('of a slow process is taken over, and the slow write then fails', async () => {
    const { before, reached, open } = gate(toUserStream);
    const slow = processThat(before).postUser({ userName: 'ada', title: 'slow' });
    await reached;
    const { id } = await other.postUser({ userName: 'ada', title: 'fast' });
    open();
    await expect(slow).rejects.toMatchObject(inUse);
    expect(await usersOf(organization)).toMatchObject([{ userId: id, profile: { title: 'fast' } }]);
  });

  it('is not taken over when its owner writes just before the fence', async () => {
    const slowOwner = gate(toUserStream);
    const owner = processThat(slowOwner.before).postUser({ userName: 'ada', title: 'owner' });
    await slowOwner.reached;
    const slowFence = gate((_, [fence]) => fence?.event.type === 'ClaimFenced');
    const taker = processThat(slowFence.before).postUser({ userName: 'ada', title: 'taker' });
    await slowFence.reached;
    slowOwner.open();
    await owner;
    slowFence.open();
    await expect(taker).rejects.toMatchObject(inUse);
    expect(await usersOf(organization)).toMatchObject([{ profile: { title: 'owner' } }]);
  });

  it('of a slow renaming is taken over, and the renamed user keeps its old name', async () => {
    const { id } = await other.postUser({ userName: 'ada' });
    const { before, reached, open } = gate(toUserStream);
    const renaming = processThat(before).putUser(id, { userName: 'lovelace' });
    await reached;
    await other.postUser({ userName: 'lovelace' });
    open();
    await expect(renaming).rejects.toMatchObject(inUse);
    expect(await userNamesOf(organization)).toEqual(['ada', 'lovelace']);
  });

  it('of a renaming that died is completed by its repetition', async () => {
    const { id } = await other.postUser({ userName: 'ada' });
    const dying = processThat(dyingBefore(1));
    await expect(dying.putUser(id, { userName: 'lovelace' })).rejects.toThrow(ProcessDied);
    await other.putUser(id, { userName: 'lovelace' });
    await other.postUser({ userName: 'ada' });
    expect(await userNamesOf(organization)).toEqual(['ada', 'lovelace']);
  });

  it('does not keep its owner from other changes', async () => {
    const { id } = await other.postUser({ userName: 'ada' });
    const dying = processThat(dyingBefore(1));
    await expect(dying.putUser(id, { userName: 'lovelace' })).rejects.toThrow(ProcessDied);
    await other.postUser({ userName: 'lovelace' });
    const { attributes } = await other.putUser(id, { userName: 'ada', title: 'Countess' });
    expect(attributes).toMatchObject({ userName: 'ada', title: 'Countess' });
  });

  it.each([
    { point: 'before the fence', died: 0 },
    { point: 'between fence and claim', died: 1 },
    { point: 'between claim and its own write', died: 2 },
  ])('is taken over by a third when the second died $point', async ({ died }) => {
    await expect(processThat(dyingBefore(1)).postUser({ userName: 'ada' })).rejects.toThrow(
      ProcessDied,
    );
    // The first guess, that the name is free, is refused by the store: it counts as an append.
    await expect(processThat(dyingBefore(died + 1)).postUser({ userName: 'ada' })).rejects.toThrow(
      ProcessDied,
    );
    await other.postUser({ userName: 'ada' });
    expect(await userNamesOf(organization)).toEqual(['ada']);
  });

  const act = fc.record({
    kind: fc.constantFrom('create', 'rename', 'delete'),
    name: fc.constantFrom('ada', 'ADA', 'bob'),
    target: fc.nat({ max: 3 }),
    diesBefore: fc.constantFrom(0, 1, 2, 3, 9, 9),
  });
  type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

  it('leaves every name with one user at most and free for others, whoever dies when', async () => {
    const rounds = fc.array(fc.array(act, { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 6,
      size: 'max',
    });
    const property = fc.asyncProperty(rounds, async (history) => {
      organization = await enabledOrganization(log.store);
      const perform = async ({ kind, name, target, diesBefore }: Act): Promise<void> => {
        const process = processThat(dyingBefore(diesBefore));
        const present = await usersOf(organization);
        const { userId } = present[target % Math.max(present.length, 1)] ?? {};
        if (kind === 'create') await process.postUser({ userName: name });
        else if (userId && kind === 'rename') await process.putUser(userId, { userName: name });
        else if (userId) await process.deleteUser(userId);
      };
      for (const round of history) await Promise.allSettled(round.map(perform));
      const names = (await userNamesOf(organization)).map(foldCase);
      expect(new Set(names).size).toBe(names.length);
      const survivor = writeSide(sequential(log.store), organization);
      for (const name of ['ada', 'bob']) {
        const posted = survivor.postUser({ userName: name });
        if (names.includes(name)) await expect(posted).rejects.toMatchObject(inUse);
        else await posted;
      }
    });
    await fc.assert(property, { numRuns: 15 });
  });
});
