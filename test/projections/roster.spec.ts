import type { OrganizationId } from '../../src/domain/identifiers.js';
import { OverrideQueries } from '../../src/projections/roster/overrides.queries.js';
import { RosterQueries } from '../../src/projections/roster/roster.queries.js';
import { SettingsQueries } from '../../src/projections/roster/settings.queries.js';
import type { Fact } from './read-side.js';
import {
  ada,
  bob,
  builders,
  cleo,
  designers,
  engineers,
  painters,
  openRoster,
  tell,
  type RosterSide,
} from './roster-side.js';

let roster: RosterSide;
let queries: RosterQueries;
beforeAll(async () => {
  roster = await openRoster();
  queries = new RosterQueries(roster.pool, roster.schema);
});
afterAll(() => roster.close());

const happens: RosterSide['happens'] = (...facts) => roster.happens(...facts);

const everybody = { after: '0', limit: 100 };

describe('a user of the roster', () => {
  it.each([
    ['sign-in', false],
    ['manual', false],
    ['api', false],
  ] as const)('who came by %s is of that origin and not synced', async (origin, synced) => {
    const s = tell();
    await happens(s.created, s.registered(ada, 'ada', origin));
    const user = await queries.user(s.organization, ada);
    expect(user).toMatchObject({ origin, synced, status: 'active' });
  });

  it('is synced once the identity provider adopts it, and keeps its origin', async () => {
    const s = tell();
    const adopted = s.user(ada, { type: 'UserAdopted', matchedBy: 'userName' });
    await happens(s.created, s.registered(ada, 'ada', 'sign-in'), adopted);
    const user = await queries.user(s.organization, ada);
    expect(user).toMatchObject({ origin: 'sign-in', synced: true });
  });

  it('is synced when all were adopted at once after it came, not when it came later', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.registered(ada, 'ada'), s.about({ type: 'DirectoryAdopted' })],
      s.registered(bob, 'bob'),
    );
    const { users, counts } = await queries.users(s.organization, everybody);
    expect(users).toMatchObject([
      { id: ada, synced: true },
      { id: bob, synced: false },
    ]);
    expect(counts).toEqual({ synced: 1, unsynced: 1 });
  });

  it('is disabled by a deactivation, removed by leaving, and active again by a reactivation', async () => {
    const s = tell();
    const statusAfter = async (...facts: readonly Fact[]) => {
      await happens(...facts);
      return (await queries.user(s.organization, ada))?.status;
    };
    const change = (type: 'UserDeactivated' | 'UserLeftOrganization' | 'UserReactivated') =>
      statusAfter(s.user(ada, { type }));
    await happens(s.created, s.provisioned(ada, 'ada'));
    expect(await change('UserDeactivated')).toBe('disabled');
    expect(await change('UserLeftOrganization')).toBe('removed');
    expect(await change('UserReactivated')).toBe('active');
  });

  it('names its deleted predecessor', async () => {
    const s = tell();
    const succeeded = s.user(bob, { type: 'UserSucceeded', predecessorId: ada });
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.user(ada, { type: 'UserDeleted' })],
      ...[s.provisioned(bob, 'ada'), succeeded],
    );
    expect(await queries.user(s.organization, bob)).toMatchObject({ predecessorId: ada });
    expect(await queries.user(s.organization, ada)).toMatchObject({
      status: 'removed',
      predecessorId: null,
    });
  });

  it('is listed with what was changed by hand until the identity provider states it', async () => {
    const s = tell();
    const attributes = ['displayName', 'name'];
    await happens(
      ...[s.created, s.provisioned(ada, 'ada')],
      s.user(ada, { type: 'UserOverridden', attributes }),
    );
    expect(await queries.user(s.organization, ada)).toMatchObject({ overrides: attributes });
    await happens(s.user(ada, { type: 'UserOverridesReplaced', attributes: ['displayName'] }));
    expect(await queries.user(s.organization, ada)).toMatchObject({ overrides: ['name'] });
  });
});

