import { ENTERPRISE, USER, expectScimError, newOrganization } from '../support/scim-client.js';
import type { Attributes, ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const WORK = { value: 'ada@example.com', type: 'work', display: 'w' };
const HOME = { value: 'ada@home.org', type: 'home', display: 'h' };

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const remove = (path: string) => ({ op: 'remove', path });

/** Creates a user, applies the operations, and answers the user as it is then read. */
async function after(attributes: Attributes, ...operations: unknown[]): Promise<ScimDocument> {
  const { id } = await organization.createUser(attributes);
  const response = await organization.patchUser(id, ...operations);
  if (response.status !== 200) throw new Error(response.text);
  return organization.readUser(id);
}

async function groupOf(count: number): Promise<{ group: ScimDocument; ids: string[] }> {
  const users = await Promise.all(Array.from({ length: count }, () => organization.createUser()));
  const ids = users.map((user) => user.id);
  const group = await organization.createGroup({ members: ids.map((value) => ({ value })) });
  return { group, ids };
}

async function membersOf(id: string): Promise<(string | undefined)[]> {
  return ((await organization.readGroup(id)).members ?? []).map((member) => member.value).sort();
}

it('PREM-01 removes an attribute, and does nothing the second time', async () => {
  const { id } = await organization.createUser({ nickName: 'Babs' });
  const first = await organization.patchUser(id, remove('nickName'));
  expect(first.status).toBe(200);
  expect(Object.keys(first.body)).not.toContain('nickName');
  const second = await organization.patchUser(id, remove('nickName'));
  expect(second.status).toBe(200);
  expect(second.body).toEqual(first.body);
});

it('refuses a remove without a path with noTarget', async () => {
  const user = await organization.createUser({ nickName: 'Babs' });
  expectScimError(await organization.patchUser(user.id, { op: 'remove' }), 400, 'noTarget');
  expect(await organization.readUser(user.id)).toEqual(user);
});

it('PREM-02 removes every value of an attribute', async () => {
  expect(Object.keys(await after({ emails: [WORK, HOME] }, remove('emails')))).not.toContain(
    'emails',
  );
});

it('removes the elements a filter selects, and the attribute with the last of them', async () => {
  const one = await after({ emails: [WORK, HOME] }, remove('emails[type eq "work"]'));
  expect(one.emails).toEqual([HOME]);
  const none = await after({ emails: [WORK] }, remove('emails[type eq "work"]'));
  expect(Object.keys(none)).not.toContain('emails');
});

it('PREM-05 removes a sub-attribute of the elements a filter selects', async () => {
  const user = await after({ emails: [WORK, HOME] }, remove('emails[type eq "work"].display'));
  expect(user.emails).toEqual([{ value: WORK.value, type: 'work' }, HOME]);
});

it('PREM-06 does nothing when a filter matches nothing', async () => {
  const user = await organization.createUser({ emails: [HOME] });
  const response = await organization.patchUser(user.id, remove('emails[type eq "work"]'));
  expect(response.status).toBe(200);
  expect(response.body).toEqual(user);
  const { group } = await groupOf(1);
  const { status } = await organization.patchGroup(group.id, remove('members[value eq "nobody"]'));
  expect([200, 204]).toContain(status);
  expect(await organization.readGroup(group.id)).toEqual(group);
});

it('PREM-07 removes a sub-attribute, and the attribute with the last of them', async () => {
  const name = { givenName: 'Ada', familyName: 'Lovelace' };
  const one = await after({ name }, remove('name.givenName'));
  expect(one['name']).toEqual({ familyName: 'Lovelace' });
  const none = await after({ name }, remove('name.givenName'), remove('name.familyName'));
  expect(Object.keys(none)).not.toContain('name');
});

it('PREM-08 removes the manager', async () => {
  const user = await after(
    { [ENTERPRISE]: { department: 'Engines', manager: { value: 'm-1' } } },
    remove(`${ENTERPRISE}:manager`),
  );
  expect(user[ENTERPRISE]).toEqual({ department: 'Engines' });
});

it.each([
  ['PREM-09', ENTERPRISE],
  ['PREM-10', `${ENTERPRISE}:department`],
])('%s: removing %s removes the extension and its URN', async (_id, path) => {
  const user = await after({ [ENTERPRISE]: { department: 'Engines' } }, remove(path));
  expect(user.schemas).toEqual([USER]);
  expect(Object.keys(user)).not.toContain(ENTERPRISE);
});

it('PREM-11 never removes everything because of a value', async () => {
  const { id } = await organization.createUser({ emails: [WORK, HOME] });
  const response = await organization.patchUser(id, {
    ...remove('emails'),
    value: [{ value: WORK.value }],
  });
  const { emails } = await organization.readUser(id);
  if (response.status === 200) expect(emails).toContainEqual(HOME);
  else {
    expectScimError(response, 400, 'invalidValue');
    expect(emails).toEqual([WORK, HOME]);
  }
});

it.each([
  ['a list', (value: string) => [{ value }]],
  ['a list with $ref null', (value: string) => [{ $ref: null, value }]],
  ['a single object', (value: string) => ({ value })],
])('PREM-12 removes only the members that the value names: %s', async (_form, value) => {
  const { group, ids } = await groupOf(3);
  const operation = { op: 'Remove', path: 'members', value: value(ids[1]!) };
  expect([200, 204]).toContain((await organization.patchGroup(group.id, operation)).status);
  expect(await membersOf(group.id)).toEqual([ids[0], ids[2]].sort());
});

it('removes no member when the value names none of them', async () => {
  const { group } = await groupOf(2);
  const operation = { op: 'Remove', path: 'members', value: [{ value: 'nobody' }] };
  expect([200, 204]).toContain((await organization.patchGroup(group.id, operation)).status);
  expect(await organization.readGroup(group.id)).toEqual(group);
  const empty = { op: 'Remove', path: 'members', value: [] };
  await organization.patchGroup(group.id, empty);
  expect(await organization.readGroup(group.id)).toEqual(group);
});

it('PREM-14 removes all members without a value', async () => {
  const { group } = await groupOf(2);
  expect([200, 204]).toContain((await organization.patchGroup(group.id, remove('members'))).status);
  expect(await membersOf(group.id)).toEqual([]);
});

it.each([
  ['remove, then add', ['remove', 'add'], true],
  ['add, then remove', ['add', 'remove'], false],
])('PREM-15 follows the order of operations: %s', async (_order, order, isMember) => {
  const { group, ids } = await groupOf(1);
  const [id] = ids;
  const operations = {
    remove: remove(`members[value eq "${id}"]`),
    add: { op: 'add', path: 'members', value: [{ value: id }] },
  };
  const sent = order.map((op) => operations[op as keyof typeof operations]);
  expect([200, 204]).toContain((await organization.patchGroup(group.id, ...sent)).status);
  expect(await membersOf(group.id)).toEqual(isMember ? [id] : []);
});
