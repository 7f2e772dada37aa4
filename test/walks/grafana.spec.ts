import {
  GROUP,
  USER,
  callApi,
  eventually,
  expectScimError,
  inParallel,
  randomUserName,
} from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { expectProblem } from '../admin/expect-problem.js';
import { issueKey, type LoggedRequest, type MigrationPlan } from './client.js';
import {
  ENTRA,
  OKTA,
  lookup,
  oktaUser,
  putWhatWasRead,
  type IdentityProvider,
} from './identity-providers.js';
import { presetOrganization, type PresetOrganization } from './preset-organization.js';
import * as directory from './scenarios.js';
import * as teams from './team-scenarios.js';

/** The requirements R54–R88, in their order: Grafana SCIM user and team sync, reproduced by the preset `grafana`. */

const PROVIDERS: readonly (readonly [string, IdentityProvider])[] = Object.entries({
  ...OKTA,
  ...ENTRA,
});

const METHODS = ['PUT', 'PATCH'] as const;
const STRICT = { groupMapping: 'strict' };
const CREATE = { groupMapping: 'create' };

it('R54 refuses to enable without the entitlement', () =>
  directory.refusesToEnable('grafana', { entitled: false }, 'entitlement-missing', {
    entitled: true,
  }));

it('R54 refuses writes with the reason once the entitlement lapses, and keeps the users', () =>
  directory.lapseOfTheEntitlementStopsWrites('grafana'));

it.each(PROVIDERS)('R55 serves all that %s sends', (_, provider) =>
  teams.replaysTheSuite('grafana', provider),
);

it.each(METHODS)('R56 applies a changed profile by %s', (method) =>
  directory.followsProfileChanges('grafana', method, directory.wholeProfile()),
);

it('R57 creates the team of a pushed group without an administrator', async () => {
  const organization = await presetOrganization('grafana', { policies: CREATE });
  const users = await teams.createUsers(organization, 2);
  const { team } = await teams.pushGroup(organization, users);
  expect(team).toMatchObject({ name: 'Analysts', synced: true });
  expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(users));
  expect((await organization.app.history(`?team=${team.id}`)).at(-1)).toMatchObject({
    type: 'TeamCreated',
  });
});

it.each(PROVIDERS)('R58 ends access without an administrator as %s asks', (_, provider) =>
  directory.endsAndRestoresAccess('grafana', provider),
);

it('R58 records the deactivation, upon which the application ends sessions', async () => {
  const organization = await presetOrganization('grafana');
  const { id } = await organization.createUser();
  await organization.patchUser(id, { op: 'replace', value: { active: false } });
  const [latest] = await organization.app.history(`?user=${id}`);
  expect(latest).toMatchObject({ type: 'UserDeactivated', actor: { kind: 'token' } });
});