describe('a list of users', () => {
  it('counts the synced and the unsynced among those whom the other filters let through', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.registered(cleo, 'cleo'), s.user(bob, { type: 'UserDeactivated' })],
    );
    const all = await queries.users(s.organization, everybody);
    expect(all).toMatchObject({ total: 3, counts: { synced: 2, unsynced: 1 } });
    const unsynced = await queries.users(s.organization, { ...everybody, synced: false });
    expect(unsynced).toMatchObject({
      users: [{ id: cleo }],
      total: 1,
      counts: { synced: 2, unsynced: 1 },
    });
    const disabled = await queries.users(s.organization, { ...everybody, status: 'disabled' });
    expect(disabled).toMatchObject({ total: 1, counts: { synced: 1, unsynced: 0 } });
  });

  it('leaves out who left the organization, unless it asks for them', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[
        s.user(ada, { type: 'UserDeactivated' }),
        s.user(ada, { type: 'UserLeftOrganization' }),
        s.user(bob, { type: 'UserDeleted' }),
      ],
    );
    expect(await queries.users(s.organization, everybody)).toMatchObject({ users: [], total: 0 });
    const removed = await queries.users(s.organization, { ...everybody, status: 'removed' });
    expect(removed.users.map(({ id }) => id)).toEqual([ada, bob]);
  });
});

describe('a membership', () => {
  it('stands while one of its grants does, and names them all', async () => {
    const s = tell();
    const grants = async () => (await queries.user(s.organization, ada))?.teams;
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.grouped(engineers, 'Engineers', ada)],
      ...[s.teamed(builders, 'Builders'), s.linked(engineers, builders)],
      s.granted(builders, true, ada),
    );
    expect(await grants()).toEqual([
      { id: builders, name: 'Builders', grants: ['scim', 'manual'] },
    ]);
    await happens(s.group(engineers, { type: 'GroupMembersChanged', added: [], removed: [ada] }));
    expect(await grants()).toMatchObject([{ grants: ['manual'] }]);
    await happens(s.team(builders, { type: 'TeamMembersRemoved', users: [ada] }));
    expect(await grants()).toEqual([]);
  });

  it('counts by the source that teamSync turns on, and again when it is on again', async () => {
    const s = tell();
    const grants = async () => (await queries.member(s.organization, builders, ada))?.grants;
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.grouped(engineers, 'Engineers', ada)],
      ...[s.teamed(builders, 'Builders'), s.linked(engineers, builders)],
      ...[s.granted(builders, true, ada), s.signIns(1), s.signedIn(ada, 1, builders)],
    );
    expect(await grants()).toEqual(['manual', 'sign-in']);
    await happens(s.policy('teamSync', 'off'));
    expect(await grants()).toEqual(['manual']);
    await happens(s.policy('teamSync', 'scim'));
    expect(await grants()).toEqual(['scim', 'manual']);
  });

  it('by one of two groups that feed the team stands when the other ends', async () => {
    const s = tell();
    const leave = (from: typeof engineers) =>
      s.group(from, { type: 'GroupMembersChanged', added: [], removed: [ada] });
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers', ada), s.grouped(designers, 'Designers', ada)],
      ...[s.linked(engineers, builders), s.linked(designers, builders), [leave(engineers)]],
    );
    expect(await queries.team(s.organization, builders)).toMatchObject({ memberCount: 1 });
    await happens(leave(designers));
    expect(await queries.team(s.organization, builders)).toMatchObject({ memberCount: 0 });
  });

  it('by sign-in counts only in the era of Team Sync that is current', async () => {
    const s = tell();
    const memberCount = async () => (await queries.team(s.organization, builders))?.memberCount;
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.teamed(builders, 'Builders'), s.signedIn(ada, 1, builders)],
    );
    expect(await memberCount()).toBe(1);
    await happens(s.about({ type: 'TeamSyncMigrated', links: [] }));
    expect(await memberCount()).toBe(0);
    await happens(s.about({ type: 'TeamSyncMigrationRolledBack', links: [], era: 1 }));
    expect(await memberCount()).toBe(1);
    await happens(s.about({ type: 'TeamSyncStarted', era: 2 }));
    expect(await memberCount()).toBe(0);
  });

  it('that an exclusion ends for a group stands again when the last group releases the team', async () => {
    const s = tell();
    const grants = async () => (await queries.member(s.organization, builders, ada))?.grants;
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers', ada), s.linked(engineers, builders)],
      s.team(builders, { type: 'TeamMembersExcluded', users: [ada] }),
    );
    expect(await grants()).toBeUndefined();
    await happens(
      s.team(builders, { type: 'TeamSynced', groupId: designers }),
      s.team(builders, { type: 'TeamReleased', groupId: designers }),
    );
    expect(await grants()).toBeUndefined();
    await happens(
      s.team(builders, { type: 'TeamReleased', groupId: engineers }),
      s.team(builders, { type: 'TeamSynced', groupId: engineers }),
    );
    expect(await grants()).toEqual(['scim']);
  });

  it.each(['TeamArchived', 'TeamDeleted'] as const)('is none after %s', async (type) => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.granted(builders, false, ada), s.team(builders, { type })],
    );
    expect(await queries.user(s.organization, ada)).toMatchObject({ teams: [] });
    expect(await queries.members(s.organization, builders, '0', 10)).toEqual([]);
  });

  it('comes back when the team is restored', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.granted(builders, false, ada), s.team(builders, { type: 'TeamArchived' })],
      s.team(builders, { type: 'TeamRestored' }),
    );
    expect(await queries.team(s.organization, builders)).toMatchObject({
      archived: false,
      memberCount: 1,
    });
  });

  it('of somebody disabled is shown, of somebody who left is not, and returns with them', async () => {
    const s = tell();
    const members = () => queries.members(s.organization, builders, '0', 10);
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers', ada), s.linked(engineers, builders)],
      s.user(ada, { type: 'UserDeactivated' }),
    );
    expect(await members()).toMatchObject([{ id: ada, status: 'disabled' }]);
    await happens(s.user(ada, { type: 'UserLeftOrganization' }));
    expect(await members()).toEqual([]);
    expect(await queries.team(s.organization, builders)).toMatchObject({ memberCount: 0 });
    await happens(s.user(ada, { type: 'UserReactivated' }));
    expect(await members()).toMatchObject([{ id: ada, status: 'active' }]);
  });

  it('of another organization is not told', async () => {
    const [s, other] = [tell(), tell()];
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[other.created, other.provisioned(ada, 'ada'), other.teamed(builders, 'Builders')],
      other.granted(builders, false, ada),
    );
    expect(await queries.member(s.organization, builders, ada)).toBeUndefined();
    expect(await queries.user(s.organization, ada)).toMatchObject({ teams: [] });
  });
});

