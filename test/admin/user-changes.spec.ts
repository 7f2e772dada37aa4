import { randomUUID } from 'node:crypto';
import {
  callApi,
  newOrganization,
  randomUserName,
  type ApiResponse,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';
import { appended, story } from './story.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const add = (user: Attributes = {}): Promise<ApiResponse> =>
  organization.api('POST', '/users', { userName: randomUserName(), ...user });

const addWithKey = (key: string, user: Attributes): Promise<ApiResponse> =>
  callApi(organization.service, 'POST', `/api/organizations/${organization.slug}/users`, user, {
    'idempotency-key': key,
  });

const change = (id: string, changes: Attributes): Promise<ApiResponse> =>
  organization.api('PATCH', `/users/${id}`, changes);

const setPolicies = (policies: Attributes): Promise<ApiResponse> =>
  organization.api('PATCH', '/policies', policies);

describe('POST users', () => {
  it('adds a user whom the identity provider does not manage, and says where it is', async () => {
    const user = {
      userName: 'ada@example.com',
      displayName: 'Ada Lovelace',
      externalId: '00u1',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
      role: 'analyst',
    };
    const { status, headers, body } = await add(user);
    expect(status).toBe(201);
    const path = `/api/organizations/${organization.slug}/users/${body.id}`;
    expect(headers.get('location')).toBe(organization.service.url + path);
    expect(body).toMatchObject({
      ...user,
      status: 'active',
      synced: false,
      origin: 'manual',
      teams: [],
      defaults: {},
    });
    expect((await organization.api('GET', `/users/${body.id}`)).body).toEqual(body);
    expect(await story(organization, `user=${body.id}`)).toEqual([
      'NameClaimed',
      'UserRegistered',
      'UserRoleChanged',
    ]);
  });

  it('R3 lets SCIM see the user from the answer on', async () => {
    const { body } = await add({ userName: 'ada@example.com' });
    expect(await organization.readUser(body.id)).toMatchObject({ userName: 'ada@example.com' });
    const found = await organization.search('userName eq "ADA@example.com"');
    expect(found.body.Resources.map(({ id }) => id)).toEqual([body.id]);
  });

  it('R62 says that a program added the user where it says so', async () => {
    expect((await add({ origin: 'api' })).body['origin']).toBe('api');
  });

  it('R65 adds one user for all requests with the same Idempotency-Key', async () => {
    const user = { userName: randomUserName() };
    const key = randomUUID();
    const first = await addWithKey(key, user);
    const again = await Promise.all([1, 2, 3].map(() => addWithKey(key, user)));
    expect(again.map(({ status, body }) => [status, body])).toEqual(
      again.map(() => [201, first.body]),
    );
    expect(await story(organization, `user=${first.body.id}`)).toEqual([
      'NameClaimed',
      'UserRegistered',
    ]);
  });

  it('refuses the Idempotency-Key of another user, and of one who was deleted', async () => {
    const key = randomUUID();
    const user = { userName: randomUserName() };
    const { body } = await addWithKey(key, user);
    const other = await addWithKey(key, { userName: randomUserName() });
    expectProblem(other, 409, 'name-already-claimed');
    expect(other.body.detail).toContain('Idempotency-Key');
    await organization.api('DELETE', `/users/${body.id}`);
    expectProblem(await addWithKey(key, user), 409, 'name-already-claimed');
  });

  it('takes an Idempotency-Key of another organization for an unknown one', async () => {
    const key = randomUUID();
    const user = { userName: randomUserName() };
    const { body } = await addWithKey(key, user);
    organization = await newOrganization(organization.service);
    const other = await addWithKey(key, user);
    expect([other.status, other.body.id === body.id]).toEqual([201, false]);
  });

  it.each(['', 'x'.repeat(256)])('refuses the Idempotency-Key %j', async (key) => {
    const user = { userName: randomUserName() };
    expectProblem(await addWithKey(key, user), 400, 'request-invalid');
  });

  it('R6 refuses while SCIM is on and policy appCreatedUsers refuses', async () => {
    await setPolicies({ appCreatedUsers: 'refuse' });
    const response = await add();
    expectProblem(response, 409, 'managed-by-identity-provider');
    expect(response.body['detail']).toMatch(/appCreatedUsers is refuse/);
    await organization.api('POST', '/scim/disable');
    expect((await add()).status).toBe(201);
  });

  it('refuses a userName that is in use, in any letter case', async () => {
    await add({ userName: 'ada@example.com' });
    const response = await add({ userName: 'ADA@example.com' });
    expectProblem(response, 409, 'name-already-claimed');
  });

  it('refuses a user more than seatLimit allows', async () => {
    await setPolicies({ seatLimit: 1 });
    await add();
    expectProblem(await add(), 409, 'seat-limit-reached');
  });

  it.each([
    [{ userName: undefined }, '#/userName'],
    [{ userName: 7 }, '#/userName'],
    [{ userName: '' }, '#/userName'],
    [{ displayName: ['Ada'] }, '#/displayName'],
    [{ name: 'Ada' }, '#/name'],
    [{ name: { givenName: 7 } }, '#/name/givenName'],
    [{ name: { nickname: 'Ada' } }, '#/name/nickname'],
    [{ emails: 'ada@example.com' }, '#/emails'],
    [{ emails: [{ value: 7 }] }, '#/emails/0/value'],
    [
      {
        emails: [
          { value: 'a@x', primary: true },
          { value: 'b@x', primary: true },
        ],
      },
      '#/emails',
    ],
    [{ role: '' }, '#/role'],
    [{ origin: 'scim' }, '#/origin'],
    [{ active: false }, '#/active'],
    [{ groups: [] }, '#/groups'],
  ])('refuses %j and points at %s', async (user, pointer) => {
    const response = await add(user);
    expectProblem(response, 400, 'request-invalid');
    expect(response.body['errors']).toEqual([{ pointer, detail: expect.stringMatching(/.+/) }]);
  });
});

describe('PATCH users/{id}', () => {
  it('changes what it names and leaves the rest, for SCIM as well', async () => {
    const { id } = (await add({ userName: 'ada@x', displayName: 'Ada', externalId: 'e-1' })).body;
    const emails = [{ value: 'king@example.com', type: 'work' }];
    const { status, body } = await change(id, { displayName: 'Ada King', emails, role: 'editor' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      userName: 'ada@x',
      displayName: 'Ada King',
      externalId: 'e-1',
      emails,
      role: 'editor',
    });
    expect(body).not.toHaveProperty('warnings');
    expect((await organization.api('GET', `/users/${id}`)).body).toEqual(body);
    expect(await organization.readUser(id)).toMatchObject({ displayName: 'Ada King', emails });
    expect(await story(organization, `user=${id}`)).toEqual([
      'NameClaimed',
      'UserRegistered',
      'UserProfileChanged',
      'UserRoleChanged',
    ]);
  });

  it('takes away what is null', async () => {
    const name = { givenName: 'Ada' };
    const { id } = (await add({ displayName: 'Ada', externalId: 'e-1', name })).body;
    const { body } = await change(id, { displayName: null, externalId: null, name: null });
    expect(Object.keys(body)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:displayName|externalId|name)$/)]),
    );
  });

  it('records nothing when nothing changes', async () => {
    const { id } = (await add({ displayName: 'Ada' })).body;
    const act = () => change(id, { displayName: 'Ada', active: true });
    expect(await appended(organization, act)).toEqual([]);
  });

  it('R19 warns of what the identity provider takes back, until it does', async () => {
    const { id } = await organization.createUser({ displayName: 'Ada' });
    const { status, body } = await change(id, { displayName: 'By hand' });
    expect([status, body['displayName'], body['overrides']]).toEqual([
      200,
      'By hand',
      ['displayName'],
    ]);
    expect(body['warnings']).toEqual([expect.stringMatching(/^displayName: /)]);
    await organization.patchUser(id, { op: 'replace', path: 'displayName', value: 'Stated' });
    const after = (await organization.api('GET', `/users/${id}`)).body;
    expect(after['displayName']).toBe('Stated');
    expect(after).not.toHaveProperty('overrides');
    expect(await story(organization, `user=${id}`)).toEqual([
      'NameClaimed',
      'UserProvisioned',
      'UserProfileChanged',
      'UserOverridden',
      'UserProfileChanged',
      'UserOverridesReplaced',
    ]);
  });

  it('R110 refuses to change a synced user while manualUpdates locks users, and records nothing', async () => {
    const { id } = await organization.createUser({ displayName: 'Ada' });
    await setPolicies({ manualUpdates: { users: 'locked' } });
    const act = async () => {
      const response = await change(id, { displayName: 'By hand' });
      expectProblem(response, 409, 'managed-by-identity-provider');
      expect(response.body['detail']).toMatch(/manualUpdates\.users is locked/);
    };
    expect(await appended(organization, act)).toEqual([]);
    await organization.api('POST', '/scim/disable');
    expect((await change(id, { displayName: 'By hand' })).status).toBe(200);
  });

  it.each([
    ['disable', 'disabled'],
    ['remove', 'removed'],
  ])('deactivates and reactivates under onDeactivate %s', async (onDeactivate, expected) => {
    await setPolicies({ onDeactivate });
    const { id } = (await add()).body;
    expect((await change(id, { active: false })).body['status']).toBe(expected);
    expect((await change(id, { active: true })).body['status']).toBe('active');
  });

  it('refuses to demote or deactivate the last owner', async () => {
    const { id } = (await add({ role: 'owner' })).body;
    expectProblem(await change(id, { role: 'member' }), 409, 'protected-user');
    expectProblem(await change(id, { active: false }), 409, 'protected-user');
    await add({ role: 'owner' });
    expect((await change(id, { role: 'member' })).status).toBe(200);
  });

  it.each([
    { userName: null },
    { userName: '' },
    { active: null },
    { active: 'false' },
    { role: null },
    { role: ' x' },
    { emails: [{ value: true }] },
    { origin: 'api' },
    { synced: false },
  ])('refuses %j', async (changes) => {
    const { id } = (await add()).body;
    expectProblem(await change(id, changes), 400, 'request-invalid');
  });
});

