import type { OrganizationId, TeamId, UserId } from '../../src/domain/identifiers.js';
import { organizationStream } from '../../src/commands/streams.js';
import { organization as organizationDecider } from '../../src/domain/organization.js';
import type { EventStore, StreamAppend } from '../../src/event-store/event-store.js';
import {
  groupOf,
  postUsers,
  setPolicies,
  signIn,
  teamOf,
  teamsOf,
  typesOf,
  valuesOf,
} from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
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
let side: Side;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

/** Team Sync is on: its first era. */
async function begin(on: (store: EventStore) => EventStore = (store) => store): Promise<void> {
  organization = await enabledOrganization(log.store, undefined, { teamSync: 'off' });
  await setPolicies(log.store, organization, { teamSync: 'sign-in', groupMapping: 'strict' });
  side = writeSide(on(log.store), organization);
}

/** Who is in a team: by hand, by groups, and by sign-ins of the present era. */
async function membersOf(id: TeamId): Promise<readonly UserId[]> {
  const { state } = await side.model.load(organizationDecider, organizationStream(organization));
  const era = state.status === 'existing' ? state.teamSync.era : null;
  const users = await new StreamLookup(log.store).users(organization);
  const bySignIn = users.filter(
    ({ signInTeams }) => signInTeams?.era === era && signInTeams?.teams.includes(id),
  );
  const { members } = (await teamOf(log.store, organization, id))!;
  return [...new Set([...members, ...bySignIn.map(({ userId }) => userId)])].sort();
}

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

describe('mappings', () => {
  it('name teams that exist', async () => {
    await begin();
    const { id } = await side.createTeam('Ours');
    const mappings = [{ externalGroup: 'x', teamId: id }];
    expect(await side.mapTeamSync(mappings)).not.toBeNull();
    expect(await side.mapTeamSync(mappings)).toBeNull();
    await side.deleteTeam(id);
    const unknown = { reason: 'team-unknown' };
    for (const teamId of [id, 'nothing' as TeamId]) {
      const wrong = [{ externalGroup: 'y', teamId }];
      await expect(side.mapTeamSync(wrong)).rejects.toMatchObject(unknown);
    }
  });
});

describe('a plan', () => {
  it('matches groups by externalId, else by displayName, and changes nothing', async () => {
    await begin();
    const teams = [
      await side.createTeam('A'),
      await side.createTeam('B'),
      await side.createTeam('C'),
    ];
    const [a, b, c] = teams.map(({ id }) => id);
    await side.mapTeamSync([
      { externalGroup: 'x', teamId: a! },
      { externalGroup: 'Named', teamId: b! },
      { externalGroup: 'missing', teamId: c! },
    ]);
    const identified = await side.postGroup({ displayName: 'Identified', externalId: 'x' });
    const named = await side.postGroup({ displayName: 'Named' });
    await side.postGroup({ displayName: 'x' });
    const head = await log.store.head();
    expect(await side.planMigration()).toEqual([
      { externalGroup: 'x', teamId: a, groupId: identified.id, matchedBy: 'externalId' },
      { externalGroup: 'Named', teamId: b, groupId: named.id, matchedBy: 'displayName' },
      { externalGroup: 'missing', teamId: c, groupId: null, matchedBy: null },
    ]);
    expect(await log.store.head()).toBe(head);
  });

  it.each(['two groups of one externalId', 'a second team', 'an archived team'])(
    'guesses nothing about %s',
    async (what) => {
      await begin();
      const [first, second] = [await side.createTeam('A'), await side.createTeam('B')];
      const mappings = [{ externalGroup: 'x', teamId: first.id }];
      if (what === 'a second team') mappings.push({ externalGroup: 'x', teamId: second.id });
      await side.mapTeamSync(mappings);
      const { id } = await side.postGroup({ displayName: 'one', externalId: 'x' });
      if (what.startsWith('two')) await side.postGroup({ displayName: 'two', externalId: 'x' });
      if (what === 'an archived team') await side.editTeam(first.id, { archived: true });
      const planned = (await side.planMigration()).map(({ groupId }) => groupId);
      expect(planned).toEqual(what === 'a second team' ? [id, null] : [null]);
    },
  );

  it('leaves out a team that was deleted since', async () => {
    await begin();
    const { id } = await side.createTeam('A');
    await side.mapTeamSync([{ externalGroup: 'x', teamId: id }]);
    await side.deleteTeam(id);
    expect(await side.planMigration()).toEqual([]);
  });
});