describe('a team of the roster', () => {
  it('is synced while a group feeds it', async () => {
    const s = tell();
    const released = s.team(builders, { type: 'TeamReleased', groupId: engineers });
    await happens(
      ...[s.created, s.teamed(builders, 'Builders'), s.grouped(engineers, 'Engineers')],
      s.linked(engineers, builders),
    );
    expect(await queries.team(s.organization, builders)).toMatchObject({
      synced: true,
      groups: [{ id: engineers, displayName: 'Engineers' }],
    });
    const unlinked = s.group(engineers, {
      type: 'GroupUnlinked',
      teamId: builders,
      byChoice: true,
    });
    await happens(unlinked, released);
    expect(await queries.team(s.organization, builders)).toMatchObject({
      synced: false,
      groups: [],
    });
  });

  it.each([
    ['its name was', { type: 'TeamNameOverridden' }],
    ['a member was added', { type: 'TeamMembersAdded', users: [ada], override: true }],
    ['a member was taken out', { type: 'TeamMembersExcluded', users: [ada] }],
  ] as const)('is overridden while %s by hand', async (_, event) => {
    const s = tell();
    const overridden = async () => (await queries.team(s.organization, builders))?.overridden;
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers'), s.linked(engineers, builders)],
    );
    expect(await overridden()).toBe(false);
    await happens(s.team(builders, event));
    expect(await overridden()).toBe(true);
    const [dropped, readmitted, name] = [[ada], [ada], true] as const;
    await happens(
      s.team(builders, {
        type: 'TeamOverridesReplaced',
        groupId: engineers,
        dropped,
        readmitted,
        name,
      }),
    );
    expect(await overridden()).toBe(false);
  });

  it('that is deleted is no team any more', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.teamed(builders, 'Builders'), s.teamed(painters, 'Painters')],
      s.team(builders, { type: 'TeamDeleted' }),
    );
    expect(await queries.team(s.organization, builders)).toBeUndefined();
    expect(await queries.teams(s.organization, '0', 10)).toMatchObject({
      teams: [{ id: painters }],
      total: 1,
    });
  });

  it('marks the members who were added although a group feeds it', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Builders'), s.granted(builders, false, ada)],
      ...[s.grouped(engineers, 'Engineers'), s.linked(engineers, builders)],
      s.granted(builders, true, bob),
    );
    expect(await queries.members(s.organization, builders, '0', 10)).toMatchObject([
      { id: ada, grants: ['manual'], override: false },
      { id: bob, grants: ['manual'], override: true },
    ]);
  });
});

