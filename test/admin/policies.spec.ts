import {
  callApi,
  newOrganization,
  randomDisplayName,
  randomUserName,
  type ApiResponse,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { issueKey } from './api-keys.js';
import { expectProblem } from './expect-problem.js';
import { appended } from './story.js';

const DEFAULTS = {
  onDeactivate: 'disable',
  appCreatedUsers: 'allow',
  manualUpdates: 'warn',
  manualDelete: 'refuse',
  manualMembers: 'drop',
  linkExistingUser: 'link',
  adoption: 'on-first-write',
  groupMapping: 'create',
  groupNames: 'unique',
  onGroupDelete: 'archive',
  teamSync: 'scim',
  allowSignUp: true,
  rejectNonProvisioned: false,
  roleSource: 'sign-in',
  roleRules: [],
  defaultRole: 'member',
  scimGrantsAdministrator: false,
  licenseRules: [],
  defaultLicense: null,
  defaultLocale: null,
  seatLimit: null,
  matchingKey: 'userName',
  userNameFormat: 'any',
  capabilities: { create: true, update: true, deactivate: true, groups: true },
  ipAllowlist: [],
  provider: 'generic',
  breakGlassUsers: [],
  massRemovalLimit: null,
  entitled: true,
  ssoRequired: false,
  ssoProvider: null,
  ssoMatchesScim: false,
  silentAfterMinutes: 1_440,
};

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const set = (policies: unknown): Promise<ApiResponse> =>
  organization.api('PATCH', '/policies', JSON.stringify(policies));

const shown = async (): Promise<Attributes> => (await organization.api('GET', '/policies')).body;

const preview = async (policies: Attributes) => {
  const { status, body } = await organization.api('PATCH', '/policies?dryRun=true', policies);
  expect(status).toBe(200);
  return body as unknown as {
    readonly policies: Attributes;
    readonly effects: Readonly<Record<string, readonly Attributes[]>> & {
      readonly totals: Attributes;
    };
  };
};

it('shows the defaults of policies that were never set', async () => {
  expect(await shown()).toEqual(DEFAULTS);
});

it('sets a policy, which holds from the answer on', async () => {
  const displayName = randomDisplayName();
  await organization.createGroup({ displayName });
  const { status, body } = await set({ groupNames: 'any' });
  expect(status).toBe(200);
  expect(body).toEqual({ ...DEFAULTS, groupNames: 'any' });
  expect(await shown()).toEqual(body);
  await organization.createGroup({ displayName });
});

it('records one event for each policy that changes', async () => {
  const act = () => set({ seatLimit: 10, teamSync: 'scim', capabilities: { groups: false } });
  expect(await appended(organization, act)).toEqual(['PolicyChanged', 'PolicyChanged']);
  const { groups: _, ...others } = DEFAULTS.capabilities;
  expect(await shown()).toMatchObject({ capabilities: { ...others, groups: false } });
});

it.each([
  ['nothing', {}],
  ['the value it has', { groupNames: 'unique' }],
  ['all the values that it has', DEFAULTS],
])('records no event when it sets %s', async (_, values) => {
  const act = async () => {
    const { status, body } = await set(values);
    expect([status, body]).toEqual([200, DEFAULTS]);
  };
  expect(await appended(organization, act)).toEqual([]);
});

it('leaves the policies of other organizations as they are', async () => {
  const neighbour = await newOrganization(organization.service, { enableScim: false });
  await set({ groupNames: 'any' });
  expect((await neighbour.api('GET', '/policies')).body).toEqual(DEFAULTS);
});

it.each([
  ['dagster', { onDeactivate: 'remove', groupMapping: 'ask', roleSource: 'none' }],
  ['grafana', { matchingKey: 'externalId', manualDelete: 'allow', roleSource: 'sign-in' }],
  ['dbt', { adoption: 'all-at-once', manualUpdates: 'locked', allowSignUp: false }],
])('sets all of the preset %s, at creation as well', async (preset, some) => {
  expect((await set({ preset })).body).toMatchObject(some);
  const { service } = organization;
  const slug = `p-${organization.slug}`;
  const created = await callApi(service, 'POST', '/api/organizations', {
    slug,
    displayName: 'x',
    preset,
  });
  expect(created.status).toBe(201);
  const other = await callApi(service, 'GET', `/api/organizations/${slug}/policies`);
  expect(other.body).toEqual(await shown());
});

it('lets a policy override the preset that is set with it', async () => {
  const { body } = await set({ groupMapping: 'strict', preset: 'dagster' });
  expect([body['groupMapping'], body['onDeactivate']]).toEqual(['strict', 'remove']);
});

it('shows manualUpdates as one value where all have the same, else each', async () => {
  const each = { users: 'locked', teams: 'warn', memberships: 'warn' };
  expect((await set({ manualUpdates: { users: 'locked' } })).body['manualUpdates']).toEqual(each);
  expect((await set({ manualUpdates: 'locked' })).body['manualUpdates']).toBe('locked');
});

it('R116 binds a rule to its group, and shows what the group is called now', async () => {
  const { id: groupId } = await organization.createGroup({ displayName: 'Analysts' });
  const rules = [
    { group: 'Analysts', license: 'analyst' },
    { group: 'Nobody', license: 'none' },
  ];
  const { status, body } = await set({ licenseRules: rules });
  expect(status).toBe(200);
  const bound = { groupId, group: 'Analysts', license: 'analyst' };
  const unbound = { groupId: null, group: 'Nobody', license: 'none' };
  expect(body['licenseRules']).toEqual([bound, unbound]);
  await organization.patchGroup(groupId, { op: 'replace', path: 'displayName', value: 'Data' });
  const after = await shown();
  expect(after['licenseRules']).toEqual([{ ...bound, group: 'Data' }, unbound]);
  expect((await set({ licenseRules: after['licenseRules'] })).body).toEqual(after);
});

it('takes break-glass users by userName or id, and shows their ids', async () => {
  const first = await organization.createUser();
  const second = await organization.createUser();
  const { body } = await set({ breakGlassUsers: [first.userName, second.id] });
  expect(body['breakGlassUsers']).toEqual([first.id, second.id]);
});

it.each([
  ['policy-unknown', { groupName: 'any' }],
  ['policy-unknown', { toString: 'any' }],
  ['policy-value-invalid', { groupNames: 'sometimes' }],
  ['policy-value-invalid', { groupNames: null }],
  ['policy-value-invalid', { groupNames: ['any'] }],
  ['policy-value-invalid', { preset: 'okta' }],
  ['policy-value-invalid', { seatLimit: 0 }],
  ['policy-value-invalid', { manualUpdates: { invites: 'locked' } }],
  ['policy-value-invalid', { ipAllowlist: '203.0.113.0/24' }],
  ['policy-value-invalid', { ipAllowlist: [7] }],
  ['policy-value-invalid', { licenseRules: [{ group: 'A' }] }],
  ['policy-value-invalid', { breakGlassUsers: [randomUserName()] }],
  ['policy-unknown', { groupNames: 'any', other: 1 }],
  ['request-invalid', [{ groupNames: 'any' }]],
  ['request-invalid', 'any'],
])('refuses with %s: %j, and changes nothing', async (reason, body) => {
  const act = async () => expectProblem(await set(body), 400, reason);
  expect(await appended(organization, act)).toEqual([]);
  expect(await shown()).toEqual(DEFAULTS);
});

it('says which values a policy can have', async () => {
  const { body } = await set({ groupNames: 'sometimes' });
  expect(body['detail']).toBe('groupNames: found "sometimes", expected one of: unique, any');
});

it.each(['203.0.113.0/33', '2001:db8::/129', '300.0.0.0/8', '203.0.113.7', 'everywhere'])(
  'R93 refuses the CIDR block %s, and points at it',
  async (block) => {
    const response = await set({ ipAllowlist: ['127.0.0.0/8', block] });
    expectProblem(response, 400, 'policy-value-invalid');
    const detail = `ipAllowlist[1]: found "${block}", expected a CIDR block such as 203.0.113.0/24`;
    expect(response.body['errors']).toEqual([{ pointer: '#/ipAllowlist/1', detail }]);
  },
);

it.each([
  ['policy-conflict', { defaultRole: 'Owner' }],
  ['policy-conflict', { roleSource: 'groups', capabilities: { groups: false } }],
  ['policy-conflict', { roleRules: [{ group: 'A', role: 'admin' }] }],
  ['policy-conflict', { ssoMatchesScim: true }],
  ['sso-missing', { ssoRequired: true }],
  ['sso-mismatch', { ssoMatchesScim: true, ssoProvider: 'entra', provider: 'okta' }],
  ['team-sync-conflict', { teamSync: 'sign-in' }],
])('refuses with %s what cannot stand together: %j', async (reason, policies) => {
  const act = async () => expectProblem(await set(policies), 409, reason);
  expect(await appended(organization, act)).toEqual([]);
  expect(await shown()).toEqual(DEFAULTS);
});

it('R75 names what is on where Team Sync and SCIM group sync exclude each other, both ways', async () => {
  expect((await set({ teamSync: 'sign-in' })).body['detail']).toMatch(/teamSync scim/);
  await set({ teamSync: 'off' });
  await set({ teamSync: 'sign-in' });
  const back = await set({ teamSync: 'scim' });
  expectProblem(back, 409, 'team-sync-conflict');
  expect(back.body['detail']).toMatch(/teamSync sign-in/);
});

describe('PATCH policies?dryRun=true', () => {
  it('answers what would be, and changes nothing', async () => {
    const act = async () => {
      const { policies, effects } = await preview({ groupNames: 'any', seatLimit: 3 });
      expect(policies).toEqual({ ...DEFAULTS, groupNames: 'any', seatLimit: 3 });
      expect(effects).toEqual({
        users: [],
        groups: [],
        teams: [],
        locks: [],
        totals: { users: 0, groups: 0, teams: 0, locks: 0 },
      });
    };
    expect(await appended(organization, act)).toEqual([]);
    expect(await shown()).toEqual(DEFAULTS);
  });

  it('R80 lists the groups that would get a team', async () => {
    await set({ groupMapping: 'strict' });
    const { id, displayName } = await organization.createGroup();
    const { effects } = await preview({ groupMapping: 'create' });
    expect(effects['groups']).toEqual([{ id, displayName, effect: expect.stringMatching(/.+/) }]);
    expect((await organization.api('GET', '/teams')).body.items).toEqual([]);
    await set({ groupMapping: 'create' });
    expect((await organization.api('GET', '/teams')).body.items).toHaveLength(1);
  });

  it('lists whom it would lock', async () => {
    const { id, userName } = await organization.createUser();
    const { effects } = await preview({ manualUpdates: { users: 'locked' } });
    expect(effects['locks']).toEqual([
      { kind: 'user', id, name: userName, effect: expect.stringMatching(/.+/) },
    ]);
  });

  it('R124 lists the users who would come under the identity provider', async () => {
    const { body: user } = await organization.api('POST', '/users', { userName: 'a@x' });
    const { effects } = await preview({ adoption: 'all-at-once' });
    expect(effects['users']).toEqual([
      { id: user.id, userName: 'a@x', effect: expect.stringMatching(/.+/) },
    ]);
  });

  it.each([
    [409, 'policy-conflict', { defaultRole: 'owner' }],
    [400, 'policy-value-invalid', { ipAllowlist: ['here'] }],
    [400, 'policy-unknown', { other: 1 }],
  ])('refuses what the change itself would: %i %s', async (status, reason, policies) => {
    const response = await organization.api('PATCH', '/policies?dryRun=true', policies);
    expectProblem(response, status, reason);
  });

  it.each(['dryRun=1', 'dryRun=', 'dry=true'])('refuses the parameter %s', async (query) => {
    const response = await organization.api('PATCH', `/policies?${query}`, {});
    expectProblem(response, 400, 'request-invalid');
  });
});

describe('what the plan includes', () => {
  it.each(['entitled', 'seatLimit'])('%s is not for a key of one organization', async (policy) => {
    const { service, slug } = await newOrganization(await sharedService());
    const theirs = await issueKey(service, 'administrator', slug);
    const ours = await issueKey(service, 'administrator');
    const path = `/api/organizations/${slug}/policies`;
    const values = { [policy]: policy === 'entitled' ? true : 5 };
    expectProblem(await callApi(theirs, 'PATCH', path, values), 403, 'forbidden');
    expect((await callApi(ours, 'PATCH', path, values)).status).toBe(200);
  });
});
