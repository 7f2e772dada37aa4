import {
  ENTERPRISE,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

/** The paths of every `null`, `""` and `[]` below `value`. */
function unassignedPaths(value: unknown, path = ''): string[] {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) =>
    unassignedPaths(member, `${path}/${key}`),
  );
}

it('READ-01 answers the whole resource at its own location', async () => {
  const { id } = await organization.createUser({ displayName: 'Ada' });
  const { status, body, headers } = await organization.scim('GET', `/Users/${id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ schemas: [USER], id, displayName: 'Ada' });
  expect(body.meta.location).toBe(`${organization.scimUrl}/Users/${id}`);
  expect(headers.get('etag')).toBe(body.meta.version);
});

it.each(['GET', 'PUT', 'PATCH'])('a %s says in Location where the resource is', async (method) => {
  const user = await organization.createUser();
  const body = { PUT: user, PATCH: patchOp({ op: 'add', path: 'title', value: 'x' }) }[method];
  const { headers } = await organization.scim(method, `/Users/${user.id}`, body);
  expect(headers.get('location')).toBe(user.meta.location);
  expect(headers.get('content-location')).toBe(user.meta.location);
});

it('READ-02 answers what the POST answered', async () => {
  const user = await organization.createUser({
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
    [ENTERPRISE]: { department: 'Engines' },
  });
  expect(await organization.readUser(user.id)).toEqual(user);
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  expect(await organization.readGroup(group.id)).toEqual(group);
});

it.each(['/Users/010101001010101011001010101011', '/Groups/010101001010101011001010101011'])(
  'READ-03 answers 404 for %s, which nobody has',
  async (path) => {
    expectScimError(await organization.scim('GET', path), 404);
  },
);

it.each([
  ['an encoded slash', 'a%2Fb'],
  ['a space', 'a%20b'],
  ['quotes', '%22%27'],
  ['parent folders', '..%2F..%2Fetc'],
  ['NUL', '%00'],
  ['a broken escape', '%E0%A4%A'],
  ['2,000 characters', 'x'.repeat(2_000)],
  ['a comment of SQL', "'%3B--"],
])('READ-04 answers 404 or 400 for an id with %s', async (_what, id) => {
  expectScimError(await organization.scim('GET', `/Users/${id}`), [404, 400]);
  expectScimError(await organization.scim('GET', `/Groups/${id}`), [404, 400]);
});

it('READ-05 compares ids with their letter case', async () => {
  const { id } = await organization.createUser();
  const other = id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase();
  expect(other).not.toBe(id);
  expectScimError(await organization.scim('GET', `/Users/${other}`), 404);
});

it('READ-06 does not find a user among the groups, nor a group among the users', async () => {
  const user = await organization.createUser();
  const group = await organization.createGroup();
  expectScimError(await organization.scim('GET', `/Groups/${user.id}`), 404);
  expectScimError(await organization.scim('GET', `/Users/${group.id}`), 404);
});

it("READ-07 answers 404 for another organization's id, as for an unknown one", async () => {
  const other = await newOrganization(organization.service);
  const { id } = await other.createUser();
  const foreign = await organization.scim('GET', `/Users/${id}`);
  const unknown = await organization.scim('GET', `/Users/${id.replace(/^./, 'x')}`);
  expectScimError(foreign, 404);
  expect(foreign.body.detail.replaceAll(id, '')).toBe(
    unknown.body.detail.replaceAll(id.replace(/^./, 'x'), ''),
  );
});

it('READ-08 changes nothing', async () => {
  const { id, meta } = await organization.createUser();
  await organization.readUser(id);
  expect((await organization.readUser(id)).meta).toEqual(meta);
});

it('READ-09 still shows a deactivated user, by id and by filter', async () => {
  const { id, userName } = await organization.createUser({ active: true });
  await organization.patchUser(id, { op: 'replace', value: { active: false } });
  expect((await organization.readUser(id))['active']).toBe(false);
  const { body } = await organization.search(`userName eq "${userName}"`);
  expect(body.Resources).toMatchObject([{ id, active: false }]);
});

it('READ-10 leaves out what is unassigned', async () => {
  const { id } = await organization.createUser({ title: null, nickName: '', emails: [], name: {} });
  expect(unassignedPaths(await organization.readUser(id))).toEqual([]);
});