describe('DELETE users/{id}', () => {
  it('deletes a user: shown as removed, unknown to SCIM, its userName free for a successor', async () => {
    const { id } = (await add({ userName: 'ada@x' })).body;
    expect((await organization.api('DELETE', `/users/${id}`)).status).toBe(204);
    expect((await organization.api('GET', `/users/${id}`)).body['status']).toBe('removed');
    expect((await organization.scim('GET', `/Users/${id}`)).status).toBe(404);
    const successor = await add({ userName: 'ada@x' });
    expect(successor.body).toMatchObject({ predecessorId: id });
    expect(successor.body.id).not.toBe(id);
  });

  it('answers 404 for a user who is deleted already', async () => {
    const { id } = (await add()).body;
    await organization.api('DELETE', `/users/${id}`);
    expectProblem(await organization.api('DELETE', `/users/${id}`), 404, 'user-unknown');
  });

  it.each([
    ['refuse', 409],
    ['allow', 204],
  ])('R7 answers for a synced user under manualDelete %s: %i', async (manualDelete, expected) => {
    const { id } = await organization.createUser();
    await setPolicies({ manualDelete });
    const response = await organization.api('DELETE', `/users/${id}`);
    expect(response.status).toBe(expected);
    if (expected === 409) expectProblem(response, 409, 'managed-by-identity-provider');
  });

  it('refuses to delete the last owner', async () => {
    const { id } = (await add({ role: 'owner' })).body;
    expectProblem(await organization.api('DELETE', `/users/${id}`), 409, 'protected-user');
  });
});

