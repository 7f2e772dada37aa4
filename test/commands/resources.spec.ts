import fc from 'fast-check';
import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { RecordedEvent, StreamAppend } from '../../src/event-store/event-store.js';
import { teamsOf } from './directory-of.js';
import { attributesOf } from '../projections/random-directory.js';
import { userType } from '../../src/scim/schema.js';
import {
  dyingBefore,
  enabledOrganization,
  observed,
  openLog,
  ProcessDied,
  sequential,
  writeSide,
  type Log,
} from './write-side.js';

type Side = ReturnType<typeof writeSide>;

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
beforeEach(async () => {
  organization = await enabledOrganization(log.store);
});
afterAll(() => log.close());

async function eventsOf(id: OrganizationId): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of log.store.readOrganization(id, 0n, await log.store.head())) {
    events.push(...page);
  }
  return events;
}

describe('a user', () => {
  it('is the same after POST, after PUT and after PATCH of the same attributes', async () => {
    const side = writeSide(log.store, organization);
    const attributes = attributesOf(userType);
    const property = fc.asyncProperty(attributes, attributes, async (before, after) => {
      const remove = Object.keys(before)
        .filter((name) => name !== 'userName')
        .map((path) => ({ op: 'remove', path }));
      const add = Object.entries(after).map(([path, value]) => ({ op: 'add', path, value }));
      const posted = await side.postUser(after);
      await side.deleteUser(posted.id);
      const { id } = await side.postUser(before);
      const put = await side.putUser(id, after);
      await side.putUser(id, before);
      const patched = await side.patchUser(id, ...remove, ...add);
      await side.deleteUser(id);
      expect(put.attributes).toEqual(posted.attributes);
      expect(patched.attributes).toEqual(posted.attributes);
    });
    await fc.assert(property, { numRuns: 20 });
  });

  const put = (side: Side, id: string) => side.putUser(id, { userName: 'ada', displayName: 'Ada' });
  const patch = (side: Side, id: string) =>
    side.patchUser(id, { op: 'replace', path: 'displayName', value: 'Ada' });

  it.each([
    { name: 'PUT', write: put },
    { name: 'PATCH', write: patch },
  ])('a $name that changes nothing appends nothing and keeps the version', async ({ write }) => {
    const side = writeSide(log.store, organization);
    const { id, version } = await side.postUser({ userName: 'ada', displayName: 'Ada' });
    const head = await log.store.head();
    expect(await write(side, id)).toMatchObject({ version, position: null });
    expect(await log.store.head()).toBe(head);
  });

  it('is deleted first and then leaves each of its groups', async () => {
    const gathered: StreamAppend[][] = [];
    const side = writeSide(observed(log.store, gathered), organization);
    const { id } = await side.postUser({ userName: 'ada' });
    const groups = await Promise.all(
      ['one', 'two'].map((displayName) =>
        side.postGroup({ displayName, members: [{ value: id }] }),
      ),
    );
    gathered.length = 0;
    await side.deleteUser(id);
    const appended = gathered.map(([only]) => [
      only!.stream.slice(-36),
      only!.events.map(({ event }) => event.type),
    ]);
    expect(appended[0]).toEqual([id, ['UserDeleted']]);
    expect(new Map(appended.slice(1) as [string, string[]][])).toEqual(
      new Map(groups.map((group) => [group.id, ['GroupMembersChanged']])),
    );
  });

  it.each([1, 2])(
    'is taken out of its groups by the reactor when its deletion died before append %i',
    async (died) => {
      const side = writeSide(log.store, organization);
      const { id } = await side.postUser({ userName: 'ada' });
      const groups = [
        await side.postGroup({ displayName: 'one', members: [{ value: id }] }),
        await side.postGroup({ displayName: 'two', members: [{ value: id }] }),
      ];
      const dying = sequential(log.store, dyingBefore(died));
      await expect(writeSide(dying, organization).deleteUser(id)).rejects.toThrow(ProcessDied);
      await expect(side.deleteUser(id)).rejects.toMatchObject({ reason: 'user-unknown' });
      const left = groups.map((group) => ({ organization, group: group.id, user: id }));
      await side.react(left);
      const head = await log.store.head();
      await side.react(left);
      expect(await log.store.head()).toBe(head);
      for (const { id: group } of groups) {
        const rename = { op: 'add', path: 'externalId', value: 'x' };
        expect([...(await side.patchGroup(group, rename)).members]).toEqual([]);
      }
    },
  );

  it('that is gone is refused as a member also where the group still holds it', async () => {
    const side = writeSide(log.store, organization);
    const { id } = await side.postUser({ userName: 'ada' });
    const members = [{ value: id }];
    const group = await side.postGroup({ displayName: 'one', members });
    const dying = sequential(log.store, dyingBefore(1));
    await expect(writeSide(dying, organization).deleteUser(id)).rejects.toThrow(ProcessDied);
    await expect(side.putGroup(group.id, { displayName: 'one', members })).rejects.toMatchObject({
      reason: 'member-unknown',
    });
  });

  it('cannot join a group after it was deleted', async () => {
    const side = writeSide(log.store, organization);
    const { id } = await side.postUser({ userName: 'ada' });
    await side.deleteUser(id);
    await expect(
      side.postGroup({ displayName: 'one', members: [{ value: id }] }),
    ).rejects.toMatchObject({ reason: 'member-unknown', details: { found: id } });
  });
});