describe('a deleted group', () => {
  async function deletedGroup(onGroupDelete: 'delete' | 'archive') {
    const organization = await presetOrganization('grafana', { policies: { onGroupDelete } });
    const user = await organization.createUser();
    const { group, team } = await teams.pushGroup(organization, [user]);
    const person = await organization.app.user(user.id);
    expect((await organization.app.signIn(person)).teams).toMatchObject([{ id: team.id }]);
    expect((await organization.scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
    expectScimError(await organization.scim('GET', `/Groups/${group.id}`), 404);
    expect((await organization.app.signIn(person)).teams).toEqual([]);
    return { organization, user, person, team };
  }

  it('R59 deletes its team under the policy delete, and the access through it', async () => {
    const { organization, team } = await deletedGroup('delete');
    expect((await organization.app.call('GET', `/teams/${team.id}`)).status).toBe(404);
    expect(await organization.app.teams()).toEqual([]);
  });

  it('R59 archives its team under the policy archive, which keeps its history and can be restored', async () => {
    const { organization, user, person, team } = await deletedGroup('archive');
    expect(await organization.app.team(team.id)).toMatchObject({ archived: true });
    expect(await directory.types(organization, `&team=${team.id}`)).toEqual(
      expect.arrayContaining(['TeamCreated', 'TeamArchived']),
    );
    expect(await organization.app.restoreTeam(team.id)).toMatchObject({ archived: false });
    expect(await teams.memberIds(organization, team.id)).toEqual([user.id]);
    expect((await organization.app.signIn(person)).teams).toMatchObject([{ id: team.id }]);
  });
});

it.each(['before', 'after'] as const)(
  'R60 gives the team of a group that the user joined %s its first sign-in',
  async (moment) => {
    const organization = await presetOrganization('grafana');
    const user = await organization.createUser(oktaUser(randomUserName()));
    const { group, team } = await teams.pushGroup(organization, []);
    const person = await organization.app.user(user.id);
    if (moment === 'after') expect((await organization.app.signIn(person)).teams).toEqual([]);
    await OKTA["Okta's catalogue app"].addMember(organization, group.id, user.id);
    expect(await organization.app.signIn(person)).toMatchObject({
      ...directory.ALLOWED,
      teams: [{ id: team.id, name: 'Analysts' }],
    });
  },
);

it('R61 configures a created user by defaults, shown as such and not as the values of SCIM', async () => {
  const organization = await presetOrganization('grafana', {
    policies: { defaultRole: 'viewer', defaultLicense: 'basic', defaultLocale: 'de-DE' },
  });
  const { id } = await organization.createUser();
  const defaults = { role: 'viewer', license: 'basic', locale: 'de-DE' };
  expect(await organization.app.user(id)).toMatchObject({
    role: 'viewer',
    license: 'basic',
    defaults,
  });
  const resource = await organization.readUser(id);
  expect(resource).not.toHaveProperty('locale');
  expect(resource).not.toHaveProperty('roles');
});

it('R61 shows no default where the identity provider gave the value', async () => {
  const organization = await presetOrganization('grafana', {
    policies: { defaultRole: 'viewer', defaultLocale: 'de-DE' },
  });
  const { id } = await organization.createUser({ locale: 'en-US' });
  const { defaults } = await organization.app.user(id);
  expect(defaults).toMatchObject({ role: 'viewer' });
  expect(defaults).not.toHaveProperty('locale');
});

describe('users by every way', () => {
  const automation = (organization: PresetOrganization, name: string) =>
    issueKey(organization.service, {
      name: `${name} ${organization.slug}`,
      role: 'administrator',
      organization: organization.slug,
    });

  it('R62 shows how each user came to be, and SCIM disturbs none of the others', async () => {
    const organization = await presetOrganization('grafana', { policies: { allowSignUp: true } });
    const { app } = organization;
    const create = async (key: string) =>
      (await app.as(key).createUser({ userName: randomUserName(), origin: 'api' })).id;
    const others = [
      [(await app.signIn({ userName: randomUserName() })).user!.id, 'sign-in'],
      [(await app.createUser({ userName: randomUserName() })).id, 'manual'],
      [await create(await automation(organization, 'terraform')), 'api'],
      [await create(await automation(organization, 'script')), 'api'],
    ] as const;
    const shown = () => Promise.all(others.map(([id]) => app.user(id)));
    const before = await shown();
    const scim = await organization.createUser(oktaUser(randomUserName()));
    await organization.patchUser(scim.id, { op: 'replace', path: 'displayName', value: 'Ada' });
    expect((await app.user(scim.id)).origin).toBe('scim');
    expect(before.map(({ id, origin }) => [id, origin])).toEqual(others);
    expect(await shown()).toEqual(before);
  });

  it('R62 names in the history the automation that created a user', async () => {
    const organization = await presetOrganization('grafana');
    const key = await automation(organization, 'terraform');
    const user = { userName: randomUserName(), origin: 'api' };
    const { id } = await organization.app.as(key).createUser(user);
    const story = await organization.app.history(`?user=${id}&type=UserRegistered`);
    expect(story).toMatchObject([
      { actor: { kind: 'key', name: `terraform ${organization.slug}` } },
    ]);
  });

  it('R63 creates an unknown person at sign-in, unsynced, where sign-up is allowed', async () => {
    const { app } = await presetOrganization('grafana', { policies: { allowSignUp: true } });
    const userName = randomUserName();
    const { decision, reason, user } = await app.signIn({ userName });
    expect([decision, reason]).toEqual(['allowed', 'created']);
    expect(await app.user(user!.id)).toMatchObject({ userName, synced: false, origin: 'sign-in' });
  });

  it('R63 refuses an unknown person where sign-up is off', async () => {
    const { app } = await presetOrganization('grafana', { policies: { allowSignUp: false } });
    const refused = await app.signIn({ userName: randomUserName() });
    expect(refused).toMatchObject({ decision: 'refused', reason: 'sign-up-off' });
    expect((await app.users()).total).toBe(0);
  });

  it('R64 creates a user in the application where the policy allows it', async () => {
    const { app } = await presetOrganization('grafana', {
      policies: { appCreatedUsers: 'allow' },
    });
    const created = await app.call('POST', '/users', { userName: randomUserName() });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toContain(created.body.id);
  });

  it('R64 refuses a user of the application where the policy refuses it', async () => {
    const { app } = await presetOrganization('grafana', {
      policies: { appCreatedUsers: 'refuse' },
    });
    const refused = await app.call('POST', '/users', { userName: randomUserName() });
    expectProblem(refused, 409, 'managed-by-identity-provider');
  });

  it('R65 creates one user of two requests with one idempotency key', async () => {
    const { app } = await presetOrganization('grafana');
    const user = { userName: randomUserName(), origin: 'api' };
    const headers = { 'idempotency-key': 'apply-1' };
    const first = await app.createUser(user, headers);
    expect((await app.createUser(user, headers)).id).toBe(first.id);
    expect((await app.users()).total).toBe(1);
    expectProblem(await app.call('POST', '/users', user), 409, 'name-already-claimed');
  });

  it('R66 creates a user through the API with a key made for it', async () => {
    const organization = await presetOrganization('grafana');
    const key = await automation(organization, 'script');
    const userName = randomUserName();
    const created = await organization.app.as(key).createUser({ userName, origin: 'api' });
    expect((await organization.app.users()).items).toMatchObject([
      { id: created.id, userName, origin: 'api', synced: false },
    ]);
  });

  it('R67 counts and lists the users that SCIM does not manage', async () => {
    const organization = await presetOrganization('grafana');
    await organization.createUser();
    const { id } = await organization.app.createUser({ userName: randomUserName() });
    expect((await organization.app.users()).counts).toEqual({ synced: 1, unsynced: 1 });
    expect(await directory.listedUsers(organization, '?synced=false')).toEqual([id]);
  });
});

describe('roles', () => {
  const administratorRole = [{ value: 'admin', primary: true }];

  it('R68 stores the roles of SCIM and grants nothing by them', async () => {
    const organization = await presetOrganization('grafana');
    const { id } = await organization.createUser();
    const before = (await organization.app.user(id)).role;
    await organization.patchUser(id, { op: 'add', path: 'roles', value: administratorRole });
    expect((await organization.readUser(id)).roles).toMatchObject(administratorRole);
    expect((await organization.app.user(id)).role).toBe(before);
  });

  it('R69 takes the role from the claim of a sign-in', async () => {
    const organization = await presetOrganization('grafana');
    const user = await organization.createUser(oktaUser(randomUserName()));
    const person = await organization.app.user(user.id);
    const signIn = await organization.app.signIn(person, { roles: ['editor'] });
    expect(signIn).toMatchObject({ ...directory.ALLOWED, role: 'editor' });
    expect((await organization.app.user(user.id)).role).toBe('editor');
  });

  it('R70 changes a role at the sign-in and not before; history names the source', async () => {
    const organization = await presetOrganization('grafana');
    const { app } = organization;
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    const person = await app.user(id);
    await app.signIn(person, { roles: ['viewer'] });
    await organization.patchUser(id, { op: 'add', path: 'roles', value: [{ value: 'editor' }] });
    expect((await app.user(id)).role).toBe('viewer');
    await app.signIn(person, { roles: ['editor'] });
    expect((await app.user(id)).role).toBe('editor');
    const [change] = await app.history(`?user=${id}&type=UserRoleChanged`);
    expect(change!.sentence).toMatch(/editor.*sign-in|sign-in.*editor/);
  });
});

it.each(METHODS)('R71 applies another name and e-mail address by %s', (method) =>
  directory.followsProfileChanges('grafana', method, {
    ...directory.PROFILE_CHANGES.name(),
    ...directory.PROFILE_CHANGES.emails(),
  }),
);

it('R72 disables a user that the identity provider removed: account, id and teams stay', async () => {
  const organization = await presetOrganization('grafana');
  const { id } = await organization.createUser();
  const { team } = await teams.pushGroup(organization, [{ id }]);
  await organization.patchUser(id, { op: 'replace', value: { active: false } });
  expect((await organization.app.users()).items).toMatchObject([{ id, status: 'disabled' }]);
  expect(await organization.app.members(team.id)).toMatchObject([{ id, status: 'disabled' }]);
  await organization.patchUser(id, { op: 'replace', value: { active: true } });
  expect((await organization.app.users()).items).toMatchObject([
    { id, status: 'active', teams: [{ id: team.id }] },
  ]);
});

it('R73 lets the next sync create a manually deleted user anew, and names the predecessor', async () => {
  const organization = await presetOrganization('grafana');
  const body = oktaUser(randomUserName());
  const old = await organization.createUser(body);
  await organization.app.deleteUser(old.id);
  expectScimError(await organization.scim('GET', `/Users/${old.id}`), 404);
  expect(await directory.found(organization, `userName eq "${old.userName}"`)).toEqual([]);
  const created = await organization.createUser(body);
  expect(created.id).not.toBe(old.id);
  expect((await organization.app.user(created.id)).predecessorId).toBe(old.id);
  const [succeeded] = await organization.app.history(`?user=${created.id}&type=UserSucceeded`);
  expect(succeeded!.sentence).toContain(old.userName);
});

describe('e-mail addresses', () => {
  it.each(['emails[type eq "work"].value', 'emails[primary eq true].value'])(
    'R74 updates the address by PATCH of %s',
    async (path) => {
      const organization = await presetOrganization('grafana');
      const { id } = await organization.createUser(oktaUser(randomUserName()));
      const value = randomUserName();
      expect((await organization.patchUser(id, { op: 'replace', path, value })).status).toBe(200);
      expect((await organization.app.user(id)).emails).toMatchObject([{ value, type: 'work' }]);
    },
  );

  it('R74 updates the userName that is an address by PATCH of userName', async () => {
    const organization = await presetOrganization('grafana');
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    const value = randomUserName();
    await organization.patchUser(id, { op: 'replace', path: 'userName', value });
    expect(await organization.app.user(id)).toMatchObject({ userName: value });
  });

  it('R74 leaves an address alone that no operation names', async () => {
    const organization = await presetOrganization('grafana');
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    const { emails } = await organization.app.user(id);
    await organization.patchUser(id, { op: 'replace', path: 'displayName', value: 'Ada' });
    expect((await organization.app.user(id)).emails).toEqual(emails);
  });

  it('R74 clears the addresses that a PUT leaves out, as it clears all it leaves out', async () => {
    const organization = await presetOrganization('grafana');
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    expect((await putWhatWasRead(organization, id, { emails: undefined })).status).toBe(200);
    expect((await organization.app.user(id)).emails).toEqual([]);
  });
});

describe('SCIM group sync or Team Sync', () => {
  it('R75 refuses Team Sync while SCIM group sync is on, and names it', async () => {
    const { app } = await presetOrganization('grafana');
    const refused = await app.call('PATCH', '/policies', { teamSync: 'sign-in' });
    expectProblem(refused, 409, 'team-sync-conflict');
    expect(refused.body['detail']).toMatch(/scim/i);
    expect(await app.policies()).toMatchObject({ teamSync: 'scim' });
  });

  it('R75 refuses SCIM group sync while Team Sync is on, and names it', async () => {
    const { app } = await presetOrganization('grafana', { policies: { teamSync: 'off' } });
    await app.setPolicies({ teamSync: 'sign-in' });
    const refused = await app.call('PATCH', '/policies', { teamSync: 'scim' });
    expectProblem(refused, 409, 'team-sync-conflict');
    expect(refused.body['detail']).toMatch(/sign-in|Team Sync/);
    expect(await app.policies()).toMatchObject({ teamSync: 'sign-in' });
  });

  it('R76 never has both on, whatever fifty parallel toggles do', async () => {
    const organization = await presetOrganization('grafana', { policies: { teamSync: 'off' } });
    const { app } = organization;
    const user = await organization.createUser(oktaUser(randomUserName()));
    await organization.createGroup({ displayName: 'By SCIM', members: [{ value: user.id }] });
    const claimed = await app.createTeam('By sign-in');
    await app.setTeamSyncMappings([{ externalGroup: 'idp-group', teamId: claimed.id }]);
    const cycle = ['scim', 'off', 'sign-in', 'off', 'scim'] as const;
    const toggles = Array.from({ length: 50 }, (_, index) => cycle[index % cycle.length]);
    const statuses = await inParallel(toggles, 50, async (teamSync) => {
      const { status } = await app.call('PATCH', '/policies', { teamSync });
      expect(cycle).toContain((await app.policies())['teamSync']);
      return status;
    });
    expect(new Set([...statuses, 200, 409])).toEqual(new Set([200, 409]));
    await app.signIn(await app.user(user.id), { groups: ['idp-group'] });
    const mode = (await app.policies())['teamSync'];
    const grants = (await app.user(user.id)).teams.flatMap((team) => team.grants);
    const effective = grants.filter((grant) => grant !== 'manual');
    if (mode === 'off') expect(effective.length).toBeLessThanOrEqual(1);
    else expect(effective).toEqual([mode]);
  });

  describe('set where the service starts', () => {
    let service: RunningService | undefined;

    afterEach(async () => service?.kill());

    it.each(['off', 'scim', 'sign-in'])(
      'R77 gives new organizations the mode %s',
      async (teamSync) => {
        service = await startService({ env: { ROLLCALL_TEAM_SYNC: teamSync } });
        const organization = { slug: 'acme', displayName: 'Acme' };
        await callApi(service, 'POST', '/api/organizations', organization);
        const { body } = await callApi(service, 'GET', '/api/organizations/acme/policies');
        expect(body['teamSync']).toBe(teamSync);
      },
    );

    it('R77 refuses to start with an unknown mode, naming the key', async () => {
      const start = startService({ env: { ROLLCALL_TEAM_SYNC: 'scim_snyc' } });
      await expect(start).rejects.toThrow(/ROLLCALL_TEAM_SYNC/);
    });
  });
});

describe('mapping modes', () => {
  it('R78 stores an unmapped group under strict, and fills a team once it is mapped', async () => {
    const organization = await presetOrganization('grafana', { policies: STRICT });
    const users = await teams.createUsers(organization, 2);
    const members = users.map(({ id }) => ({ value: id }));
    const group = await organization.createGroup({ displayName: 'Analysts', members });
    expect(await organization.app.teams()).toEqual([]);
    expect((await organization.app.groupLink(group.id)).state).toBe('unmapped');
    const team = await organization.app.createTeam('Data');
    await organization.app.decideLink(group.id, { teamId: team.id });
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(users));
    expect((await organization.app.groupLink(group.id)).state).toBe('linked');
  });

  it('R79 creates a team on POST under create', async () => {
    const organization = await presetOrganization('grafana', { policies: CREATE });
    const { team } = await teams.pushGroup(organization, [], 'Data Platform');
    expect(team).toMatchObject({ name: 'Data Platform', synced: true });
  });

  it('R80 backfills teams when strict becomes create, as previewed', async () => {
    const organization = await presetOrganization('grafana', { policies: STRICT });
    const users = await teams.createUsers(organization, 2);
    const members = users.map(({ id }) => ({ value: id }));
    const group = await organization.createGroup({ displayName: 'Analysts', members });
    const before = await directory.types(organization);
    const effects = await organization.app.previewPolicies(CREATE);
    expect(effects.groups.map(({ id }) => id)).toEqual([group.id]);
    expect(await directory.types(organization)).toEqual(before);
    expect(await organization.app.teams()).toEqual([]);
    await organization.app.setPolicies(CREATE);
    const team = await teams.teamOf(organization, group.id);
    expect(team.name).toBe('Analysts');
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(users));
  });

  it('R80 leaves the teams there are when create becomes strict, as previewed', async () => {
    const organization = await presetOrganization('grafana', { policies: CREATE });
    const users = await teams.createUsers(organization, 2);
    const { group, team } = await teams.pushGroup(organization, users);
    const { teams: affected } = await organization.app.previewPolicies(STRICT);
    expect(affected).toEqual([]);
    await organization.app.setPolicies(STRICT);
    expect(await teams.teamOf(organization, group.id)).toEqual(team);
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(users));
    const later = await organization.createGroup();
    expect(await teams.teamsOf(organization, later.id)).toEqual([]);
  });
});

