import { randomUUID } from 'node:crypto';
import {
  ENTERPRISE,
  GROUP,
  PATCH_OP,
  USER,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimDocument, ScimResponse, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const OKTA = { 'user-agent': 'Okta SCIM Client 1.0.0', 'content-type': 'application/json' };

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

/** A PATCH exactly as the provider writes it. */
function patch(path: string, operations: readonly unknown[]): Promise<ScimResponse> {
  return organization.scim(
    'PATCH',
    path,
    JSON.stringify({ schemas: [PATCH_OP], Operations: operations }),
  );
}

async function memberIds(id: string): Promise<(string | undefined)[]> {
  return ((await organization.readGroup(id)).members ?? []).map((member) => member.value).sort();
}

function oktaUser(userName: string) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  };
}

async function twoUsers(): Promise<[ScimDocument, ScimDocument]> {
  return [await organization.createUser(), await organization.createUser()];
}

describe('Okta, both applications', () => {
  it.each(['/Users?startIndex=1&count=2', '/Groups?startIndex=1&count=100'])(
    'tests the credentials: GET %s',
    async (path) => {
      const response = await organization.scim('GET', path, undefined, OKTA);
      expect(response.status).toBe(200);
      expect(Number.isInteger(response.body.totalResults)).toBe(true);
    },
  );

  it('looks a user up', async () => {
    const filter = 'filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100';
    const response = await organization.scim('GET', `/Users?${filter}`, undefined, OKTA);
    expect(response.status).toBe(200);
    expect(response.body.totalResults).toBe(0);
  });

  it('creates a user, and is told of a duplicate', async () => {
    const body = oktaUser(randomUserName());
    const created = await organization.scim('POST', '/Users', body, OKTA);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ userName: body.userName, name: body.name, active: true });
    expect(created.text).not.toContain(body.password);
    const again = await organization.scim('POST', '/Users', body, OKTA);
    expectScimError(again, 409, 'uniqueness');
  });

  it('updates a user by PUT of all it read, attributes it may not write included', async () => {
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    await organization.createGroup({ members: [{ value: id }] });
    const read = await organization.readUser(id);
    const emails = read.emails.map((email) => ({ ...email, display: 'shown' }));
    const body = { ...read, emails, displayName: 'Renamed', unknownAttribute: { a: 1 } };
    const response = await organization.scim('PUT', `/Users/${id}`, body, OKTA);
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ id, displayName: 'Renamed', groups: read.groups });
  });

  it('lists users with the members its own test reads', async () => {
    await organization.createUser(oktaUser(randomUserName()));
    const filter = 'filter=locale%20eq%20%22en-US%22&count=1&startIndex=1';
    const { Resources } = await organization.read(`/Users?${filter}`);
    expect(Resources[0]).toMatchObject({
      id: expect.any(String),
      userName: expect.any(String),
      name: { familyName: expect.any(String), givenName: expect.any(String) },
      active: true,
      emails: [{ value: expect.any(String) }],
    });
  });
});

describe('Okta, catalogue application', () => {
  it.each([false, true])('sets active to %s by a PATCH without a path', async (active) => {
    const { id } = await organization.createUser({ active: !active });
    const response = await patch(`/Users/${id}`, [{ op: 'replace', value: { active } }]);
    expect([200, 204]).toContain(response.status);
    expect((await organization.readUser(id))['active']).toBe(active);
  });

  it('changes the password by a PATCH without a path, which nobody ever reads', async () => {
    const user = await organization.createUser();
    const value = { password: 'correct horse' };
    const response = await patch(`/Users/${user.id}`, [{ op: 'replace', value }]);
    expect([200, 204]).toContain(response.status);
    expect(response.text).not.toContain('correct horse');
  });

  it('creates an empty group and renames it with its id in the value', async () => {
    const displayName = `Test SCIMv2 ${randomUUID()}`;
    const { id } = await organization.createGroup({ displayName, members: [] });
    const path = `/Groups/${id}`;
    const before = await organization.readGroup(id);
    const same = await patch(path, [{ op: 'replace', value: { id, displayName } }]);
    expect([200, 204]).toContain(same.status);
    expect(await organization.readGroup(id)).toEqual(before);
    const renamed = `${displayName} renamed`;
    await patch(path, [{ op: 'replace', value: { id, displayName: renamed } }]);
    expect((await organization.readGroup(id)).displayName).toBe(renamed);
  });

  it('removes and adds a member in one request', async () => {
    const [leaving, joining] = await twoUsers();
    const { id } = await organization.createGroup({ members: [{ value: leaving.id }] });
    const response = await patch(`/Groups/${id}`, [
      { op: 'remove', path: `members[value eq "${leaving.id}"]` },
      { op: 'add', path: 'members', value: [{ value: joining.id, display: joining.userName }] },
    ]);
    expect([200, 204]).toContain(response.status);
    expect(await memberIds(id)).toEqual([joining.id]);
  });

  it('pushes the whole membership', async () => {
    const [old, next] = await twoUsers();
    const { id } = await organization.createGroup({ members: [{ value: old.id }] });
    const value = [{ value: next.id, display: next.userName }];
    const response = await patch(`/Groups/${id}`, [{ op: 'replace', path: 'members', value }]);
    expect([200, 204]).toContain(response.status);
    expect(await memberIds(id)).toEqual([next.id]);
  });
});