describe('what a user is given', () => {
  const rules = (gift: 'role' | 'license') => [
    { groupId: engineers, group: 'Once Engineers', [gift]: 'first' },
    { groupId: null, group: 'Designers', [gift]: 'second' },
  ];
  /** Ada is in both groups, bob in the second, cleo in none. */
  async function organizationWith(policies: Readonly<Record<string, unknown>>) {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.provisioned(cleo, 'cleo'), s.grouped(designers, 'Designers', ada, bob)],
      ...[s.grouped(engineers, 'Engineers', ada)],
      ...Object.entries(policies).map(([name, value]) => s.policy(name, value as never)),
    );
    const told = async () => (await queries.users(s.organization, everybody)).users;
    return { ...s, told };
  }

  it('is the license of the first rule whose group it is in, else the default, shown as such', async () => {
    const { told } = await organizationWith({
      licenseRules: rules('license'),
      defaultLicense: 'viewer',
    });
    expect(await told()).toMatchObject([
      { license: 'first', defaults: { role: 'member' } },
      { license: 'second', defaults: { role: 'member' } },
      { license: 'viewer', defaults: { role: 'member', license: 'viewer' } },
    ]);
  });

  it('is no license without a rule and a default', async () => {
    const { told } = await organizationWith({});
    expect((await told()).map(({ license, defaults }) => ({ license, defaults }))).toEqual(
      [ada, bob, cleo].map(() => ({ license: null, defaults: { role: 'member' } })),
    );
  });

  it('follows the group to which a rule is bound, and the name of one that is not', async () => {
    const s = await organizationWith({ licenseRules: rules('license') });
    const rename = (group: typeof engineers, displayName: string) =>
      s.group(group, { type: 'GroupRenamed', displayName, claimId: null });
    await happens(rename(engineers, 'Builders'), rename(designers, 'Painters'));
    expect((await s.told()).map(({ license }) => license)).toEqual(['first', null, null]);
  });

  it('is nothing once the user left the organization', async () => {
    const s = await organizationWith({
      licenseRules: rules('license'),
      defaultLicense: 'viewer',
    });
    await happens(
      s.user(ada, { type: 'UserDeactivated' }),
      s.user(ada, { type: 'UserLeftOrganization' }),
    );
    const user = await queries.user(s.organization, ada);
    expect(user).toMatchObject({ license: null, teams: [] });
    expect(user?.defaults).not.toHaveProperty('license');
  });

  it.each([
    ['groups', ['first', 'second', 'member']],
    ['sign-in', ['member', 'member', 'member']],
    ['none', ['member', 'member', 'member']],
  ])('under roleSource %s are the roles %j', async (roleSource, roles) => {
    const { told } = await organizationWith({ roleSource, roleRules: rules('role') });
    expect((await told()).map(({ role }) => role)).toEqual(roles);
  });

  it.each([
    ['Owner', 'groups', 'Owner'],
    ['admin', 'groups', 'admin'],
    ['editor', 'groups', 'first'],
    ['editor', 'sign-in', 'editor'],
    ['editor', 'none', 'editor'],
  ])('with the stored role %s under roleSource %s is the role %s', async (role, source, shown) => {
    const s = await organizationWith({ roleSource: source, roleRules: rules('role') });
    await happens(s.user(ada, { type: 'UserRoleChanged', role, source: 'manual' }));
    const user = await queries.user(s.organization, ada);
    expect(user?.role).toBe(shown);
    expect(user?.defaults).not.toHaveProperty('role');
  });

  it('is the default locale where it has none of its own', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.policy('defaultLocale', 'de-DE'), s.provisioned(ada, 'ada')],
      s.provisioned(bob, 'bob', { locale: 'fr' }),
    );
    const { users } = await queries.users(s.organization, everybody);
    expect(users.map(({ defaults }) => defaults)).toEqual([
      { role: 'member', locale: 'de-DE' },
      { role: 'member' },
    ]);
  });
});

