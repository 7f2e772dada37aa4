import fc from 'fast-check';
import type { GroupEvent, TeamEvent, UserEvent } from '../../src/domain/events.js';
import { group, type ExistingGroup, type GroupState } from '../../src/domain/group.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { team, type ExistingTeam, type TeamState } from '../../src/domain/team.js';
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
  const teams = new Map<string, TeamState>();
  const named = new Map<string, Pick<ShownGroup, 'createdAt' | 'modifiedAt'>>();
  for (const { stream, event, revision, position, metadata } of events) {
    const { occurredAt } = metadata;
    const recorded = { revision, position, occurredAt };
    if (stream.startsWith('user-')) {
      const state = users.get(stream) ?? user.initial;
      users.set(stream, user.evolve(state, event as UserEvent, recorded));
    } else if (stream.startsWith('group-')) {
      const state = groups.get(stream) ?? group.initial;
      groups.set(stream, group.evolve(state, event as GroupEvent, recorded));
    } else if (stream.startsWith('team-')) {
      const state = teams.get(stream) ?? team.initial;
      teams.set(stream, team.evolve(state, event as TeamEvent, recorded));
      if (event.type === 'TeamCreated') {
        named.set(event.teamId, { createdAt: occurredAt, modifiedAt: occurredAt });
      } else if (event.type === 'TeamRenamed') {
        named.set(event.teamId, { ...named.get(event.teamId)!, modifiedAt: occurredAt });
      }
    }
  }
  const present = [...users.values()].filter((state) => state.status === 'provisioned');
  const existing = [...groups.values()].filter((state) => state.status === 'existing');
  return {
    users: present.map((state) => expectedUser(state, existing)).sort(byId),
    groups: [
      ...existing.map((state) => expectedGroup(state, present)),
      ...externalTeams([...teams.values()], existing).map((state) =>
        expectedExternalGroup(state, named.get(state.teamId)!),
      ),
    ].sort(byId),
  };
}

/** Teams that are to be found as groups: nothing feeds them but the group that they are about to be. */
function externalTeams(
  teams: readonly TeamState[],
  groups: readonly ExistingGroup[],
): readonly ExistingTeam[] {
  const taken = new Set<string>(groups.map(({ groupId }) => groupId));
  return teams
    .filter((state) => state.status === 'existing')
    .filter(({ teamId, archived }) => !archived && !taken.has(teamId))
    .filter(({ teamId, groups: feeders }) => feeders.every((id) => id.toString() === teamId));
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

interface ShownGroup {
  readonly id: string;
  readonly external: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly attributes: object;
  readonly members: readonly string[];
}

function expectedExternalGroup(
  { teamId: id, name, version }: ExistingTeam,
  times: Pick<ShownGroup, 'createdAt' | 'modifiedAt'>,
): ShownGroup {
  return { id, external: true, version, ...times, attributes: { displayName: name }, members: [] };
}

function expectedGroup(state: ExistingGroup, users: readonly ProvisionedUser[]): ShownGroup {
  const { groupId: id, version, createdAt, modifiedAt, displayName, externalId, members } = state;
  return {
    id,
    external: false,
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