describe('Okta, custom application', () => {
  it.each([false, true])('sets active to %s by PUT', async (active) => {
    const { id } = await organization.createUser(oktaUser(randomUserName()));
    const read = await organization.readUser(id);
    const response = await organization.scim('PUT', `/Users/${id}`, { ...read, active }, OKTA);
    expect(response.status).toBe(200);
    expect(response.body['active']).toBe(active);
  });

  it('renames a group and sets its membership by one PUT', async () => {
    const [a, b] = await twoUsers();
    const { id, displayName } = await organization.createGroup({ members: [{ value: a.id }] });
    const body = {
      schemas: [GROUP],
      id,
      displayName: `${displayName} renamed`,
      members: [{ value: b.id, display: b.userName }],
    };
    const response = await organization.scim('PUT', `/Groups/${id}`, body, OKTA);
    expect(response.status).toBe(200);
    expect((await organization.readGroup(id)).displayName).toBe(body.displayName);
    expect(await memberIds(id)).toEqual([b.id]);
  });
});

describe('Entra, both settings', () => {
  it.each([
    '/Users?filter=userName+eq+%22b06f5d0c-0000%22',
    '/Users?filter=userName%20eq%20%22b06f5d0c-0000%22',
    '/Groups?excludedAttributes=members&filter=displayName+eq+%22b06f5d0c-0000%22',
    '/Users?filter=externalId%20eq%20%22b06f5d0c-0000%22',
    '/Users?filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22nobody%40example.com%22',
    '/Groups',
  ])('tests the connection: GET %s', async (path) => {
    expect((await organization.scim('GET', path)).status).toBe(200);
  });

  it('creates a user with null for what is absent', async () => {
    const userName = `Test_User_${randomUUID()}`;
    const { status, body } = await organization.scim('POST', '/Users', {
      schemas: [USER, ENTERPRISE],
      externalId: randomUUID(),
      userName,
      active: true,
      addresses: null,
      phoneNumbers: null,
      title: null,
      department: null,
      manager: null,
      emails: [{ primary: true, type: 'work', value: 'a@example.com' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [{ primary: true, type: 'WindowsAzureActiveDirectoryRole', value: 'Admin' }],
    });
    expect(status).toBe(201);
    expect(Object.values(body)).not.toContain(null);
    expect(body.roles).toEqual([
      { primary: true, type: 'WindowsAzureActiveDirectoryRole', value: 'Admin' },
    ]);
  });

  it('creates an empty group', async () => {
    const group = await organization.createGroup({
      schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      meta: { resourceType: 'Group' },
    });
    expect(group.members ?? []).toEqual([]);
  });

  it('sets the manager by a list with a $ref', async () => {
    const [boss, user] = await twoUsers();
    const value = [{ $ref: `${organization.scimUrl}/Users/${boss.id}`, value: boss.id }];
    const response = await patch(`/Users/${user.id}`, [{ op: 'Add', path: 'manager', value }]);
    expect(response.status).toBe(200);
    expect((await organization.readUser(user.id))[ENTERPRISE]).toMatchObject({
      manager: { value: boss.id },
    });
  });
});

describe('Entra, default', () => {
  it.each([
    ['False', false],
    ['True', true],
  ])('sets active by the string %s', async (value, active) => {
    const { id } = await organization.createUser({ active: !active });
    const response = await patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value }]);
    expect(response.status).toBe(200);
    expect((await organization.readUser(id))['active']).toBe(active);
  });

  it('changes several attributes, one operation each', async () => {
    const { id } = await organization.createUser();
    const response = await patch(`/Users/${id}`, [
      { op: 'Add', path: 'nickName', value: 'Babs' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@example.com' },
      { op: 'Add', path: `${ENTERPRISE}:employeeNumber`, value: '42' },
    ]);
    expect(response.status).toBe(200);
    expect(await organization.readUser(id)).toMatchObject({
      nickName: 'Babs',
      emails: [{ type: 'work', value: 'b@example.com' }],
      [ENTERPRISE]: { employeeNumber: '42' },
    });
  });

  it('adds and removes one member, and leaves the others', async () => {
    const [stays, goes] = await twoUsers();
    const { id } = await organization.createGroup();
    for (const { id: value } of [stays, goes]) {
      await patch(`/Groups/${id}`, [
        { op: 'Add', path: 'members', value: [{ $ref: null, value }] },
      ]);
    }
    expect(await memberIds(id)).toEqual([stays.id, goes.id].sort());
    const value = [{ $ref: null, value: goes.id }];
    await patch(`/Groups/${id}`, [{ op: 'Remove', path: 'members', value }]);
    expect(await memberIds(id)).toEqual([stays.id]);
  });
});

