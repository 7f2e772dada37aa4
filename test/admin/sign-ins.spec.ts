import {
  newOrganization,
  type ApiResponse,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { issueKey } from './api-keys.js';
import { callApi } from '../support/scim-client.js';
import { expectProblem } from './expect-problem.js';
import { appended } from './story.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const signIn = (claims: Attributes = {}): Promise<ApiResponse> =>
  organization.api('POST', '/sign-ins', { subject: 's-1', userName: 'ada@x', ...claims });

const setPolicies = (policies: Attributes): Promise<ApiResponse> =>
  organization.api('PATCH', '/policies', policies);

it('R63 creates an unknown user, who is unsynced, and knows the user the next time', async () => {
  const claims = { email: 'ada@x', name: { givenName: 'Ada' } };
  const { status, body } = await signIn(claims);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    decision: 'allowed',
    reason: 'created',
    detail: expect.stringMatching(/.+/),
    user: {
      userName: 'ada@x',
      externalId: 's-1',
      name: { givenName: 'Ada' },
      origin: 'sign-in',
      synced: false,
    },
    role: 'member',
    teams: [],
  });
  const again = async () => {
    const next = (await signIn(claims)).body;
    expect(next).toMatchObject({ decision: 'allowed', reason: 'matched', user: body['user'] });
  };
  expect(await appended(organization, again)).toEqual([]);
});

it('takes a name that is text for the display name', async () => {
  const { body } = await signIn({ name: 'Ada Lovelace' });
  expect(body['user']).toMatchObject({ displayName: 'Ada Lovelace' });
});

it('R69 and R70 sets the role by the claims of each sign-in', async () => {
  expect((await signIn({ roles: ['editor'] })).body).toMatchObject({ role: 'editor' });
  expect((await signIn()).body).toMatchObject({ role: 'editor' });
  expect((await signIn({ roles: ['viewer'] })).body).toMatchObject({ role: 'viewer' });
});

it('sets the teams by the claims while policy teamSync is sign-in', async () => {
  await setPolicies({ teamSync: 'off' });
  await setPolicies({ teamSync: 'sign-in' });
  const { id } = (await organization.api('POST', '/teams', { name: 'Analysts' })).body;
  const mappings = [{ externalGroup: 'cn=analysts', teamId: id }];
  await organization.api('PUT', '/team-sync/mappings', mappings);
  const { body } = await signIn({ groups: ['cn=analysts', 'cn=others'] });
  expect(body['teams']).toEqual([{ id, name: 'Analysts', grants: ['sign-in'] }]);
  expect((await signIn({ groups: [] })).body['teams']).toEqual([]);
});

it('R27 refuses a user who was deactivated, and shows the user without role and teams', async () => {
  const user = await organization.createUser({ externalId: 's-1' });
  await organization.patchUser(user.id, { op: 'replace', path: 'active', value: false });
  const { status, body } = await signIn({ userName: user.userName });
  expect(status).toBe(200);
  expect(body).toEqual({
    decision: 'refused',
    reason: 'deactivated',
    detail: expect.stringMatching(/.+/),
    user: expect.objectContaining({ id: user.id, status: 'disabled' }),
  });
});

it.each([
  ['sign-up-off', { allowSignUp: false }],
  ['not-provisioned', { rejectNonProvisioned: true }],
])('refuses somebody unknown with %s under %j, and records nothing', async (reason, policies) => {
  await setPolicies(policies);
  const act = async () => {
    const detail = expect.stringMatching(/.+/);
    expect((await signIn()).body).toEqual({ decision: 'refused', reason, detail });
  };
  expect(await appended(organization, act)).toEqual([]);
});

it('refuses another subject than the one that the user is bound to', async () => {
  await setPolicies({ matchingKey: 'externalId' });
  const { userName } = await organization.createUser({ externalId: 's-2' });
  const { body } = await signIn({ userName });
  expect(body).toMatchObject({ decision: 'refused', reason: 'subject-mismatch' });
});

it('refuses a user more than seatLimit allows', async () => {
  await setPolicies({ seatLimit: 1 });
  await organization.createUser();
  expect((await signIn()).body).toMatchObject({
    decision: 'refused',
    reason: 'seat-limit-reached',
  });
});

it('decides for the key of an application', async () => {
  const key = await issueKey(organization.service, 'application', organization.slug);
  const path = `/api/organizations/${organization.slug}/sign-ins`;
  const { status } = await callApi(key, 'POST', path, { subject: 's', userName: 'a@x' });
  expect(status).toBe(200);
});

it('knows nothing of the users of another organization', async () => {
  const neighbour = await newOrganization(organization.service);
  const { userName } = await neighbour.createUser({ externalId: 's-1' });
  await setPolicies({ allowSignUp: false });
  expect((await signIn({ userName })).body).toMatchObject({ reason: 'sign-up-off' });
});

it.each([
  { subject: undefined },
  { subject: '' },
  { subject: 7 },
  { userName: undefined },
  { userName: ['ada@x'] },
  { email: 7 },
  { name: 7 },
  { name: { nickname: 'Ada' } },
  { groups: 'analysts' },
  { groups: [7] },
  { roles: [''] },
  { password: 'x' },
])('refuses %j', async (claims) => {
  expectProblem(await signIn(claims), 400, 'request-invalid');
});
