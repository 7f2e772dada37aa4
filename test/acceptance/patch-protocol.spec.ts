import {
  ENTERPRISE,
  PATCH_OP,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

function createAda(): Promise<ScimDocument> {
  return organization.createUser({
    displayName: 'Ada',
    nickName: 'Babs',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
  });
}

async function expectUnchanged(before: ScimDocument): Promise<void> {
  expect(await organization.readUser(before.id)).toEqual(before);
}

const rename = (displayName: string) => ({
  op: 'replace',
  path: 'displayName',
  value: displayName,
});

describe('the answer', () => {
  it('PAT-01 shows the new state, with ETag and location in step', async () => {
    const { id } = await createAda();
    const { body, headers } = await organization.patchUser(id, rename('Grace'));
    expect(body).toMatchObject({ id, displayName: 'Grace' });
    expect(headers.get('etag')).toBe(body.meta.version);
    expect(body.meta.location).toBe(`${organization.scimUrl}/Users/${id}`);
    expect(await organization.readUser(id)).toEqual(body);
  });

  it('PAT-02 is 200 with the whole user', async () => {
    const before = await createAda();
    const { status, body } = await organization.patchUser(before.id, rename('Grace'));
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(Object.keys(before).sort());
  });

  it('PAT-03 is 200 with the attributes asked for', async () => {
    const { id } = await createAda();
    const path = `/Users/${id}?attributes=userName`;
    const { status, body } = await organization.patch(path, rename('Grace'));
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['id', 'schemas', 'userName']);
  });

  it.each(['/Users/unknown-id', '/Groups/unknown-id'])('PAT-04 is 404 for %s', async (path) => {
    expectScimError(await organization.patch(path, rename('Grace')), 404);
  });
});