describe('the steps of group sync', () => {
  it('R81 records nothing of an assignment, of which only lookups can be seen', async () => {
    const organization = await presetOrganization('grafana');
    const before = await directory.types(organization);
    await organization.read(lookup('/Users', `userName eq "${randomUserName()}"`));
    await organization.read(lookup('/Groups', 'displayName eq "Analysts"'));
    expect(await directory.types(organization)).toEqual(before);
  });

  it('R82 makes one team of a group that is pushed twice', async () => {
    const organization = await presetOrganization('grafana', { policies: CREATE });
    const group = { schemas: [GROUP], displayName: 'Analysts', externalId: '8aa1a0c0-c4c3' };
    const { body } = await organization.scim('POST', '/Groups', group);
    const again = await organization.scim('POST', '/Groups', group);
    if (again.status === 409) expectScimError(again, 409, 'uniqueness');
    else expect(again.body.id).toBe(body.id);
    expect((await organization.app.teams()).map(({ name }) => name)).toEqual(['Analysts']);
  });

  it('R83 has exactly the members that the identity provider added', async () => {
    const { organization, team, pushed } = await teamWithManualMember();
    const grants = (await organization.app.members(team.id)).map((row) => [row.id, row.grants]);
    expect(grants.filter(([, given]) => String(given) === 'scim')).toHaveLength(pushed.length);
    expect(grants).toHaveLength(pushed.length + 1);
  });

  it('R83 keeps a manual member when PATCH adds and removes others', async () => {
    const { organization, group, team, pushed, manual, other } = await teamWithManualMember();
    const okta = OKTA["Okta's catalogue app"];
    await okta.removeMember(organization, group.id, pushed[0]!.id);
    await okta.addMember(organization, group.id, other.id);
    expect(await teams.memberIds(organization, team.id)).toEqual(
      teams.ids([...pushed.slice(1), manual, other]),
    );
  });

  it.each(['PUT', 'PATCH replace'] as const)(
    'R83 drops a manual member when %s states the whole membership',
    async (statement) => {
      const { organization, group, team, pushed } = await teamWithManualMember();
      await teams.stateMembers(organization, group, pushed, statement);
      expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(pushed));
    },
  );

  it.each(['PUT', 'PATCH replace'] as const)(
    'R83 keeps a manual member under the policy keep when %s states the whole membership',
    async (statement) => {
      const { organization, group, team, pushed, manual } = await teamWithManualMember('keep');
      await teams.stateMembers(organization, group, pushed, statement);
      expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids([...pushed, manual]));
    },
  );

  const REMOVALS = {
    'the value in a list': (value: string) => ({
      op: 'Remove',
      path: 'members',
      value: [{ value }],
    }),
    'the value in a list beside a null $ref': (value: string) => ({
      op: 'Remove',
      path: 'members',
      value: [{ $ref: null, value }],
    }),
    'a filter on the value': (value: string) => ({
      op: 'remove',
      path: `members[value eq "${value}"]`,
    }),
  };

  it.each(Object.entries(REMOVALS))(
    'R84 removes the one member that is named by %s, and no other',
    async (_, removal) => {
      const organization = await presetOrganization('grafana');
      const [leaving, ...staying] = await teams.createUsers(organization, 3);
      const { group, team } = await teams.pushGroup(organization, [leaving!, ...staying]);
      const answer = await organization.patchGroup(group.id, removal(leaving!.id));
      expect([200, 204]).toContain(answer.status);
      expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids(staying));
      expect((await organization.app.user(leaving!.id)).teams).toEqual([]);
    },
  );

  it('R85 keeps a user in the team while one of two groups has it', async () => {
    const organization = await presetOrganization('grafana', { policies: STRICT });
    const user = await organization.createUser();
    const team = await organization.app.createTeam('Data');
    const members = [{ value: user.id }];
    const groups = [
      await organization.createGroup({ displayName: 'A', members }),
      await organization.createGroup({ displayName: 'B', members }),
    ] as const;
    for (const { id } of groups) await organization.app.decideLink(id, { teamId: team.id });
    const remove = OKTA["Okta's catalogue app"].removeMember;
    await remove(organization, groups[0].id, user.id);
    expect(await teams.memberIds(organization, team.id)).toEqual([user.id]);
    await remove(organization, groups[1].id, user.id);
    expect(await teams.memberIds(organization, team.id)).toEqual([]);
  });

  it('R85 keeps a user in the team who was added by hand too', async () => {
    const { organization, group, team, pushed } = await teamWithManualMember();
    const [user] = pushed;
    await organization.app.addMember(team.id, user!.id);
    await OKTA["Okta's catalogue app"].removeMember(organization, group.id, user!.id);
    const member = await teams.memberOf(organization, team.id, user!.id);
    expect(member?.grants).toEqual(['manual']);
  });

  /** A pushed group of three, whose team has a fourth by hand. */
  async function teamWithManualMember(manualMembers: 'drop' | 'keep' = 'drop') {
    const organization = await presetOrganization('grafana', { policies: { manualMembers } });
    const [manual, other, ...pushed] = await teams.createUsers(organization, 5);
    const { group, team } = await teams.pushGroup(organization, []);
    for (const { id } of pushed) {
      await OKTA["Okta's catalogue app"].addMember(organization, group.id, id);
    }
    await organization.app.addMember(team.id, manual!.id);
    return { organization, group, team, pushed, manual: manual!, other: other! };
  }
});

