import { randomUUID } from 'node:crypto';
import {
  ENTERPRISE,
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  randomDisplayName,
  randomUserName,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

async function memberIds(id: string): Promise<(string | undefined)[]> {
  return ((await organization.readGroup(id)).members ?? []).map((member) => member.value).sort();
}

async function expectPatched(path: string, ...operations: unknown[]): Promise<void> {
  const response = await organization.patch(path, ...operations);
  if (![200, 204].includes(response.status)) throw new Error(response.text);
}

it('SEQ-01 an import of Okta walks every user once', async () => {
  const target = await newOrganization(organization.service);
  const created = await Promise.all(Array.from({ length: 7 }, () => target.createUser()));
  expect(await target.read('/Users?startIndex=1&count=2')).toMatchObject({
    totalResults: 7,
    startIndex: 1,
    itemsPerPage: 2,
  });
  const page = await target.read('/Users?startIndex=1&count=100');
  expect(page.Resources.map(({ id }) => id).sort()).toEqual(created.map(({ id }) => id).sort());
  const groups = await target.read('/Groups?startIndex=1&count=100');
  expect(groups.totalResults).toBe(0);
});

it('SEQ-02 the life of a user in Okta', async () => {
  const userName = randomUserName();
  const lookup = () =>
    organization.search(`userName eq "${userName}"`, '/Users', 'startIndex=1&count=100');
  expect((await lookup()).body.totalResults).toBe(0);
  const { id } = await organization.createUser({
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  });
  expect((await lookup()).body.Resources.map((user) => user.id)).toEqual([id]);
  await organization.readUser(id);
  const read = await organization.readUser(id);
  const changed = { ...read, name: { givenName: 'Another', familyName: 'User' } };
  const put = await organization.scim('PUT', `/Users/${id}`, changed);
  expect(put.status).toBe(200);
  expect(put.body).toMatchObject({ id, name: { givenName: 'Another' } });
  for (const active of [false, true, false]) {
    await expectPatched(`/Users/${id}`, { op: 'replace', value: { active } });
    expect(await organization.readUser(id)).toMatchObject({ id, active });
  }
});

it('SEQ-03 a group push of Okta', async () => {
  const [a, b] = await Promise.all([organization.createUser(), organization.createUser()]);
  const displayName = randomDisplayName();
  const lookup = () =>
    organization.search(`displayName eq "${displayName}"`, '/Groups', 'startIndex=1&count=100');
  expect((await lookup()).body.totalResults).toBe(0);
  const { id } = await organization.createGroup({ displayName, members: [] });
  expect((await lookup()).body.Resources.map((group) => group.id)).toEqual([id]);
  const path = `/Groups/${id}`;
  const member = (value: string) => [{ value, display: 'test.user@okta.local' }];
  await expectPatched(path, { op: 'add', path: 'members', value: member(a.id) });
  expect(await memberIds(id)).toEqual([a.id]);

  const before = await organization.readGroup(id);
  await expectPatched(path, { op: 'replace', value: { id, displayName } });
  expect(await organization.readGroup(id)).toEqual(before);
  const renamed = `${displayName} renamed`;
  await expectPatched(path, { op: 'replace', value: { id, displayName: renamed } });
  expect((await organization.readGroup(id)).displayName).toBe(renamed);

  await expectPatched(
    path,
    { op: 'remove', path: `members[value eq "${a.id}"]` },
    { op: 'add', path: 'members', value: member(b.id) },
  );
  expect(await memberIds(id)).toEqual([b.id]);
  const body = { schemas: [GROUP], id, displayName: renamed };
  const members = [...member(a.id), ...member(b.id)];
  expect((await organization.scim('PUT', path, { ...body, members })).status).toBe(200);
  expect(await memberIds(id)).toEqual([a.id, b.id].sort());
  expect((await organization.scim('DELETE', path)).status).toBe(204);
  expectScimError(await organization.scim('GET', path), 404);
  expect((await organization.readUser(a.id)).groups ?? []).toEqual([]);
});

it('SEQ-04 the connection test of Entra finds nobody', async () => {
  const users = await organization.search(`userName eq "${randomUUID()}"`);
  expect(users.status).toBe(200);
  expect(users.body.totalResults).toBe(0);
  expect(users.body.Resources ?? []).toEqual([]);
  const filter = encodeURIComponent(`displayName eq "${randomUUID()}"`);
  const groups = await organization.read(`/Groups?excludedAttributes=members&filter=${filter}`);
  expect(groups.totalResults).toBe(0);
});

it('SEQ-05 the cycle of a user in Entra', async () => {
  const userName = `Test_User_${randomUUID()}`;
  const externalId = randomUUID();
  const lookups = [`externalId eq "${externalId}"`, `userName eq "${userName}"`];
  const found = async () =>
    Promise.all(lookups.map(async (filter) => (await organization.search(filter)).body));
  expect((await found()).map((body) => body.totalResults)).toEqual([0, 0]);
  const { id } = await organization.createUser({
    schemas: [USER, ENTERPRISE],
    externalId,
    userName,
    active: true,
    emails: [{ primary: true, type: 'work', value: 'a@example.com' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
    roles: [],
  });
  for (const body of await found()) expect(body.Resources.map((user) => user.id)).toEqual([id]);
  await expectPatched(
    `/Users/${id}`,
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@example.com' },
    { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
    { op: 'Add', path: `${ENTERPRISE}:employeeNumber`, value: '42' },
  );
  expect(await organization.readUser(id)).toMatchObject({
    emails: [{ value: 'b@example.com', type: 'work', primary: true }],
    name: { familyName: 'updatedFamilyName', givenName: 'givenName' },
    [ENTERPRISE]: { employeeNumber: '42' },
  });
  for (const [value, active] of [
    ['False', false],
    ['True', true],
  ] as const) {
    await expectPatched(`/Users/${id}`, { op: 'Replace', path: 'active', value });
    for (const body of await found()) expect(body.Resources).toMatchObject([{ id, active }]);
  }
  expect((await organization.scim('DELETE', `/Users/${id}`)).status).toBe(204);
  expectScimError(await organization.scim('GET', `/Users/${id}`), 404);
});

it('SEQ-06 the cycle of a group in Entra', async () => {
  const [a, b] = await Promise.all([organization.createUser(), organization.createUser()]);
  const displayName = randomDisplayName();
  const externalId = randomUUID();
  const lookups = [`displayName eq "${displayName}"`, `externalId eq "${externalId}"`];
  const found = async () => {
    const bodies = lookups.map(async (filter) => {
      const response = await organization.search(filter, '/Groups', 'excludedAttributes=members');
      return response.body.Resources ?? [];
    });
    return (await Promise.all(bodies)).flat();
  };
  expect(await found()).toEqual([]);
  const { id } = await organization.createGroup({
    schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId,
    displayName,
    meta: { resourceType: 'Group' },
  });
  const path = `/Groups/${id}`;
  for (const value of [a.id, b.id]) {
    await expectPatched(path, { op: 'Add', path: 'members', value: [{ $ref: null, value }] });
  }
  const groups = await found();
  expect(groups.map((group) => group.id)).toEqual([id, id]);
  for (const group of groups) expect(group).not.toHaveProperty('members');
  expect(await memberIds(id)).toEqual([a.id, b.id].sort());
  await expectPatched(path, { op: 'Remove', path: 'members', value: [{ value: a.id }] });
  expect(await memberIds(id)).toEqual([b.id]);
  await expectPatched(path, { op: 'remove', path: `members[value eq "${b.id}"]` });
  expect(await memberIds(id)).toEqual([]);
  const renamed = randomDisplayName();
  await expectPatched(path, { op: 'Replace', path: 'displayName', value: renamed });
  expect((await organization.readGroup(id)).displayName).toBe(renamed);
  expect((await organization.scim('DELETE', path)).status).toBe(204);
  expectScimError(await organization.scim('GET', path), 404);
});

it('SEQ-07 Entra sets the manager after the user, and clears it with an empty string', async () => {
  const boss = await organization.createUser();
  const { id } = await organization.createUser();
  const path = `${ENTERPRISE}:manager`;
  await expectPatched(`/Users/${id}`, { op: 'Add', path, value: boss.id });
  expect((await organization.readUser(id))[ENTERPRISE]).toMatchObject({
    manager: { value: boss.id },
  });
  await expectPatched(`/Users/${id}`, { op: 'Replace', path, value: '' });
  expect((await organization.readUser(id))[ENTERPRISE]).toBeUndefined();
});

it('SEQ-08 Entra restores a disabled user and creates a deleted one anew', async () => {
  const { id, userName } = await organization.createUser({ active: true });
  for (const value of ['False', 'True']) {
    await expectPatched(`/Users/${id}`, { op: 'Replace', path: 'active', value });
  }
  expect(await organization.readUser(id)).toMatchObject({ id, active: true });
  await organization.scim('DELETE', `/Users/${id}`);
  const again = await organization.createUser({ userName, active: true });
  expect(again.id).not.toBe(id);
});