describe.each(stores)('a migration in $name', ({ on }) => {
  /** Two groups for one team, one for another; by sign-in and by hand others are in them. */
  async function mapped() {
    await begin(on);
    const [ada, bob, eve, kim] = await postUsers(side, 4);
    const [a, b] = [(await side.createTeam('A')).id, (await side.createTeam('B')).id];
    await side.addTeamMember(a, kim!);
    await signIn(side, organization, bob!, [a, b], 1);
    const post = async (displayName: string, members: readonly UserId[]) =>
      (await side.postGroup({ displayName, members: valuesOf(members) })).id;
    const groups = [await post('x', [ada!]), await post('y', [eve!]), await post('z', [eve!])];
    await side.mapTeamSync([
      { externalGroup: 'x', teamId: a },
      { externalGroup: 'y', teamId: a },
      { externalGroup: 'z', teamId: b },
    ]);
    return { a, b, groups, ada: ada!, bob: bob!, eve: eve!, kim: kim! };
  }
  const state = async (a: TeamId, b: TeamId) => ({
    teams: await teamsOf(log.store, organization),
    members: [await membersOf(a), await membersOf(b)],
  });

  it('puts the groups in the place of the claims, and keeps who is in by hand', async () => {
    const { a, b, ada, eve, kim } = await mapped();
    await side.migrate();
    expect(await membersOf(a)).toEqual([ada, eve, kim].sort());
    expect(await membersOf(b)).toEqual([eve]);
    expect((await typesOf(log.store, organization)).filter((t) => t === 'TeamSynced')).toHaveLength(
      3,
    );
  });

  it('leaves everything as it was when it is rolled back, and can be made again', async () => {
    const { a, b, groups } = await mapped();
    const [kept] = groups;
    const before = await state(a, b);
    await side.migrate();
    const migrated = await state(a, b);
    await side.rollBack();
    expect(await state(a, b)).toEqual(before);
    expect(await groupOf(log.store, organization, kept!)).toMatchObject({
      teamId: null,
      keptApart: false,
    });
    await side.migrate();
    expect(await state(a, b)).toEqual(migrated);
  });

  it('leaves links alone that stood before it when it is rolled back', async () => {
    organization = await enabledOrganization(log.store, undefined, { groupMapping: 'create' });
    side = writeSide(on(log.store), organization);
    const { id } = await side.postGroup({ displayName: 'x' });
    const [made] = await teamsOf(log.store, organization);
    const teamId = made!.id;
    await setPolicies(log.store, organization, { teamSync: 'off' });
    await setPolicies(log.store, organization, { teamSync: 'sign-in' });
    side = writeSide(on(log.store), organization);
    await side.mapTeamSync([{ externalGroup: 'x', teamId }]);
    expect((await side.migrate()).links).toMatchObject([{ groupId: id, teamId }]);
    await side.rollBack();
    expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId });
  });

  it('keeps apart again what was kept apart before, when it is rolled back', async () => {
    organization = await enabledOrganization(log.store, undefined, { groupMapping: 'create' });
    side = writeSide(on(log.store), organization);
    const { id } = await side.postGroup({ displayName: 'x' });
    await side.unlinkGroup(id);
    const { id: teamId } = await side.createTeam('Ours');
    await setPolicies(log.store, organization, { teamSync: 'off' });
    await setPolicies(log.store, organization, { teamSync: 'sign-in' });
    side = writeSide(on(log.store), organization);
    await side.mapTeamSync([{ externalGroup: 'x', teamId }]);
    await side.migrate();
    expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId });
    await side.rollBack();
    expect(await groupOf(log.store, organization, id)).toMatchObject({
      teamId: null,
      keptApart: true,
    });
  });

  it('is refused where Team Sync is not on, and its undoing where there was none', async () => {
    await mapped();
    await expect(side.rollBack()).rejects.toMatchObject({ reason: 'migration-unavailable' });
    await side.migrate();
    await expect(side.migrate()).rejects.toMatchObject({ reason: 'migration-unavailable' });
    await side.rollBack();
    await expect(side.rollBack()).rejects.toMatchObject({ reason: 'migration-unavailable' });
  });

  it('is followed by new links under the policies of groups', async () => {
    const { a } = await mapped();
    await side.migrate();
    side = writeSide(on(log.store), organization);
    const [user] = await new StreamLookup(log.store).users(organization);
    const groups = await new StreamLookup(log.store).groups(organization);
    const { groupId } = groups.find(({ displayName }) => displayName === 'x')!;
    await side.putGroup(groupId, { displayName: 'x', members: valuesOf([user!.userId]) });
    expect((await teamOf(log.store, organization, a))!.members).toContain(user!.userId);
  });
});

describe('a migration', () => {
  async function mappedPair(): Promise<readonly TeamId[]> {
    await begin();
    const teams = [(await side.createTeam('A')).id, (await side.createTeam('B')).id];
    await side.postGroup({ displayName: 'x' });
    await side.postGroup({ displayName: 'y' });
    await side.mapTeamSync([
      { externalGroup: 'x', teamId: teams[0]! },
      { externalGroup: 'y', teamId: teams[1]! },
    ]);
    return teams;
  }

  it('and its undoing are one append each where the store can', async () => {
    await mappedPair();
    const gathered: StreamAppend[][] = [];
    const other = writeSide(observed(log.store, gathered), organization);
    await other.migrate();
    await other.rollBack();
    expect(gathered.map((appends) => appends.length)).toEqual([5, 5]);
  });

  const deaths = ['create', 'ask', 'strict'].flatMap((groupMapping) =>
    [1, 2, 3, 4].map((died) => ({ groupMapping, died })),
  );
  it.each(deaths)(
    'that died before append $died under $groupMapping is completed by the reactor',
    async ({ groupMapping, died }) => {
      const teams = await mappedPair();
      await setPolicies(log.store, organization, { groupMapping });
      const dying = writeSide(sequential(log.store, dyingBefore(died)), organization);
      await expect(dying.migrate()).rejects.toThrow(ProcessDied);
      await writeSide(sequential(log.store), organization).react();
      const synced = (await new StreamLookup(log.store).groups(organization)).map(
        ({ teamId }) => teamId,
      );
      expect(synced).toEqual(teams);
      expect(await new StreamLookup(log.store).teams(organization)).toHaveLength(2);
    },
  );

  it.each([0, 1, 2, 3, 4])(
    'whose undoing died before append %i is undone by repeating it',
    async (died) => {
      await mappedPair();
      await side.migrate();
      const dying = writeSide(sequential(log.store, dyingBefore(died)), organization);
      await expect(dying.rollBack()).rejects.toThrow(ProcessDied);
      await writeSide(sequential(log.store), organization).rollBack();
      expect((await teamsOf(log.store, organization)).map(({ synced }) => synced)).toEqual([
        false,
        false,
      ]);
    },
  );
});