describe('the message', () => {
  it.each([
    ['without Operations', { schemas: [PATCH_OP] }],
    ['with Operations null', { schemas: [PATCH_OP], Operations: null }],
    ['with Operations as an object', { schemas: [PATCH_OP], Operations: rename('x') }],
    ['with Operations as a string', { schemas: [PATCH_OP], Operations: 'replace' }],
    ['with an operation as a string', { schemas: [PATCH_OP], Operations: ['replace'] }],
    ['with an operation null', { schemas: [PATCH_OP], Operations: [null] }],
  ])('PAT-06 is refused %s', async (_what, body) => {
    const { id } = await createAda();
    const response = await organization.scim('PATCH', `/Users/${id}`, body);
    expectScimError(response, 400, ['invalidSyntax', 'invalidValue']);
  });

  it('PAT-07 changes nothing when Operations is empty', async () => {
    const before = await createAda();
    expect((await organization.patchUser(before.id)).status).toBe(200);
    await expectUnchanged(before);
    const group = await organization.createGroup();
    expect((await organization.patchGroup(group.id)).status).toBe(200);
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it.each(['operations', 'OPERATIONS'])('PAT-08 is read with the key %s', async (key) => {
    const { id } = await createAda();
    const body = { schemas: [PATCH_OP], [key]: [rename('Grace')] };
    expect((await organization.scim('PATCH', `/Users/${id}`, body)).status).toBe(200);
    expect((await organization.readUser(id)).displayName).toBe('Grace');
  });

  it('PAT-08 is read with Pascal case in every operation', async () => {
    const { id } = await createAda();
    const operation = { Op: 'replace', Path: 'displayName', Value: 'Grace' };
    expect((await organization.patchUser(id, operation)).status).toBe(200);
    expect((await organization.readUser(id)).displayName).toBe('Grace');
  });

  it.each(['Add', 'REPLACE', 'Replace'])('PAT-09 accepts the op %s', async (op) => {
    const { id } = await createAda();
    expect((await organization.patchUser(id, { ...rename('Grace'), op })).status).toBe(200);
    expect((await organization.readUser(id)).displayName).toBe('Grace');
  });

  it.each(['Remove', 'REMOVE'])('PAT-09 accepts the op %s', async (op) => {
    const { id } = await createAda();
    expect((await organization.patchUser(id, { op, path: 'nickName' })).status).toBe(200);
    expect((await organization.readUser(id))['nickName']).toBeUndefined();
  });

  it.each([['move'], [undefined], [1], [null], ['']])('PAT-10 refuses the op %j', async (op) => {
    const before = await createAda();
    const response = await organization.patchUser(before.id, { ...rename('Grace'), op });
    expectScimError(response, 400, ['invalidSyntax', 'invalidValue']);
    await expectUnchanged(before);
  });

  it('PAT-11 ignores a key that operations do not have', async () => {
    const { id } = await createAda();
    const operation = { name: 'addMember', ...rename('Grace') };
    expect((await organization.patchUser(id, operation)).status).toBe(200);
    expect((await organization.readUser(id)).displayName).toBe('Grace');
  });

  it.each([{ op: 'add', path: 'nickName' }, { op: 'add' }])(
    'PAT-12 refuses the add without a value %j',
    async (operation) => {
      const { id } = await createAda();
      expectScimError(await organization.patchUser(id, operation), 400, 'invalidValue');
    },
  );

  it('PAT-13 refuses a replace without a value, or clears', async () => {
    const { id } = await createAda();
    const response = await organization.patchUser(id, { op: 'replace', path: 'nickName' });
    if (response.status === 200) {
      expect((await organization.readUser(id))['nickName']).toBeUndefined();
    } else expectScimError(response, 400, 'invalidValue');
  });
});

describe('paths', () => {
  it.each([
    ['PAT-15', '.'],
    ['PAT-15', 'nickName.'],
    ['PAT-15', '.nickName'],
    ['PAT-15', 'name.'],
    ['PAT-15', 'user Name'],
    ['PAT-15', 'emails['],
    ['PAT-15', 'emails[type eq "work"'],
    ['PAT-15', 'emails[].value'],
    ['PAT-15', 'emails[type eq 123].'],
    ['PAT-15', 'urn:x:.attr'],
    ['PAT-16', 'emails[type eq "work" and value ew "example.com"].too.deep'],
    ['PAT-16', 'emails[type eq "work"].value[display eq "2"]'],
    ['PAT-16', 'name.givenName.deeper'],
    ['PAT-17', '__proto__'],
    ['PAT-17', '__proto__.polluted'],
    ['PAT-17', 'constructor.prototype'],
    ['PAT-17', 'name.__proto__'],
    ['PAT-18', 'foo'],
    ['PAT-18', 'name.foo'],
    ['PAT-18', 'emails.foo'],
    ['PAT-18', `${ENTERPRISE}:foo`],
  ])('%s: %s is refused', async (_id, path) => {
    const before = await createAda();
    const response = await organization.patchUser(before.id, { op: 'replace', path, value: 'x' });
    expectScimError(response, 400, ['invalidPath', 'invalidFilter']);
    await expectUnchanged(before);
  });

  it.each(['foo', '.', '__proto__', 'name.foo'])(
    'PAT-18 the unreadable or unknown path %s is an invalidPath',
    async (path) => {
      const { id } = await createAda();
      const response = await organization.patchUser(id, { op: 'add', path, value: 'x' });
      expectScimError(response, 400, 'invalidPath');
    },
  );
});

describe('all or nothing', () => {
  it.each([
    ['an unknown path', { op: 'replace', path: 'foo', value: 'x' }],
    ['a wrong type', { op: 'replace', path: 'active', value: 'yes' }],
    ['a required attribute removed', { op: 'remove', path: 'userName' }],
    ['a read-only attribute', { op: 'replace', path: 'id', value: 'x' }],
  ])('PAT-20 a later operation with %s undoes the earlier one', async (_what, bad) => {
    const before = await createAda();
    expectScimError(await organization.patchUser(before.id, rename('Grace'), bad), 400);
    await expectUnchanged(before);
  });

  it('PAT-21 operations apply in order', async () => {
    const { id } = await createAda();
    const { body } = await organization.patchUser(
      id,
      { op: 'remove', path: 'nickName' },
      { op: 'add', path: 'nickName', value: 'first' },
      { op: 'replace', path: 'nickName', value: 'last' },
      { op: 'remove', path: 'emails' },
      { op: 'add', path: 'emails', value: [{ value: 'new@example.com', type: 'home' }] },
    );
    expect(body['nickName']).toBe('last');
    expect(body.emails).toEqual([{ value: 'new@example.com', type: 'home' }]);
  });

  it('PAT-22 a state that is invalid only in between is accepted or refused as a whole', async () => {
    const before = await createAda();
    const userName = randomUserName();
    const response = await organization.patchUser(
      before.id,
      { op: 'remove', path: 'userName' },
      { op: 'add', path: 'userName', value: userName },
    );
    if (response.status === 200) {
      expect((await organization.readUser(before.id)).userName).toBe(userName);
    } else {
      expectScimError(response, 400, 'mutability');
      await expectUnchanged(before);
    }
  });
});

describe('mutability', () => {
  it('PAT-24 a required attribute cannot be removed', async () => {
    const before = await createAda();
    const response = await organization.patchUser(before.id, { op: 'remove', path: 'userName' });
    expectScimError(response, 400, 'mutability');
    await expectUnchanged(before);
  });

  it('PAT-24 the displayName of a group cannot be removed', async () => {
    const group = await organization.createGroup();
    const response = await organization.patchGroup(group.id, { op: 'remove', path: 'displayName' });
    expectScimError(response, 400, 'mutability');
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it.each([
    { op: 'replace', path: 'id', value: 'another' },
    { op: 'remove', path: 'id' },
    { op: 'replace', path: 'meta', value: { created: '2001-01-01T00:00:00Z' } },
    { op: 'replace', path: 'meta.created', value: '2001-01-01T00:00:00Z' },
    { op: 'remove', path: 'meta' },
    { op: 'add', path: 'groups', value: [{ value: 'g-1' }] },
    { op: 'replace', path: 'groups', value: [] },
    { op: 'remove', path: 'groups' },
  ])('PAT-25 refuses %j on a read-only attribute', async (operation) => {
    const before = await createAda();
    const response = await organization.patchUser(before.id, operation);
    expectScimError(response, 400, 'mutability');
    await expectUnchanged(before);
  });

  it('PAT-26 ignores its own id, schemas and meta in a value without a path', async () => {
    const { id, meta } = await createAda();
    const value = { schemas: [USER], id, meta, displayName: 'Grace' };
    expect((await organization.patchUser(id, { op: 'replace', value })).status).toBe(200);
    expect(await organization.readUser(id)).toMatchObject({ id, displayName: 'Grace' });
  });

  it('PAT-28 refuses another value in an immutable sub-attribute and accepts the same', async () => {
    const [a, b] = await Promise.all([organization.createUser(), organization.createUser()]);
    const group = await organization.createGroup({ members: [{ value: a.id }] });
    const path = `members[value eq "${a.id}"].value`;
    const replace = (value: string) =>
      organization.patchGroup(group.id, { op: 'replace', path, value });
    expectScimError(await replace(b.id), 400, 'mutability');
    expect([200, 204]).toContain((await replace(a.id)).status);
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it.each([
    ['with a path', (value: string) => ({ op: 'replace', path: 'userName', value })],
    ['without a path', (value: string) => ({ op: 'replace', value: { userName: value } })],
    [
      'in other letter case',
      (value: string) => ({ op: 'replace', path: 'userName', value: value.toUpperCase() }),
    ],
  ])('PAT-29 refuses a userName that is taken, %s', async (_how, operation) => {
    const taken = await createAda();
    const before = await createAda();
    const response = await organization.patchUser(
      before.id,
      rename('Grace'),
      operation(taken.userName),
    );
    expectScimError(response, 409, 'uniqueness');
    await expectUnchanged(before);
  });

  it('PAT-29 refuses the displayName of another group', async () => {
    const taken = await organization.createGroup();
    const group = await organization.createGroup();
    expectScimError(
      await organization.patchGroup(group.id, rename(taken.displayName)),
      409,
      'uniqueness',
    );
    expect(await organization.readGroup(group.id)).toEqual(group);
  });
});

describe('the version', () => {
  it('PAT-31 leaves every attribute it does not touch exactly as it was', async () => {
    const before = await organization.createUser({
      preferredLanguage: 'not a language',
      phoneNumbers: [{ value: ' +1 (555) 01 ', type: 'custom' }],
    });
    const { body } = await organization.patchUser(before.id, rename('Grace'));
    expect(body).toEqual({ ...before, displayName: 'Grace', meta: expect.any(Object) });
  });

  it.each([
    ['replace by the same value', { op: 'replace', path: 'displayName', value: 'Ada' }],
    [
      'add an element that is there',
      {
        op: 'add',
        path: 'emails',
        value: [{ value: 'ada@example.com', type: 'work', primary: true }],
      },
    ],
    ['replace a part by the same', { op: 'replace', path: 'name', value: { givenName: 'Ada' } }],
    ['remove what is absent', { op: 'remove', path: 'title' }],
    ['replace without a path by the same', { op: 'replace', value: { nickName: 'Babs' } }],
  ])('PAT-32 does not advance when an operation has no effect: %s', async (_what, operation) => {
    const before = await createAda();
    const { status, body } = await organization.patchUser(before.id, operation);
    expect(status).toBe(200);
    expect(body).toEqual(before);
    await expectUnchanged(before);
  });

  it('PAT-33 advances once for a request of several operations', async () => {
    const before = await createAda();
    const response = await organization.scim(
      'PATCH',
      `/Users/${before.id}`,
      patchOp(rename('B'), rename('C'), { op: 'remove', path: 'nickName' }),
      { 'if-match': before.meta.version },
    );
    expect(response.status).toBe(200);
    expect(response.body.meta.version).not.toBe(before.meta.version);
    expect(Date.parse(response.body.meta.lastModified)).toBeGreaterThan(
      Date.parse(before.meta.lastModified),
    );
    expect((await organization.readUser(before.id)).meta).toEqual(response.body.meta);
  });
});
