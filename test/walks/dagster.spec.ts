import { callApi, expectScimError, randomUserName } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from '../admin/expect-problem.js';
import { issueKey } from './client.js';
import { OKTA, oktaUser, putWhatWasRead } from './identity-providers.js';
import { presetOrganization } from './preset-organization.js';
import * as directory from './scenarios.js';
import * as teams from './team-scenarios.js';

/** The requirements R1–R53, in their order: Dagster+ SCIM provisioning, reproduced by the preset `dagster`. */

const PROVIDERS = ['okta', 'entra', 'onelogin', 'jumpcloud', 'ping', 'google', 'generic'];
const upperCase = (text: string) => text.toUpperCase();
const asItIs = (text: string) => text;

describe('overview', () => {
  it('R1 refuses SCIM until the organization enables it; another organization is unaffected', async () => {
    const neighbour = await presetOrganization('dagster');
    const organization = await presetOrganization('dagster', { enableScim: false });
    expect((await organization.app.connection()).enabled).toBe(false);
    expectScimError(await organization.scim('GET', '/Users'), [401, 403]);
    const headers = { authorization: 'Bearer anything' };
    expectScimError(await organization.scim('GET', '/Users', undefined, headers), [401, 403]);
    expect((await neighbour.scim('GET', '/Users')).status).toBe(200);
    await organization.app.enableScim();
    expect((await organization.scim('GET', '/Users')).status).toBe(200);
  });

  it('R2 shows a provisioned person in the application without any other call', () =>
    directory.provisionsWithoutAHumanStep('dagster'));

  it('R3 shows users and teams to the identity provider that SCIM never provisioned', () =>
    directory.listsWhatOnlyTheAppKnows('dagster'));

  it('R4 reads its own writes by SCIM at once, and in the application within the stated bound', () =>
    directory.readsItsOwnWrites('dagster'));

  it('R5 allows, refuses and allows new users as SCIM is off, on and off again', async () => {
    const { app } = await presetOrganization('dagster', { enableScim: false });
    const add = async () =>
      (await app.call('POST', '/users', { userName: randomUserName() })).status;
    expect(await add()).toBe(201);
    await app.enableScim();
    expect(await add()).toBe(409);
    await app.disableScim();
    expect(await add()).toBe(201);
  });

  it('R6 refuses to add a user in the application while SCIM is on, and says why', () =>
    directory.refusesNewUsersOfTheApp('dagster'));

  it('R7 removes unsynced users alone; a refusal changes nothing and is no event', () =>
    directory.removesOnlyUnsyncedUsers('dagster'));

  it('R8 tells synced and unsynced users apart, and filters by it', () =>
    directory.showsTheManagementState('dagster'));

  it('R8 names the connection that manages the synced users', async () => {
    const { app } = await presetOrganization('dagster');
    expect(await app.connection()).toMatchObject({ enabled: true, provider: 'okta' });
  });

  it('R9 lists two synced users and an unsynced one together, and counts both', () =>
    directory.listsBothStatesTogether('dagster'));

  it('R10 lets users sign in who were there before SCIM, unsynced', () =>
    directory.keepsExistingUsersWorking('dagster'));

  it.each([
    ['as the application does', asItIs],
    ['in upper case', upperCase],
  ])('R11 links a user by lookup and PUT, its userName written %s', (_, spelled) =>
    directory.linksByLookup('dagster', spelled),
  );

  it('R12 links a user by POST under the policy link, and logs it', () =>
    directory.linksByCreate('dagster'));

  it('R12 refuses the POST under the policy refuse, and logs why', () =>
    directory.refusesToLinkByCreate('dagster'));

  it('R13 keeps a signed-in user unsynced until its first SCIM write', () =>
    directory.syncsASignedInUserAtItsFirstWrite('dagster'));

  it('R14 leaves users, teams and members as they are when SCIM is disabled, and lifts the locks', () =>
    directory.leavesAllAsItIsWhenDisabled('dagster'));

  it('R15 continues with the same ids when SCIM is enabled again', () =>
    directory.continuesWhereItStopped('dagster'));

  it('R16 makes a team of a pushed group, with its members', () =>
    teams.pushesAGroupAsATeam('dagster'));

  it('R17 creates, fills, renames and deletes a team in the application while SCIM is on', () =>
    teams.managesItsOwnTeams('dagster'));

  it('R18 links a team to a group and unlinks it, its members unchanged', () =>
    teams.linksAndUnlinksATeam('dagster'));

  it('R19 warns of a manual member, whom the next push removes; history tells both', () =>
    teams.theNextStatementWins('dagster'));

  it('R19 refuses a manual member where memberships are locked', () =>
    teams.refusesLockedMemberships('dagster'));

  it('R20 creates a team for a new name', () => teams.aNewGroupBecomesATeam('dagster'));

  it('R20 links the team that a lookup found, under the same id, by the first write', () =>
    teams.aFoundTeamIsLinkedByTheFirstWrite('dagster'));

  it.each(['link', 'create'] as const)(
    'R20 lets a name clash wait for a decision, here: %s',
    (choice) => teams.aClashWaitsForADecision('dagster', choice),
  );

  it('R21 shows an unlinked team as a group without members, and its members once linked', () =>
    teams.discloseMembersOnlyOnceLinked('dagster'));

  it('R22 links a team and keeps its id, name, age and members', () =>
    teams.linkingKeepsTheTeam('dagster'));
});