describe('a group', () => {
  it.each([0, 1])(
    'and its team are both closed when its deletion died before append %i and was repeated',
    async (died) => {
      const side = writeSide(sequential(log.store), organization);
      const { id } = await side.postGroup({ displayName: 'one' });
      const dying = sequential(log.store, dyingBefore(died));
      await expect(writeSide(dying, organization).deleteGroup(id)).rejects.toThrow(ProcessDied);
      await side.deleteGroup(id);
      const types = (await eventsOf(organization)).map(({ event }) => event.type);
      expect(types.filter((type) => type === 'GroupDeleted')).toHaveLength(1);
      expect(types.filter((type) => type === 'TeamArchived')).toHaveLength(1);
    },
  );

  it.each([0, 1])(
    'has a team when its creation died before append %i and was repeated',
    async (died) => {
      const dying = sequential(log.store, dyingBefore(died));
      await expect(
        writeSide(dying, organization).postGroup({ displayName: 'one' }),
      ).rejects.toThrow(ProcessDied);
      const side = writeSide(sequential(log.store), organization);
      const { id } = await side.postGroup({ displayName: 'one' });
      await side.putGroup(id, { displayName: 'two' });
      expect(await teamsOf(log.store, organization)).toMatchObject([{ name: 'two', synced: true }]);
    },
  );

  it('and its team bear one name after a renaming that died half-way and was repeated', async () => {
    const side = writeSide(sequential(log.store), organization);
    const { id } = await side.postGroup({ displayName: 'one' });
    const dying = sequential(log.store, dyingBefore(2));
    await expect(
      writeSide(dying, organization).putGroup(id, { displayName: 'two' }),
    ).rejects.toThrow(ProcessDied);
    await side.putGroup(id, { displayName: 'two' });
    const renamed = (await eventsOf(organization)).flatMap(({ event }) =>
      event.type === 'GroupRenamed'
        ? [event.displayName]
        : event.type === 'TeamRenamed'
          ? [event.name]
          : [],
    );
    expect(renamed).toEqual(['two', 'two']);
  });

  it('gains every one of 40 members that two processes add at once', async () => {
    const [first, second] = [
      writeSide(log.store, organization),
      writeSide(log.store, organization),
    ];
    const { id } = await first.postGroup({ displayName: 'one' });
    const users = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => (await first.postUser({ userName: `u${i}` })).id),
    );
    await Promise.all(
      users.map((value, i) =>
        (i % 2 === 0 ? first : second).patchGroup(id, {
          op: 'add',
          path: 'members',
          value: [{ value }],
        }),
      ),
    );
    const { members } = await second.putGroup(id, {
      displayName: 'two',
      members: users.map((value) => ({ value })),
    });
    expect([...members].sort()).toEqual([...users].sort());
    const changes = (await eventsOf(organization)).flatMap(({ event }) =>
      event.type === 'GroupMembersChanged' ? event.added : [],
    );
    expect(changes.toSorted()).toEqual([...users].sort());
  });
});

describe('the times of one resource', () => {
  /** A clock that stands still, as it does within a millisecond. */
  const stopped: TimeAndIds = {
    ...systemTimeAndIds,
    now: (after = '') => {
      const now = '2026-11-22T12:00:00.000Z';
      return after < now ? now : new Date(Date.parse(after) + 1).toISOString();
    },
  };

  it('increase with every change, also where the clock does not', async () => {
    const side = writeSide(log.store, organization, stopped);
    const { id } = await side.postUser({ userName: 'ada' });
    const { id: group } = await side.postGroup({ displayName: 'one', members: [{ value: id }] });
    for (const value of ['a', 'b', 'c']) {
      await side.patchUser(id, { op: 'replace', path: 'title', value });
    }
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await side.patchGroup(group, { op: 'replace', path: 'externalId', value });
    }
    await side.deleteUser(id);
    await side.putGroup(group, { displayName: 'two' });
    await side.deleteGroup(group);
    for (const stream of [`user-${organization}-${id}`, `group-${organization}-${group}`]) {
      const recorded = await log.store.readStream(stream);
      const timeOf = new Map(
        recorded.map(({ metadata }) => [metadata.commandId, metadata.occurredAt]),
      );
      const times = [...timeOf.values()];
      expect(times).toEqual([...new Set(times)].sort());
    }
  });
});