describe('migration from Team Sync', () => {
  const EXTERNAL = 'idp-engineering';

  /** A team of two by sign-in, and the stored group of the same name, which has one of them and a third user. */
  async function organizationWithTeamSync() {
    const organization = await presetOrganization('grafana', { policies: { teamSync: 'off' } });
    const { app } = organization;
    await app.setPolicies({ teamSync: 'sign-in' });
    const [both, losing, gaining] = await inParallel([1, 2, 3], 1, () =>
      organization.createUser(oktaUser(randomUserName())),
    );
    const team = await app.createTeam('Engineering');
    await app.setTeamSyncMappings([{ externalGroup: EXTERNAL, teamId: team.id }]);
    for (const { id } of [both!, losing!]) {
      await app.signIn(await app.user(id), { groups: [EXTERNAL] });
    }
    const group = await organization.createGroup({
      displayName: 'Engineers of the directory',
      externalId: EXTERNAL,
      members: [both, gaining].map((user) => ({ value: user!.id })),
    });
    expect(await app.teamSyncMappings()).toEqual([{ externalGroup: EXTERNAL, teamId: team.id }]);
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids([both!, losing!]));
    return { organization, app, team, group, both: both!, losing: losing!, gaining: gaining! };
  }

  it('R86 plans which team each group will feed, who gains and who loses, and changes nothing', async () => {
    const { organization, app, team, group, losing, gaining } = await organizationWithTeamSync();
    const before = await directory.snapshot(organization);
    const events = await directory.types(organization);
    const plan = await app.planMigration();
    expect(plan).toMatchObject<MigrationPlan>({
      links: [
        {
          externalGroup: EXTERNAL,
          team: { id: team.id, name: 'Engineering' },
          group: { id: group.id, displayName: 'Engineers of the directory' },
          matchedBy: 'externalId',
          gained: [gaining.id],
          lost: [losing.id],
        },
      ],
    });
    expect(await directory.snapshot(organization)).toEqual(before);
    expect(await directory.types(organization)).toEqual(events);
  });

  it('R86 plans a group that bears the name of the mapping', async () => {
    const organization = await presetOrganization('grafana', { policies: { teamSync: 'off' } });
    const { app } = organization;
    await app.setPolicies({ teamSync: 'sign-in' });
    const team = await app.createTeam('Research');
    await app.setTeamSyncMappings([{ externalGroup: 'Researchers', teamId: team.id }]);
    const group = await organization.createGroup({ displayName: 'Researchers' });
    expect((await app.planMigration()).links).toMatchObject([
      { externalGroup: 'Researchers', group: { id: group.id }, matchedBy: 'displayName' },
    ]);
  });

  it('R86 cuts over in one recorded step: memberships are those of the groups', async () => {
    const { organization, app, team, both, gaining } = await organizationWithTeamSync();
    const planned = await app.planMigration();
    expect(await app.commitMigration()).toEqual(planned);
    expect(await app.policies()).toMatchObject({ teamSync: 'scim' });
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids([both, gaining]));
    expect((await app.members(team.id)).map(({ grants }) => grants)).toEqual([['scim'], ['scim']]);
    expect(await app.history('?type=TeamSyncMigrated')).toHaveLength(1);
  });

  it('R86 rolls back to exactly what was before', async () => {
    const { organization, app } = await organizationWithTeamSync();
    const before = await directory.snapshot(organization);
    await app.commitMigration();
    await app.rollBackMigration();
    expect(await directory.snapshot(organization)).toEqual(before);
    expect(await app.policies()).toMatchObject({ teamSync: 'sign-in' });
  });
});

