import fc from 'fast-check';
import type { GroupEvent, UserEvent } from '../../src/domain/events.js';
import { group, type ExistingGroup, type GroupState } from '../../src/domain/group.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { user, type ProvisionedUser, type UserState } from '../../src/domain/user.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { DirectoryQueries } from '../../src/projections/directory/directory.queries.js';
import { factsOf, steps } from './history-of-organizations.js';
import { batches, openReadSide, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_1';
const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 10 });
const all = { startIndex: 1, count: 1_000 };

/** What the organization's directory has followed of the log: all of it, or up to the last SyncDisabled. */
function followed(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const lastSwitch = events.findLast(
    ({ event }) => event.type === 'SyncEnabled' || event.type === 'SyncDisabled',
  );
  if (!lastSwitch) return [];
  return lastSwitch.event.type === 'SyncEnabled'
    ? events
    : events.filter(({ position }) => position <= lastSwitch.position);
}

/** The directory as the deciders' own folds see it. */
function expectedDirectory(events: readonly RecordedEvent[]) {
  const users = new Map<string, UserState>();
  const groups = new Map<string, GroupState>();
  for (const { stream, event, revision, metadata } of events) {
    const recorded = { revision, occurredAt: metadata.occurredAt };
    if (stream.startsWith('user-')) {
      const state = users.get(stream) ?? user.initial;
      users.set(stream, user.evolve(state, event as UserEvent, recorded));
    } else if (stream.startsWith('group-')) {
      const state = groups.get(stream) ?? group.initial;
      groups.set(stream, group.evolve(state, event as GroupEvent, recorded));
    }
  }
  const present = [...users.values()].filter((state) => state.status === 'provisioned');
  const existing = [...groups.values()].filter((state) => state.status === 'existing');
  return {
    users: present.map((state) => expectedUser(state, existing)).sort(byId),
    groups: existing.map((state) => expectedGroup(state, present)).sort(byId),
  };
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : 1;

function expectedUser(state: ProvisionedUser, groups: readonly ExistingGroup[]) {
  const { userId: id, version, createdAt, modifiedAt, userName, active, profile } = state;
  return {
    id,
    version,
    createdAt,
    modifiedAt,
    attributes: { userName, active, ...profile },
    groups: groups
      .filter(({ members }) => members.has(id))
      .map(({ groupId: value, displayName: display }) => ({ value, display }))
      .sort((a, b) => (a.value < b.value ? -1 : 1)),
  };
}

function expectedGroup(state: ExistingGroup, users: readonly ProvisionedUser[]) {
  const { groupId: id, version, createdAt, modifiedAt, displayName, externalId, members } = state;
  return {
    id,
    version,
    createdAt,
    modifiedAt,
    attributes: { displayName, ...(externalId !== null && { externalId }) },
    members: users
      .map(({ userId }) => userId)
      .filter((member) => members.has(member))
      .sort(),
  };
}

describe('the directory of an organization', () => {
  let readSide: ReadSide;
  let projection: DirectoryProjection;
  let queries: DirectoryQueries;
  let runs = 0;

  beforeAll(async () => {
    readSide = await openReadSide();
    projection = new DirectoryProjection(readSide.store);
    queries = new DirectoryQueries(readSide.pool, SCHEMA);
    await readSide.createTables(projection, SCHEMA);
  });
  afterAll(() => readSide.close());

  async function directoryOf(organization: OrganizationId) {
    const users = await queries.users(organization, all);
    const groups = await queries.groups(organization, all, true);
    return {
      totals: [users.total, groups.total],
      users: users.resources
        .map((each) => ({ ...each, groups: [...each.groups].sort(byValue) }))
        .sort(byId),
      groups: [...groups.resources].sort(byId),
    };
  }

  it('follows the log while SCIM is on, and stays as it is from SyncDisabled to SyncEnabled', async () => {
    const property = fc.asyncProperty(steps, cuts, async (history, places) => {
      const events = await readSide.record(factsOf(history, ++runs));
      for (const batch of batches(events, places)) {
        await readSide.apply(projection, SCHEMA, batch);
      }
      for (const organization of organizationsOf(events)) {
        const own = events.filter(({ metadata }) => metadata.organization === organization);
        const { users, groups } = expectedDirectory(followed(own));
        expect(await directoryOf(organization)).toEqual({
          totals: [users.length, groups.length],
          users,
          groups,
        });
      }
    });
    await fc.assert(property, { numRuns: 15 });
  });
});

const byValue = (a: { readonly value: string }, b: { readonly value: string }): number =>
  a.value < b.value ? -1 : 1;

const organizationsOf = (events: readonly RecordedEvent[]): ReadonlySet<OrganizationId> =>
  new Set(events.flatMap(({ metadata }) => metadata.organization ?? []));
