import { randomUUID } from 'node:crypto';
import { newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const userNames = async (query = ''): Promise<readonly unknown[]> =>
  (await organization.api('GET', `/users${query}`)).body.items.map(({ userName }) => userName);

const createNamed = (...names: readonly string[]) =>
  names.reduce(
    (before, userName) =>
      before.then(async () => void (await organization.createUser({ userName }))),
    Promise.resolve(),
  );

it('R2 and R4 shows a user whole, at once after the answer of the identity provider', async () => {
  const emails = [{ value: 'ada@example.com', type: 'work', primary: true }];
  const name = { givenName: 'Ada', familyName: 'Lovelace' };
  const created = await organization.createUser({
    externalId: '00u1',
    displayName: 'Ada Lovelace',
    name,
    emails,
  });
  const expected = {
    id: created.id,
    userName: created.userName,
    externalId: '00u1',
    displayName: 'Ada Lovelace',
    name,
    emails,
    status: 'active',
    synced: true,
    origin: 'scim',
    role: 'member',
    defaults: { role: 'member' },
    teams: [],
    createdAt: created.meta.created,
    modifiedAt: created.meta.lastModified,
  };
  expect((await organization.api('GET', `/users/${created.id}`)).body).toEqual(expected);
  const { body } = await organization.api('GET', '/users');
  expect(body).toEqual({ items: [expected], total: 1, counts: { synced: 1, unsynced: 0 } });
});

it('leaves out what a user does not have', async () => {
  const { id } = await organization.createUser();
  const { body } = await organization.api('GET', `/users/${id}`);
  expect(Object.keys(body).sort()).toEqual(
    [
      'createdAt',
      'defaults',
      'emails',
      'id',
      'modifiedAt',
      'origin',
      'role',
      'status',
      'synced',
      'teams',
      'userName',
    ].sort(),
  );
});

it('names the teams of a user and why the user is in them', async () => {
  const { id } = await organization.createUser();
  const { displayName } = await organization.createGroup({ members: [{ value: id }] });
  const { body } = await organization.api('GET', `/users/${id}`);
  expect(body['teams']).toEqual([
    { id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: displayName, grants: ['scim'] },
  ]);
});

it('pages through users in the order of their creation, with the total on every page', async () => {
  await createNamed('a@x', 'b@x', 'c@x', 'd@x', 'e@x');
  const seen: unknown[] = [];
  let cursor = '';
  do {
    const { body } = await organization.api('GET', `/users?limit=2${cursor}`);
    expect(body['total']).toBe(5);
    seen.push(...body.items.map(({ userName }) => userName));
    cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
  } while (cursor !== '');
  expect(seen).toEqual(['a@x', 'b@x', 'c@x', 'd@x', 'e@x']);
});

it('has no next page after a page that is exactly full', async () => {
  await createNamed('a@x', 'b@x');
  const { body } = await organization.api('GET', '/users?limit=2');
  expect(body.items).toHaveLength(2);
  expect(body).not.toHaveProperty('nextCursor');
});

it('tells active, disabled and removed users apart, and lists those removed only when asked', async () => {
  await createNamed('active@x', 'disabled@x', 'removed@x');
  const [, disabled, removed] = (await organization.api('GET', '/users')).body.items;
  await organization.patchUser(disabled!.id, { op: 'replace', path: 'active', value: false });
  await organization.scim('DELETE', `/Users/${removed!.id}`);
  expect(await userNames()).toEqual(['active@x', 'disabled@x']);
  expect(await userNames('?status=active')).toEqual(['active@x']);
  expect(await userNames('?status=disabled')).toEqual(['disabled@x']);
  expect(await userNames('?status=removed')).toEqual(['removed@x']);
  const { body } = await organization.api('GET', `/users/${removed!.id}`);
  expect(body['status']).toBe('removed');
});

it.each([
  ['?synced=true', 1],
  ['?synced=false', 0],
  ['?origin=scim', 1],
  ['?origin=sign-in', 0],
])('filters by %s', async (query, total) => {
  await organization.createUser();
  const { status, body } = await organization.api('GET', `/users${query}`);
  expect([status, body.items.length, body['total']]).toEqual([200, total, total]);
});

it.each(['GRACE', 'hopper', 'admiral@', 'ace Hop'])('finds a user by a part: %s', async (q) => {
  await organization.createUser({
    userName: 'grace@example.com',
    displayName: 'Grace Hopper',
    emails: [{ value: 'Admiral@navy.example' }],
  });
  await organization.createUser({ userName: 'other@example.com' });
  expect(await userNames(`?q=${encodeURIComponent(q)}`)).toEqual(['grace@example.com']);
});

it.each(['%25', '_', "'", '\\'])('takes %s in a search for itself', async (q) => {
  await organization.createUser({ userName: 'plain@example.com' });
  expect(await userNames(`?q=${encodeURIComponent(decodeURIComponent(q))}`)).toEqual([]);
});

it.each([
  'limit=0',
  'limit=201',
  'limit=1.5',
  'limit=-1',
  'limit=1e2',
  'synced=yes',
  'synced=',
  'status=gone',
  'origin=ldap',
  'q=',
  'q=%00',
  'q=a&q=b',
  'q[a]=b',
  'cursor=',
  'cursor=x',
  'cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk',
  'cursor=MSBPUiAxPTE',
  'filter=userName',
])('refuses the parameter %s', async (query) => {
  expectProblem(await organization.api('GET', `/users?${query}`), 400, 'request-invalid');
});

it.each([randomUUID(), 'me', "x'--", '%00', '%FF', 'x'.repeat(300)])(
  'answers 404 for the user %s',
  async (id) => {
    const response = await organization.api('GET', `/users/${id}`);
    // A path that is not UTF-8 is no path at all.
    if (id === '%FF') expect([400, 404]).toContain(response.status);
    else expectProblem(response, 404, 'user-unknown');
  },
);

it('shows nothing of the users of another organization', async () => {
  const neighbour = await newOrganization(organization.service);
  const { id, userName } = await neighbour.createUser();
  expectProblem(await organization.api('GET', `/users/${id}`), 404, 'user-unknown');
  expect((await organization.api('GET', '/users')).body).toEqual({
    items: [],
    total: 0,
    counts: { synced: 0, unsynced: 0 },
  });
  expect(await userNames(`?q=${userName}`)).toEqual([]);
});