describe('using SCIM', () => {
  it.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])(
    'R24 answers the discovery endpoint %s',
    async (path) => {
      const organization = await presetOrganization('dagster');
      expect((await organization.read(path)).schemas).toBeDefined();
    },
  );

  it.each([
    ['GET', '/Users/unknown', undefined, 404],
    ['POST', '/Users', {}, 400],
    ['GET', '/Users?filter=nonsense', undefined, 400],
    ['GET', '/Nothing', undefined, 404],
  ] as const)('R24 answers %s %s with a SCIM Error', async (method, path, body, status) => {
    const organization = await presetOrganization('dagster');
    expectScimError(await organization.scim(method, path, body), status);
  });

  it('R25 adds a provisioned user to the organization and lets it sign in', () =>
    directory.provisionsWithoutAHumanStep('dagster'));

  it.each(
    (['PUT', 'PATCH'] as const).flatMap((method) =>
      Object.entries(directory.PROFILE_CHANGES).map(
        ([name, changed]) => [name, method, changed] as const,
      ),
    ),
  )('R26 applies another %s by %s', (_, method, changed) =>
    directory.followsProfileChanges('dagster', method, changed()),
  );

  it.each(['PUT', 'PATCH'] as const)(
    'R26 applies a whole new profile by %s; the old address resolves no more',
    (method) => directory.followsProfileChanges('dagster', method, directory.wholeProfile()),
  );

  it.each(Object.entries(OKTA))(
    'R27 removes a user whom %s deactivates, keeps the SCIM resource, and restores it',
    (_, provider) => directory.endsAndRestoresAccess('dagster', provider),
  );

  it('R27 ends membership by DELETE', () => directory.deletionEndsMembership('dagster'));

  it.each(Object.entries(OKTA))(
    'R28 follows the push of a group by %s with a team of the same members',
    (_, provider) => teams.oktaPushGivesTheTeam('dagster', provider),
  );

  it.each([
    ['R2', directory.provisionsWithoutAHumanStep],
    ['R3', directory.listsWhatOnlyTheAppKnows],
    ['R4', directory.readsItsOwnWrites],
  ] as const)('R29 syncs both ways and up to date: as %s', (_, scenario) => scenario('dagster'));

  it('R30 takes new users from the identity provider alone while SCIM is on', () =>
    directory.refusesNewUsersOfTheApp('dagster'));

  it.each([
    ['R7', directory.removesOnlyUnsyncedUsers],
    ['R8', directory.showsTheManagementState],
    ['R9', directory.listsBothStatesTogether],
  ] as const)('R31 removes unsynced users alone and marks the synced: as %s', (_, scenario) =>
    scenario('dagster'),
  );

  it('R32 has users unsynced who were there before SCIM', () =>
    directory.keepsExistingUsersWorking('dagster'));

  it('R32 cures that by provisioning: lookup and PUT', () =>
    directory.linksByLookup('dagster', asItIs));

  it('R32 cures that by provisioning: POST', () => directory.linksByCreate('dagster'));

  it('R32 has users unsynced who signed in, and cures that by provisioning', () =>
    directory.syncsASignedInUserAtItsFirstWrite('dagster'));

  it.each([
    ['R14', directory.leavesAllAsItIsWhenDisabled],
    ['R15', directory.continuesWhereItStopped],
  ] as const)('R33 leaves all as it is when disabled: as %s', (_, scenario) => scenario('dagster'));

  it.each([
    ['R16', teams.pushesAGroupAsATeam],
    ['R17', teams.managesItsOwnTeams],
    ['R18', teams.linksAndUnlinksATeam],
    ['R19', teams.theNextStatementWins],
  ] as const)('R34 keeps teams manageable, synced ones at risk: as %s', (_, scenario) =>
    scenario('dagster'),
  );

  it.each([
    ['R20', teams.aNewGroupBecomesATeam],
    ['R20', teams.aFoundTeamIsLinkedByTheFirstWrite],
    ['R21', teams.discloseMembersOnlyOnceLinked],
    ['R22', teams.linkingKeepsTheTeam],
  ] as const)('R35 creates, links or shows as external: as %s', (_, scenario) =>
    scenario('dagster'),
  );

  it('R36 refuses to enable without the entitlement, and names nothing else', () =>
    directory.refusesToEnable('dagster', { entitled: false }, 'entitlement-missing', {
      entitled: true,
    }));

  it('R36 refuses to enable without the SSO that is required, and names nothing else', () =>
    directory.refusesToEnable('dagster', { ssoRequired: true }, 'sso-missing', {
      ssoProvider: 'okta',
    }));

  it('R36 refuses whoever lacks the permission, and enables for whoever has it', async () => {
    const { service, slug, app } = await presetOrganization('dagster', { enableScim: false });
    const key = (role: string) =>
      issueKey(service, { name: slug + role, role, organization: slug });
    const refused = await app.as(await key('auditor')).call('POST', '/scim/enable');
    expectProblem(refused, 403, 'forbidden');
    expect((await app.connection()).enabled).toBe(false);
    expect((await app.as(await key('administrator')).enableScim()).enabled).toBe(true);
  });

  it('R37 lists the kinds of identity providers', async () => {
    const { body } = await callApi(await sharedService(), 'GET', '/api/providers');
    expect(body.items.map((provider) => provider['kind'])).toEqual(
      expect.arrayContaining(PROVIDERS),
    );
  });

  it.each(PROVIDERS)('R37 tells what to paste where: %s', async (provider) => {
    const { app, scimUrl } = await presetOrganization('dagster');
    const setup = await app.setup(provider);
    expect(JSON.stringify(setup)).toContain(scimUrl);
    expect(JSON.stringify(setup)).toMatch(/token/i);
    expect(setup['steps']).toEqual(expect.arrayContaining([expect.anything()]));
  });
});