describe('Entra, with aadOptscim062020', () => {
  it('keeps working when the flag is part of the URL', async () => {
    expect((await organization.scim('GET', '/Users?aadOptscim062020')).status).toBe(200);
    const { id } = await organization.createUser();
    const response = await patch(`/Users/${id}?aadOptscim062020`, [
      { op: 'replace', path: 'active', value: false },
    ]);
    expect(response.status).toBe(200);
    expect((await organization.readUser(id))['active']).toBe(false);
  });

  it('changes several attributes in one operation without a path', async () => {
    const { id } = await organization.createUser({ emails: [{ type: 'work', value: 'a@b.c' }] });
    const response = await patch(`/Users/${id}`, [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'new@example.com' },
      {
        op: 'replace',
        value: {
          displayName: 'Bjfe',
          'name.givenName': 'Kkom',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber': 'Aklq',
        },
      },
    ]);
    expect(response.status).toBe(200);
    expect(await organization.readUser(id)).toMatchObject({
      displayName: 'Bjfe',
      name: { givenName: 'Kkom' },
      emails: [{ type: 'work', value: 'new@example.com' }],
      [ENTERPRISE]: { employeeNumber: 'Aklq' },
    });
  });

  it('removes a member by a filter', async () => {
    const [stays, goes] = await twoUsers();
    const members = [{ value: stays.id }, { value: goes.id }];
    const { id } = await organization.createGroup({ members });
    await patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${goes.id}"]` }]);
    expect(await memberIds(id)).toEqual([stays.id]);
  });
});

describe('OneLogin', () => {
  const JSON_ONLY = { accept: 'application/json', 'content-type': 'application/json' };

  it('looks up with plus signs and a trailing ampersand', async () => {
    const path = '/Users?filter=userName+eq+%22onelogin-test-user01%22&';
    const response = await organization.scim('GET', path, undefined, JSON_ONLY);
    expect(response.status).toBe(200);
    expect(response.body.totalResults).toBe(0);
  });

  it('creates and replaces with the URNs of its templates and a trailing question mark', async () => {
    const userName = randomUserName();
    const body = {
      schemas: ['urn:scim:schemas:core:2.0', 'urn:scim:schemas:extension:enterprise:2.0'],
      userName,
      name: { givenName: 'One', familyName: 'Login' },
    };
    const created = await organization.scim('POST', '/Users', body, JSON_ONLY);
    expect(created.status).toBe(201);
    expect(created.body.schemas).toEqual([USER]);
    const path = `/Users/${created.body.id}?`;
    const replaced = await organization.scim('PUT', path, { ...body, active: false }, JSON_ONLY);
    expect(replaced.status).toBe(200);
    expect(replaced.body['active']).toBe(false);
  });
});

describe('JumpCloud', () => {
  it('tests the connection by creating and deleting a user and a group', async () => {
    const target = await newOrganization(organization.service);
    const user = await target.createUser();
    const group = await target.createGroup({ members: [{ value: user.id }] });
    const value = [{ value: user.id }];
    await target.patchGroup(group.id, { op: 'remove', path: 'members', value });
    expect((await target.scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
    expect((await target.scim('DELETE', `/Users/${user.id}`)).status).toBe(204);
    expect((await target.read('/Users')).totalResults).toBe(0);
    expect((await target.read('/Groups')).totalResults).toBe(0);
  });
});

describe('Ping', () => {
  it.each([
    ['username Eq "%s"', (user: ScimDocument) => user.userName],
    ['emails.value Co "%s"', (user: ScimDocument) => user.emails[0]!.value!],
    ['emails eq "%s"', (user: ScimDocument) => user.emails[0]!.value!],
  ])('finds a user by the expression %s', async (expression, value) => {
    const user = await organization.createUser({ emails: [{ value: randomUserName() }] });
    const { body } = await organization.search(expression.replace('%s', value(user)));
    expect(body.Resources.map(({ id }) => id)).toEqual([user.id]);
  });

  it('is told that email is no attribute, never given an empty list', async () => {
    const response = await organization.search('email Co "ada@example.com"');
    expectScimError(response, 400, 'invalidFilter');
  });

  it('provisions a disabled user', async () => {
    const user = await organization.createUser({ active: false });
    expect((await organization.readUser(user.id))['active']).toBe(false);
  });
});

describe('Google and Rippling', () => {
  it('probe with one user', async () => {
    expect((await organization.scim('GET', '/Users?count=1')).status).toBe(200);
  });

  it('probe the ServiceProviderConfig', async () => {
    expect((await organization.scim('GET', '/ServiceProviderConfig')).status).toBe(200);
  });

  it('retry a POST and find the user that is there', async () => {
    const body = { schemas: [USER], userName: randomUserName(), externalId: randomUUID() };
    const { body: created } = await organization.scim('POST', '/Users', body);
    expectScimError(await organization.scim('POST', '/Users', body), 409, 'uniqueness');
    const found = await organization.search(`externalId eq "${body.externalId}"`);
    expect(found.body.Resources.map(({ id }) => id)).toEqual([created.id]);
  });
});