describe('the drift report', () => {
  const overrides = (organization: OrganizationId) =>
    new OverrideQueries(roster.pool, roster.schema).overrides(organization);

  it('lists attributes, names and memberships that were changed by hand, the latest first', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Builders'), s.grouped(engineers, 'Engineers', bob)],
      ...[s.linked(engineers, builders)],
      s.user(ada, { type: 'UserOverridden', attributes: ['displayName'] }),
      s.team(builders, { type: 'TeamNameOverridden' }),
      s.granted(builders, true, ada),
      s.team(builders, { type: 'TeamMembersExcluded', users: [bob] }),
    );
    const [team, made] = [
      { id: builders, name: 'Builders' },
      { actor: 'system', at: expect.stringMatching(/Z$/) as string },
    ];
    expect(await overrides(s.organization)).toEqual({
      total: 4,
      items: [
        {
          kind: 'membership',
          change: 'removed',
          user: { id: bob, userName: 'bob' },
          team,
          ...made,
        },
        { kind: 'membership', change: 'added', user: { id: ada, userName: 'ada' }, team, ...made },
        { kind: 'team', attribute: 'name', team, ...made },
        { kind: 'user', attribute: 'displayName', user: { id: ada, userName: 'ada' }, ...made },
      ],
    });
  });

  it('lists nothing of a team that no group feeds, nor of a deleted user', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Builders'), s.grouped(engineers, 'Engineers')],
      ...[s.linked(engineers, builders), [s.granted(builders, true, bob)]],
      s.team(builders, { type: 'TeamReleased', groupId: engineers }),
      s.user(ada, { type: 'UserOverridden', attributes: ['displayName'] }),
      s.user(ada, { type: 'UserDeleted' }),
    );
    expect(await overrides(s.organization)).toEqual({ items: [], total: 0 });
  });
});

describe('the settings of an organization', () => {
  const settings = (organization: OrganizationId) =>
    new SettingsQueries(roster.pool, roster.schema).settings(organization);

  it('tell whether removals wait for an administrator', async () => {
    const s = tell();
    await happens(s.created, s.safeguard({ type: 'RemovalsPaused', removed: 3, users: 10 }));
    expect((await settings(s.organization)).paused).toEqual({
      since: expect.stringMatching(/Z$/) as string,
      removed: 3,
      users: 10,
    });
    await happens(s.safeguard({ type: 'RemovalsResumed' }));
    expect((await settings(s.organization)).paused).toBeNull();
  });

  it('are policies with their defaults, whether SCIM is on, and the state of Team Sync', async () => {
    const s = tell();
    const mappings = [{ externalGroup: 'eng', teamId: builders }];
    const links = [{ groupId: engineers, teamId: builders }];
    await happens(
      ...[s.created, s.policy('groupMapping', 'ask'), s.about({ type: 'SyncEnabled' })],
      s.about({ type: 'TeamSyncMapped', mappings }),
      s.about({ type: 'TeamSyncStarted', era: 1 }),
    );
    const before = await settings(s.organization);
    expect(before).toMatchObject({ syncEnabled: true, mappings, era: 1, migrated: null });
    expect(before.policies).toMatchObject({ groupMapping: 'ask', defaultRole: 'member' });
    await happens(s.about({ type: 'TeamSyncMigrated', links }));
    expect(await settings(s.organization)).toMatchObject({ era: null, migrated: links });
  });
});
