import {
  ENTERPRISE,
  USER,
  expectScimError,
  newOrganization,
  randomDisplayName,
} from '../support/scim-client.js';
import type { Attributes, ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const WORK = { value: 'ada@example.com', type: 'work' };
const HOME = { value: 'ada@home.org', type: 'home' };
const NAME = { givenName: 'Ada', familyName: 'Lovelace' };

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const replaceAll = (value: unknown) => ({ op: 'replace', value });

/** Creates a user, applies the operations, and answers the user as it is then read. */
async function after(attributes: Attributes, ...operations: unknown[]): Promise<ScimDocument> {
  const { id } = await organization.createUser(attributes);
  const response = await organization.patchUser(id, ...operations);
  if (response.status !== 200) throw new Error(response.text);
  return organization.readUser(id);
}

async function expectRefused(
  attributes: Attributes,
  operation: unknown,
  scimType: string | readonly string[],
): Promise<void> {
  const user = await organization.createUser(attributes);
  expectScimError(await organization.patchUser(user.id, operation), 400, scimType);
  expect(await organization.readUser(user.id)).toEqual(user);
}

describe('singular and complex attributes', () => {
  it('PREP-02 changes one sub-attribute only', async () => {
    const name = { ...NAME, formatted: 'Ada Lovelace' };
    const user = await after({ name }, replace('name.familyName', 'Byron'));
    expect(user['name']).toEqual({ ...name, familyName: 'Byron' });
  });

  it.each([
    ['PREP-20', 'null', { nickName: 'Babs' }, replace('nickName', null), 'nickName'],
    ['PREP-21', '""', { title: 'Analyst' }, replace('title', ''), 'title'],
    ['PREP-22', 'null', { name: NAME }, replace('name', null), 'name'],
    ['PREP-25', 'null', { emails: [WORK, HOME] }, replace('emails', null), 'emails'],
    ['PREP-19', '[]', { emails: [WORK, HOME] }, replace('emails', []), 'emails'],
  ])('%s: %s clears %j', async (_id, _value, attributes, operation, name) => {
    expect(Object.keys(await after(attributes, operation))).not.toContain(name);
  });

  it('PREP-21 refuses to clear a required attribute with an empty string', async () => {
    await expectRefused({}, replace('userName', ''), ['invalidValue', 'mutability']);
  });

  it('PREP-23 clears one sub-attribute by null', async () => {
    const user = await after({ name: NAME }, replace('name.familyName', null));
    expect(user['name']).toEqual({ givenName: 'Ada' });
  });

  it('PREP-24 merges a complex value, where null clears', async () => {
    const name = { ...NAME, middleName: 'King' };
    const value = { givenName: null, familyName: 'Z' };
    const user = await after({ name }, replace('name', value));
    expect(user['name']).toEqual({ familyName: 'Z', middleName: 'King' });
  });

  it('PREP-27 clears nested nulls without a path and keeps their siblings', async () => {
    const user = await after(
      { nickName: 'Babs', title: 'Analyst', name: NAME, emails: [WORK] },
      replaceAll({ nickName: null, name: { familyName: null }, emails: null }),
    );
    expect(user).toMatchObject({ title: 'Analyst', name: { givenName: 'Ada' } });
    expect(user['name']).toEqual({ givenName: 'Ada' });
    for (const name of ['nickName', 'emails']) expect(Object.keys(user)).not.toContain(name);
  });

  it('PREP-33 reads the URN of the core schema in a path', async () => {
    const user = await after({ displayName: 'a' }, replace(`${USER}:displayName`, 'b'));
    expect(user.displayName).toBe('b');
  });

  it('PREP-36 accepts its own userName in other letter case and stores it as sent', async () => {
    const { id, userName } = await organization.createUser();
    const other = userName.toUpperCase();
    expect((await organization.patchUser(id, replace('userName', other))).status).toBe(200);
    expect((await organization.readUser(id)).userName).toBe(other);
  });

  it.each([[['False']], [[false]], ['False'], [false], ['false']])(
    'PREP-10 reads active %j as false',
    async (value) => {
      expect((await after({ active: true }, replace('active', value)))['active']).toBe(false);
    },
  );

  it.each([[['True']], ['True'], ['TRUE']])('PREP-10 reads active %j as true', async (value) => {
    const operation = { op: 'Replace', path: 'active', value };
    expect((await after({ active: false }, operation))['active']).toBe(true);
  });

  it.each([[{ active: false }], [{ active: 'False' }]])(
    'PREP-09 deactivates by %j without a path',
    async (value) => {
      expect((await after({ active: true }, replaceAll(value)))['active']).toBe(false);
    },
  );

  it('PREP-15 unwraps a list of one value for a singular attribute', async () => {
    expect((await after({}, replace('displayName', ['X']))).displayName).toBe('X');
    const group = await organization.createGroup();
    await organization.patchGroup(group.id, replace('externalId', ['X']));
    expect((await organization.readGroup(group.id))['externalId']).toBe('X');
  });

  it('PREP-15 refuses a list of two values for a singular attribute', async () => {
    await expectRefused({}, replace('displayName', ['X', 'Y']), 'invalidValue');
  });
});

describe('multi-valued attributes', () => {
  it.each([
    ['a list', [HOME]],
    ['a single object', HOME],
  ])('PREP-04 replaces the whole list by %s', async (_what, value) => {
    expect((await after({ emails: [WORK] }, replace('emails', value))).emails).toEqual([HOME]);
  });

  it('PREP-05 replaces the given sub-attributes of the matching elements', async () => {
    const emails = [{ ...WORK, display: 'd' }, HOME];
    const user = await after({ emails }, replace('emails[type eq "work"]', { value: 'n' }));
    expect(user.emails).toContainEqual(expect.objectContaining({ value: 'n', type: 'work' }));
    expect(user.emails).toContainEqual(HOME);
    expect(user.emails).toHaveLength(2);
  });

  it('PREP-06 replaces a sub-attribute of every matching element', async () => {
    const emails = [WORK, { value: 'b@example.com', type: 'work' }, HOME];
    const user = await after({ emails }, replace('emails[type eq "work"].display', 'n'));
    expect(user.emails.map((email) => email.display)).toEqual(['n', 'n', undefined]);
  });

  it.each(['emails[type eq "work"].value', 'emails[type eq "work" and primary eq true].value'])(
    'PREP-07 creates the element that %s describes',
    async (path) => {
      const { emails } = await after({ emails: [HOME] }, replace(path, 'n@example.com'));
      expect(emails).toContainEqual(
        expect.objectContaining({ type: 'work', value: 'n@example.com' }),
      );
      expect(emails).toHaveLength(2);
    },
  );

  it.each([
    'emails[type co "wor"].value',
    'emails[type eq "work" or type eq "other"].value',
    'emails[type eq "work"]',
  ])('PREP-07 refuses %s when nothing matches', async (path) => {
    const value = path.endsWith('value') ? 'n' : { value: 'n' };
    await expectRefused({ emails: [HOME] }, replace(path, value), 'noTarget');
  });

  it('PREP-08 refuses to replace a member that is not there', async () => {
    const group = await organization.createGroup();
    const operation = replace('members[value eq "nope"]', { value: 'nope' });
    expectScimError(await organization.patchGroup(group.id, operation), 400, 'noTarget');
  });

  it.each([null, ''])('PREP-07 makes no element to hold no value: %j', async (value) => {
    const { id } = await organization.createUser({ emails: [HOME] });
    const created = await organization.readUser(id);
    const operation = replace('emails[type eq "work"].value', value);
    expect((await organization.patchUser(id, operation)).status).toBe(200);
    expect(await organization.readUser(id)).toEqual(created);
  });

  it('PREP-26 clears the value of an element by null or refuses to', async () => {
    const { id } = await organization.createUser({ emails: [WORK, HOME] });
    const path = 'emails[type eq "work"].value';
    const response = await organization.patchUser(id, replace(path, null));
    const { emails } = await organization.readUser(id);
    if (response.status === 200) {
      expect(emails.map((email) => email.value).filter(Boolean)).toEqual([HOME.value]);
    } else {
      expectScimError(response, 400);
      expect(emails).toEqual([WORK, HOME]);
    }
  });

  it('PREP-31 takes primary from the others when one element becomes primary', async () => {
    const emails = [{ ...WORK, primary: true }, HOME];
    const user = await after({ emails }, replace('emails[type eq "home"].primary', true));
    const primary = user.emails.filter((email) => email.primary);
    expect(primary.map((email) => email.type)).toEqual(['home']);
  });

  it('PREP-32 replaces a sub-attribute of all elements without a filter, or refuses', async () => {
    const { id } = await organization.createUser({ emails: [WORK, HOME] });
    const response = await organization.patchUser(id, replace('emails.value', 'x@example.com'));
    const { emails } = await organization.readUser(id);
    if (response.status === 200) {
      expect(emails.map((email) => email.value)).toEqual(['x@example.com', 'x@example.com']);
    } else {
      expectScimError(response, 400);
      expect(emails).toEqual([WORK, HOME]);
    }
  });
});

describe('the enterprise extension', () => {
  it('PREP-29 drops the extension from schemas when its last attribute becomes null', async () => {
    const user = await after(
      { [ENTERPRISE]: { department: 'Engines' } },
      replace(`${ENTERPRISE}:department`, null),
    );
    expect(user.schemas).toEqual([USER]);
    expect(Object.keys(user)).not.toContain(ENTERPRISE);
  });
});

describe('the requests of Entra and Okta', () => {
  it('PREP-11 resolves dotted and URN keys without a path, in one step', async () => {
    const user = await after(
      { name: { givenName: 'A', familyName: 'B', middleName: 'C' } },
      replaceAll({
        displayName: 'D',
        'name.givenName': 'G',
        'name.familyName': 'F',
        [`${ENTERPRISE}:employeeNumber`]: '9',
      }),
    );
    expect(user.displayName).toBe('D');
    expect(user['name']).toEqual({ givenName: 'G', familyName: 'F', middleName: 'C' });
    expect(user[ENTERPRISE]).toEqual({ employeeNumber: '9' });
    expect(user.schemas).toContain(ENTERPRISE);
    expect(Object.keys(user)).not.toContain('name.givenName');
  });

  it('PREP-12 takes a key with a filter for a path or refuses it', async () => {
    const { id } = await organization.createUser({ emails: [WORK] });
    const value = { 'emails[type eq "work"].value': 'x@example.com' };
    const response = await organization.patchUser(id, replaceAll(value));
    const user = await organization.readUser(id);
    if (response.status === 200) expect(user.emails).toEqual([{ ...WORK, value: 'x@example.com' }]);
    else expectScimError(response, 400, 'invalidPath');
    expect(Object.keys(user).filter((key) => key.includes('['))).toEqual([]);
  });

  it('PREP-13 sets the manager by its URN key', async () => {
    const boss = await organization.createUser();
    const user = await after({}, replaceAll({ [`${ENTERPRISE}:manager`]: boss.id }));
    expect(user[ENTERPRISE]).toMatchObject({ manager: { value: boss.id } });
  });

  it('PREP-14 reads keys in any letter case', async () => {
    const user = await after({}, replaceAll({ DisplayName: 'D', NAME: { GivenName: 'G' } }));
    expect(user).toMatchObject({ displayName: 'D', name: { givenName: 'G' } });
  });

  it.each([
    ['roles[primary eq "true"].value', [{ value: 'a', primary: true }, { value: 'b' }]],
    ['roles[primary eq true].value', [{ value: 'a', primary: true }, { value: 'b' }]],
    ['roles[primary eq "True"].value', [{ value: 'a', primary: true }, { value: 'b' }]],
  ])('PREP-16 matches the boolean in %s', async (path, roles) => {
    const user = await after({ roles }, replace(path, 'v'));
    expect(user.roles).toEqual([{ value: 'v', primary: true }, { value: 'b' }]);
  });

  it.each(['roles[primary eq "True"].value', 'roles[primary eq true].value'])(
    'PREP-16 creates the element of %s when there is none',
    async (path) => {
      expect((await after({}, replace(path, 'v'))).roles).toEqual([{ value: 'v', primary: true }]);
    },
  );

  it('PREP-17 applies a filtered path beside flat keys', async () => {
    const user = await after(
      { emails: [{ ...WORK, primary: true }, HOME] },
      replace('emails[primary eq true].value', 'n@example.com'),
      replaceAll({ displayName: 'D', 'name.givenName': 'G', [`${ENTERPRISE}:department`]: 'E' }),
    );
    const { body } = await organization.search(`userName eq "${user.userName}"`);
    expect(body.Resources).toEqual([user]);
    expect(user).toMatchObject({
      displayName: 'D',
      name: { givenName: 'G' },
      emails: [{ value: 'n@example.com', type: 'work', primary: true }, HOME],
      [ENTERPRISE]: { department: 'E' },
    });
  });

  it('PREP-18 keeps JSON inside a role as the string it is', async () => {
    const value = '{"id":"1","value":"25","displayName":"Role1234"}';
    const user = await after({}, { op: 'Add', path: 'roles', value: [{ value }] });
    expect(user.roles).toEqual([{ value }]);
  });

  it('PREP-18 drops the roles that are not listed and allows several of one type', async () => {
    const type = 'WindowsAzureActiveDirectoryRole';
    const value = ['Admin', 'Reader'].map((role) => ({ value: role, type, displayName: role }));
    const user = await after({ roles: [{ value: 'Old', type }] }, replace('roles', value));
    expect(user.roles).toEqual([
      { value: 'Admin', type },
      { value: 'Reader', type },
    ]);
  });

  it.each(['display', 'type', 'value'])('PREP-18 sets %s of the primary role', async (name) => {
    const user = await after(
      { roles: [{ value: 'a', type: 't', display: 'd', primary: true }] },
      replace(`roles[primary eq "True"].${name}`, 'new'),
    );
    expect(user.roles[0]).toMatchObject({ [name]: 'new', primary: true });
  });

  it('PREP-28 clears a batch of null and empty values', async () => {
    const user = await after(
      { displayName: 'D', [ENTERPRISE]: { department: 'Engines', costCenter: '7' } },
      replaceAll({ displayName: null, [`${ENTERPRISE}:department`]: '' }),
    );
    expect(user.displayName).toBeUndefined();
    expect(user[ENTERPRISE]).toEqual({ costCenter: '7' });
  });

  it.each([
    ['with a path', (_id: string, name: string) => replace('displayName', name)],
    ['without a path', (id: string, displayName: string) => replaceAll({ id, displayName })],
  ])('PREP-35 renames a group %s', async (_how, operation) => {
    const { id } = await organization.createGroup();
    const name = randomDisplayName();
    expect([200, 204]).toContain((await organization.patchGroup(id, operation(id, name))).status);
    expect((await organization.readGroup(id)).displayName).toBe(name);
  });

  it('PREP-37 applies every operation of one request', async () => {
    const user = await after(
      { active: true, emails: [WORK], name: NAME },
      { op: 'Replace', path: 'name.givenName', value: 'G' },
      { op: 'Replace', path: 'name.familyName', value: 'F' },
      { op: 'Replace', path: 'displayName', value: 'G F' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'g@example.com' },
      { op: 'Replace', path: 'active', value: 'False' },
    );
    expect(user).toMatchObject({
      name: { givenName: 'G', familyName: 'F' },
      displayName: 'G F',
      emails: [{ value: 'g@example.com', type: 'work' }],
      active: false,
    });
  });
});
