import { eventually, expectScimError, newOrganization } from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

async function expectDeleted(path: string): Promise<void> {
  const { status, text, headers } = await organization.scim('DELETE', path);
  expect(status).toBe(204);
  expect(text).toBe('');
  expect(headers.get('content-length') ?? '0').toBe('0');
}

async function userInGroup(): Promise<{ user: ScimDocument; group: ScimDocument }> {
  const user = await organization.createUser({ active: true });
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  return { user, group };
}

it('DEL-01 answers 204 without a body, and 404 from then on', async () => {
  const { id } = await organization.createUser();
  await expectDeleted(`/Users/${id}`);
  for (const method of ['GET', 'DELETE']) {
    expectScimError(await organization.scim(method, `/Users/${id}`), 404);
  }
  const change = { op: 'replace', path: 'displayName', value: 'x' };
  expectScimError(await organization.patchUser(id, change), 404);
});

it('DEL-03 removes the user from lists and filters', async () => {
  const { id, userName } = await organization.createUser();
  const before = await organization.read('/Users?count=0');
  await expectDeleted(`/Users/${id}`);
  expect((await organization.read('/Users?count=0')).totalResults).toBe(before.totalResults - 1);
  expect((await organization.search(`userName eq "${userName}"`)).body.totalResults).toBe(0);
  expect((await organization.search(`id eq "${id}"`)).body.totalResults).toBe(0);
});

it('DEL-04 frees the userName for a new user with a new id', async () => {
  const { id, userName } = await organization.createUser();
  await expectDeleted(`/Users/${id}`);
  expect((await organization.createUser({ userName })).id).not.toBe(id);
});

it('frees the displayName of a deleted group', async () => {
  const { id, displayName } = await organization.createGroup();
  await expectDeleted(`/Groups/${id}`);
  expect((await organization.createGroup({ displayName })).id).not.toBe(id);
});

it('DEL-05 removes the user from its groups, whose version advances', async () => {
  const { user, group } = await userInGroup();
  await expectDeleted(`/Users/${user.id}`);
  const after = await organization.readGroup(group.id);
  expect(after.members ?? []).toEqual([]);
  expect(after.meta.version).not.toBe(group.meta.version);
});

it('DEL-06 deletes a group and keeps its users', async () => {
  const { user, group } = await userInGroup();
  expect((await organization.readUser(user.id)).groups).toHaveLength(1);
  await expectDeleted(`/Groups/${group.id}`);
  expectScimError(await organization.scim('GET', `/Groups/${group.id}`), 404);
  expect((await organization.readUser(user.id)).groups ?? []).toEqual([]);
});

it.each(['/Users/unknown-id', '/Groups/unknown-id'])('DEL-07 answers 404 for %s', async (path) => {
  expectScimError(await organization.scim('DELETE', path), 404);
});

it('DEL-08 deletes an active user without asking for deactivation first', async () => {
  const { id } = await organization.createUser({ active: true });
  await expectDeleted(`/Users/${id}`);
});

it('DEL-09 deletes a deactivated user together with its memberships', async () => {
  const { user, group } = await userInGroup();
  await organization.patchUser(user.id, { op: 'replace', value: { active: false } });
  await expectDeleted(`/Users/${user.id}`);
  expect((await organization.readGroup(group.id)).members ?? []).toEqual([]);
});

it('DEL-10 keeps id, listing and membership through deactivation and reactivation', async () => {
  const { user, group } = await userInGroup();
  for (const active of [false, true]) {
    await organization.patchUser(user.id, { op: 'replace', value: { active } });
    const { body } = await organization.search(`userName eq "${user.userName}"`);
    expect(body.Resources).toMatchObject([{ id: user.id, active }]);
  }
  const { members } = await organization.readGroup(group.id);
  expect(members.map((member) => member.value)).toEqual([user.id]);
});

it('DEL-11 keeps the history of a user that no SCIM answer shows any more', async () => {
  const { id } = await organization.createUser();
  await expectDeleted(`/Users/${id}`);
  const history = await eventually(
    () => organization.api('GET', `/history?user=${id}`),
    ({ body }) => (body.items ?? []).length >= 2,
  );
  expect(history.status).toBe(200);
  expect(history.body.items.length).toBeGreaterThanOrEqual(2);
  expectScimError(await organization.scim('GET', `/Users/${id}`), 404);
});

it('DEL-12 ignores a body', async () => {
  const { id } = await organization.createUser();
  const headers = { 'content-type': 'application/json' };
  const response = await organization.scim('DELETE', `/Users/${id}`, { any: 'body' }, headers);
  expect(response.status).toBe(204);
});

it('DEL-12 accepts a Content-Type without a body', async () => {
  const { id } = await organization.createUser();
  const headers = { 'content-type': 'application/json' };
  const response = await organization.scim('DELETE', `/Users/${id}`, undefined, headers);
  expect(response.status).toBe(204);
});