it.each(['PATCH', 'DELETE'])(
  'answers 404 to %s of users of others, and of none',
  async (method) => {
    const neighbour = await newOrganization(organization.service);
    const { id } = await neighbour.createUser();
    const body = method === 'PATCH' ? { displayName: 'x' } : undefined;
    for (const path of [`/users/${id}`, `/users/${randomUUID()}`, '/users/me']) {
      expectProblem(await organization.api(method, path, body), 404, 'user-unknown');
    }
    expect((await neighbour.api('GET', `/users/${id}`)).body).not.toHaveProperty('displayName');
  },
);

it('R9 counts who is synced and who is not, whichever are listed', async () => {
  await organization.createUser();
  await organization.createUser();
  await add();
  const counts = { synced: 2, unsynced: 1 };
  const all = (await organization.api('GET', '/users')).body;
  expect([all['total'], all['counts']]).toEqual([3, counts]);
  const unsynced = (await organization.api('GET', '/users?synced=false')).body;
  expect([unsynced['total'], unsynced.items.length, unsynced['counts']]).toEqual([1, 1, counts]);
});

it("R61 shows which values are defaults, and not the identity provider's", async () => {
  const policies = { defaultRole: 'viewer', defaultLicense: 'basic', defaultLocale: 'en-GB' };
  await setPolicies(policies);
  const { id } = await organization.createUser();
  const { body } = await organization.api('GET', `/users/${id}`);
  expect(body).toMatchObject({
    role: 'viewer',
    license: 'basic',
    defaults: { role: 'viewer', license: 'basic', locale: 'en-GB' },
  });
  const other = await organization.createUser({ locale: 'de-DE' });
  const { defaults } = (await organization.api('GET', `/users/${other.id}`)).body;
  expect(defaults).toEqual({ role: 'viewer', license: 'basic' });
});