describe('troubleshooting', () => {
  it('R87 explains a token that is not valid', async () => {
    const organization = await presetOrganization('grafana');
    const headers = { authorization: 'Bearer wrong' };
    expectScimError(await organization.scim('GET', '/Users', undefined, headers), 401);
    const row = await directory.loggedRequest(organization, ({ status }) => status === 401);
    expect(row).toMatchObject({ outcome: 'refused' });
    expect(row.refusal?.explanation).toMatch(/token/i);
  });

  it('R87 explains an organization that does not exist', async () => {
    const organization = await presetOrganization('grafana');
    const { origin } = new URL(organization.scimUrl);
    const slug = `${organization.slug}-misspelt`;
    expectScimError(await organization.scim('GET', `${origin}/scim/v2/${slug}/Users`), [401, 403]);
    const explained = await eventually(
      async () => {
        const answer = await callApi(organization.service, 'GET', '/api/scim-requests?limit=200');
        return answer.body.items.find((row) => row['organization'] === slug);
      },
      (row) => row !== undefined,
    );
    expect(JSON.stringify(explained)).toMatch(/no organization|unknown organization/i);
  });

  it.each([
    ['that finds nobody', 0, /no match|nobody|nothing/i],
    ['that finds two users', 2, /two|2|several/i],
  ] as const)('R87 explains a lookup %s', async (_, matches, explanation) => {
    const organization = await presetOrganization('grafana');
    const email = randomUserName();
    for (let count = 0; count < matches; count += 1) {
      await organization.createUser({ emails: [{ value: email, type: 'work' }] });
    }
    const page = await organization.read(lookup('/Users', `emails.value eq "${email}"`));
    expect(page.totalResults).toBe(matches);
    const isLookup = ({ method, diagnosis }: LoggedRequest) =>
      method === 'GET' && explanation.test(JSON.stringify(diagnosis ?? ''));
    const row = await directory.loggedRequest(organization, isLookup);
    expect(JSON.stringify(row)).not.toContain(email);
  });

  it('R87 explains a refusal by a policy, and what was received, without personal data', async () => {
    const organization = await presetOrganization('grafana', {
      policies: { capabilities: { create: false, update: true, deactivate: true, groups: true } },
    });
    const body = oktaUser(randomUserName());
    expectScimError(await organization.scim('POST', '/Users', body), [403, 501]);
    const row = await directory.loggedRequest(organization, ({ method }) => method === 'POST');
    expect(row).toMatchObject({ outcome: 'refused' });
    expect(row.refusal?.explanation).toMatch(/capabilities|create/);
    expect(JSON.stringify(row['received'])).toContain('displayName');
    expect(JSON.stringify(row)).not.toContain(body['userName']);
  });

  it('R87 tells what was coerced and what was changed', async () => {
    const organization = await presetOrganization('grafana');
    const { id } = await organization.createUser({ schemas: [USER] });
    await ENTRA.Entra.setActive(organization, id, false);
    const row = await directory.loggedRequest(organization, ({ method }) => method === 'PATCH');
    expect(row).toMatchObject({ outcome: 'ok' });
    expect(row['coerced']).not.toHaveLength(0);
    expect(row['changed']).toContain('UserDeactivated');
    expect(JSON.stringify(row['matched'])).toContain(id);
  });
});

it.each([
  ['okta', [/Base URL/i, /userName/, /Test API Credentials/, /Push Groups/]],
  ['entra', [/Tenant URL/, /Secret Token/i, /Test Connection/, /aadOptscim062020/]],
] as const)('R88 ships a preset of %s', async (provider, named) => {
  const { app } = await presetOrganization('grafana');
  expect(await app.setPolicies({ provider })).toMatchObject({ provider });
  expect(await app.connection()).toMatchObject({ provider });
  const text = JSON.stringify(await app.setup());
  for (const expected of named) expect(text).toMatch(expected);
});
