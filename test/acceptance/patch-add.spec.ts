import { ENTERPRISE, USER, expectScimError, newOrganization } from '../support/scim-client.js';
import type { Attributes, ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const WORK = { value: 'ada@example.com', type: 'work' };
const HOME = { value: 'ada@home.org', type: 'home' };

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const add = (path: string, value: unknown) => ({ op: 'add', path, value });

/** Creates a user, applies the operations, and answers the user as it is then read. */
async function after(attributes: Attributes, ...operations: unknown[]): Promise<ScimDocument> {
  const { id } = await organization.createUser(attributes);
  const response = await organization.patchUser(id, ...operations);
  if (response.status !== 200) throw new Error(response.text);
  return organization.readUser(id);
}

it('PADD-02 merges a value without a path: singular replaced, multi-valued appended', async () => {
  const value = { nickName: 'new', emails: [HOME], title: 'Analyst' };
  const user = await after({ nickName: 'old', emails: [WORK] }, { op: 'add', value });
  expect(user).toMatchObject({ nickName: 'new', title: 'Analyst', emails: [WORK, HOME] });
});

it('PADD-03 merges the sub-attributes of a complex attribute', async () => {
  const user = await after({ name: { familyName: 'L' } }, add('name', { givenName: 'A' }));
  expect(user['name']).toEqual({ familyName: 'L', givenName: 'A' });
});

it.each([
  ['a list', [HOME]],
  ['a single object', HOME],
])('PADD-05 appends %s', async (_what, value) => {
  expect((await after({ emails: [WORK] }, add('emails', value))).emails).toEqual([WORK, HOME]);
});

it('PADD-06 merges into the element a filter selects', async () => {
  const operation = add('emails[type eq "work"]', { display: 'd' });
  const user = await after({ emails: [WORK, HOME] }, operation);
  expect(user.emails).toEqual([{ ...WORK, display: 'd' }, HOME]);
});

it('PADD-07 creates the element that a filter describes', async () => {
  const user = await after({ emails: [HOME] }, add('emails[type eq "work"].value', WORK.value));
  expect(user.emails).toEqual([HOME, WORK]);
});

it('PADD-08 creates one element per filter, however many operations name it', async () => {
  const user = await after(
    {},
    add('phoneNumbers[type eq "mobile"].value', '+1 555'),
    add('addresses[type eq "work"].streetAddress', '1 Way'),
    add('addresses[type eq "work"].formatted', '1 Way, Town'),
    add('addresses[type eq "work"].postalCode', 'T1'),
  );
  expect(user.phoneNumbers).toEqual([{ type: 'mobile', value: '+1 555' }]);
  expect(user.addresses).toEqual([
    { type: 'work', streetAddress: '1 Way', formatted: '1 Way, Town', postalCode: 'T1' },
  ]);
});

it('PADD-09 gathers the parts of the other address in one element', async () => {
  const user = await after(
    { addresses: [{ type: 'work', country: 'GB' }] },
    add('addresses[type eq "other"].formatted', 'x'),
    add('addresses[type eq "other"].country', 'FR'),
  );
  expect(user.addresses).toEqual([
    { type: 'work', country: 'GB' },
    { type: 'other', formatted: 'x', country: 'FR' },
  ]);
});

it.each([
  'emails[type co "wor"].value',
  'emails[type gt "work"].value',
  'emails[type eq "work" or type eq "other"].value',
  'emails[not (type eq "home")].value',
])('PADD-10 refuses %s when nothing matches', async (path) => {
  const user = await organization.createUser({ emails: [HOME] });
  const response = await organization.patchUser(user.id, add(path, 'x'));
  expectScimError(response, 400, ['noTarget', 'invalidFilter']);
  expect(await organization.readUser(user.id)).toEqual(user);
});

it('PADD-11 does nothing when the list is empty', async () => {
  const user = await organization.createUser({ emails: [WORK] });
  const { status, body } = await organization.patchUser(user.id, add('emails', []));
  expect(status).toBe(200);
  expect(body).toEqual(user);
});

it('PADD-12 does not duplicate an element that is there', async () => {
  const user = await organization.createUser({ emails: [WORK, HOME] });
  const { body } = await organization.patchUser(user.id, add('emails', [HOME]));
  expect(body).toEqual(user);
});

it('PADD-13 takes primary from the old element when the new one is primary', async () => {
  const user = await after(
    { emails: [{ ...WORK, primary: true }] },
    add('emails', [{ ...HOME, primary: true }]),
  );
  expect(user.emails.filter((email) => email.primary)).toEqual([{ ...HOME, primary: true }]);
  expect(user.emails).toHaveLength(2);
});

it('PADD-14 refuses two new primary elements', async () => {
  const user = await organization.createUser();
  const value = [WORK, HOME].map((email) => ({ ...email, primary: true }));
  expectScimError(await organization.patchUser(user.id, add('emails', value)), 400, 'invalidValue');
  expect(await organization.readUser(user.id)).toEqual(user);
});

it.each([
  ['PADD-15', add(`${ENTERPRISE}:department`, 'Engines')],
  ['PADD-16', add(ENTERPRISE, { department: 'Engines' })],
  ['PADD-16', { op: 'add', value: { [ENTERPRISE]: { department: 'Engines' } } }],
])('%s: %j creates the extension and names it in schemas', async (_id, operation) => {
  const user = await after({}, operation);
  expect(user[ENTERPRISE]).toEqual({ department: 'Engines' });
  expect([...user.schemas].sort()).toEqual([USER, ENTERPRISE].sort());
});

it('PADD-16 merges into an extension that is there', async () => {
  const user = await after(
    { [ENTERPRISE]: { costCenter: '7' } },
    add(ENTERPRISE, { department: 'Engines' }),
  );
  expect(user[ENTERPRISE]).toEqual({ costCenter: '7', department: 'Engines' });
});

it('PADD-20 does nothing when the value is null', async () => {
  const user = await organization.createUser({ title: 'Analyst' });
  const { status, body } = await organization.patchUser(user.id, add('title', null));
  expect(status).toBe(200);
  expect(body).toEqual(user);
});

it.each(['userName.foo', 'active.value', 'name.givenName.foo'])(
  'PADD-21 refuses the path %s into a simple attribute',
  async (path) => {
    const { id } = await organization.createUser();
    expectScimError(await organization.patchUser(id, add(path, 'x')), 400, 'invalidPath');
  },
);
