import {
  inParallel,
  newOrganization,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';
import { appended } from './story.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const connection = async () => (await organization.api('GET', '/scim')).body;

const allowed = [
  [204, null],
  [204, null],
];

it('pauses removals over the limit, says so, and resumes when told', async () => {
  const users = await inParallel(Array.from({ length: 10 }), 5, () => organization.createUser());
  await organization.api('PATCH', '/policies', { massRemovalLimit: 20 });
  const removals: (readonly [status: number, retryAfter: string | null])[] = [];
  for (const { id } of users.slice(0, 4)) {
    const { status, headers } = await fetch(`${organization.scimUrl}/Users/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${organization.token}` },
    });
    removals.push([status, headers.get('retry-after')]);
  }
  expect(removals).toEqual([...allowed, [503, '300'], [503, '300']]);
  const { paused } = (await connection()) as { readonly paused?: Attributes };
  expect(paused).toEqual({
    since: expect.stringMatching(/Z$/),
    removed: expect.any(Number),
    users: expect.any(Number),
  });
  const resumed = await organization.api('POST', '/scim/resume');
  expect(resumed.status).toBe(200);
  expect(resumed.body).toEqual({ ...(await connection()) });
  expect(resumed.body).not.toHaveProperty('paused');
  expect((await organization.scim('DELETE', `/Users/${users[3]!.id}`)).status).toBe(204);
});

it('shows no pause once the limit is gone that paused', async () => {
  const users = await inParallel(Array.from({ length: 5 }), 5, () => organization.createUser());
  await organization.api('PATCH', '/policies', { massRemovalLimit: 20 });
  for (const { id } of users.slice(0, 2)) {
    await fetch(`${organization.scimUrl}/Users/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${organization.token}` },
    });
  }
  expect(await connection()).toHaveProperty('paused');
  await organization.api('PATCH', '/policies', { massRemovalLimit: null });
  expect(await connection()).not.toHaveProperty('paused');
  expect((await organization.scim('DELETE', `/Users/${users[1]!.id}`)).status).toBe(204);
});

it('records nothing when it resumes what was not paused', async () => {
  const act = () => organization.api('POST', '/scim/resume');
  expect(await appended(organization, act)).toEqual([]);
});

it.each([
  ['entitlement-missing', { entitled: false }],
  ['sso-missing', { ssoRequired: true }],
  ['sso-mismatch', { ssoMatchesScim: true, ssoProvider: 'entra', provider: 'okta' }],
])('R36 refuses to enable with %s under %j', async (reason, policies) => {
  await organization.api('POST', '/scim/disable');
  await organization.api('PATCH', '/policies', policies);
  expectProblem(await organization.api('POST', '/scim/enable'), 409, reason);
  const unmet = (await connection())['preconditions'] as readonly Attributes[];
  expect(unmet.filter(({ met }) => met === false)).toHaveLength(1);
});

it('R124 previews whom enabling would put under the identity provider, and changes nothing', async () => {
  const fresh = await newOrganization(organization.service, { enableScim: false });
  await fresh.api('PATCH', '/policies', { adoption: 'all-at-once' });
  const { body: user } = await fresh.api('POST', '/users', { userName: 'a@x' });
  const act = async () => {
    const { status, body } = await fresh.api('POST', '/scim/enable?dryRun=true');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      preconditions: [{ met: true }, { met: true }, { met: true }],
      effects: { users: [{ id: user.id, userName: 'a@x', effect: expect.stringMatching(/.+/) }] },
    });
  };
  expect(await appended(fresh, act)).toEqual([]);
  expect((await fresh.api('GET', '/scim')).body).toMatchObject({ enabled: false });
  await fresh.api('POST', '/scim/enable');
  expect((await fresh.api('GET', `/users/${user.id}`)).body).toMatchObject({ synced: true });
});