describe('the Okta guide', () => {
  it('R38 shows a token at its creation and never again', () =>
    directory.shownOnceAndNeverAgain('dagster'));

  it('R39 refuses to enable before SSO is set up, where that is required', () =>
    directory.refusesToEnable('dagster', { ssoRequired: true }, 'sso-missing', {
      ssoProvider: 'okta',
    }));

  it('R40 tells a token of another organization nothing, not even that the organization exists', async () => {
    const organization = await presetOrganization('dagster');
    const neighbour = await presetOrganization('dagster');
    const { userName } = await neighbour.createUser();
    const { origin } = new URL(organization.scimUrl);
    const ask = (slug: string) => organization.scim('GET', `${origin}/scim/v2/${slug}/Users`);
    const foreign = await ask(neighbour.slug);
    expectScimError(foreign, [401, 403]);
    expect(foreign.text).not.toContain(userName);
    const unknown = await ask('nobody-is-called-so');
    expect(unknown.status).toBe(foreign.status);
    expect(unknown.body.detail.replaceAll('nobody-is-called-so', neighbour.slug)).toBe(
      foreign.body.detail,
    );
  });

  it('R41 refuses a userName that is no e-mail address, and names the setting of Okta', async () => {
    const organization = await presetOrganization('dagster');
    const refused = await organization.scim('POST', '/Users', oktaUser('jdoe'));
    expectScimError(refused, 400, 'invalidValue');
    expect(refused.body.detail).toMatch(/Application username format/);
    expect(refused.body.detail).toMatch(/Email/);
  });

  it('R42 accepts the token in the header', async () => {
    const organization = await presetOrganization('dagster');
    const headers = { authorization: `Bearer ${organization.token}` };
    expect((await organization.scim('GET', '/Users', undefined, headers)).status).toBe(200);
  });

  it.each(['missing', 'wrong', 'revoked'])('R42 refuses a token that is %s', async (fault) => {
    const organization = await presetOrganization('dagster');
    const issued = await organization.app.issueToken('to be revoked');
    await organization.app.revokeToken(issued.id);
    const token = fault === 'revoked' ? issued.token : `${issued.token.slice(0, -4)}AAAA`;
    const authorization = fault === 'missing' ? null : `Bearer ${token}`;
    const refused = await organization.scim('GET', '/Users', undefined, { authorization });
    expectScimError(refused, 401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer\b/);
  });

  it("R43 answers Okta's probes of an empty directory within 600 ms", () =>
    directory.answersTheProbesQuickly('dagster'));

  it('R44 records nothing of a probe', () => directory.probesLeaveNoTrace('dagster', 1));

  it('R45 has a usable user after a lookup and a POST, where creations alone are on', () =>
    directory.worksWithCreationsAlone('dagster'));

  it('R46 explains an id of Okta that came as userName, naming the mapping', async () => {
    const organization = await presetOrganization('dagster', {
      policies: { userNameFormat: 'any' },
    });
    await organization.createUser(oktaUser('00ujl29u0le5T6Aj10h7'));
    const row = await directory.loggedRequest(organization, ({ method }) => method === 'POST');
    expect(JSON.stringify(row.diagnosis)).toMatch(/Application username format/);
  });

  it('R46 explains it too where the format refuses it', async () => {
    const organization = await presetOrganization('dagster');
    const refused = await organization.scim('POST', '/Users', oktaUser('00ujl29u0le5T6Aj10h7'));
    expectScimError(refused, 400, 'invalidValue');
    const row = await directory.loggedRequest(organization, ({ method }) => method === 'POST');
    expect(JSON.stringify(row)).toMatch(/Application username format/);
  });

  it('R47 records one changed attribute of a full PUT', () =>
    directory.recordsOneChangeOfAPut('dagster'));

  it.each(Object.entries(OKTA))(
    'R48 deactivates and reactivates as %s asks, under the same id',
    (_, provider) => directory.endsAndRestoresAccess('dagster', provider),
  );

  it.each(Object.entries(OKTA))('R49 syncs a group that %s pushes as a team', (_, provider) =>
    teams.oktaPushGivesTheTeam('dagster', provider),
  );

  it('R50 shows the user as synced right after the first write', async () => {
    const organization = await presetOrganization('dagster');
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    expect((await organization.app.user(id)).synced).toBe(true);
  });

  it('R51 refuses creations where they are off', async () => {
    const organization = await presetOrganization('dagster', withoutCapability('create'));
    const refused = await organization.scim('POST', '/Users', oktaUser(randomUserName()));
    expectScimError(refused, [403, 501]);
    expect(await directory.listedUsers(organization)).toEqual([]);
  });

  it('R51 refuses updates where they are off', async () => {
    const organization = await presetOrganization('dagster', withoutCapability('update'));
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    const refused = await putWhatWasRead(organization, id, { displayName: 'Ada King' });
    expectScimError(refused, [403, 501]);
    expect((await organization.readUser(id)).displayName).toBe('Test User');
  });

  it.each(Object.entries(OKTA))(
    'R51 refuses deactivation by %s where it is off',
    async (_, provider) => {
      const organization = await presetOrganization('dagster', withoutCapability('deactivate'));
      const { id } = await organization.createUser(oktaUser(randomUserName()));
      expectScimError(await provider.setActive(organization, id, false), [403, 501]);
      expect((await organization.app.user(id)).status).toBe('active');
    },
  );

  it('R51 refuses a pushed group where groups are off, and answers the probe of Entra', async () => {
    const organization = await presetOrganization('dagster', withoutCapability('groups'));
    const group = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'A' };
    expectScimError(await organization.scim('POST', '/Groups', group), [403, 501]);
    expect(await organization.read('/Groups')).toMatchObject({ totalResults: 0 });
    expect(await organization.app.teams()).toEqual([]);
  });

  it.each([
    ['R25', directory.provisionsWithoutAHumanStep],
    ['R28', teams.pushesAGroupAsATeam],
    ['R38', directory.shownOnceAndNeverAgain],
  ] as const)('R52 has the abilities and prerequisites of its sibling: as %s', (_, scenario) =>
    scenario('dagster'),
  );

  it('R52 has the abilities of its sibling: as R26', () =>
    directory.followsProfileChanges('dagster', 'PUT', directory.wholeProfile()));

  it.each(Object.entries(OKTA))(
    'R52 has the abilities of its sibling: as R27 by %s',
    (_, provider) => directory.endsAndRestoresAccess('dagster', provider),
  );

  it.each([
    ['R36', { entitled: false }, 'entitlement-missing', { entitled: true }],
    ['R39', { ssoRequired: true }, 'sso-missing', { ssoProvider: 'okta' }],
  ] as const)('R52 has the prerequisites of its sibling: as %s', (_, unmet, problem, met) =>
    directory.refusesToEnable('dagster', unmet, problem, met),
  );

  it('R53 answers the probes fifty times in a row and records nothing', () =>
    directory.probesLeaveNoTrace('dagster', 50));
});

function withoutCapability(off: 'create' | 'update' | 'deactivate' | 'groups') {
  const all = { create: true, update: true, deactivate: true, groups: true };
  return { policies: { capabilities: { ...all, [off]: false } } };
}
