import {
  ENTERPRISE,
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { Attributes, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

interface PublishedAttribute {
  readonly name: string;
  readonly mutability: string;
  readonly subAttributes?: readonly PublishedAttribute[];
}

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

function put(id: string, attributes: Attributes, query = '') {
  return organization.scim('PUT', `/Users/${id}${query}`, attributes);
}

const minimal = (userName: string, attributes: Attributes = {}): Attributes => ({
  schemas: [USER],
  userName,
  ...attributes,
});

it('PUT-01 replaces the user, keeps id and created, advances lastModified and version', async () => {
  const before = await organization.createUser({ displayName: 'Ada' });
  const { status, body, headers } = await put(before.id, { ...before, displayName: 'Grace' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: before.id, displayName: 'Grace' });
  expect(body.meta.created).toBe(before.meta.created);
  expect(body.meta.version).not.toBe(before.meta.version);
  expect(headers.get('etag')).toBe(body.meta.version);
  expect(Date.parse(body.meta.lastModified)).toBeGreaterThan(Date.parse(before.meta.lastModified));
  expect(await organization.readUser(before.id)).toEqual(body);
});

it('PUT-02 clears what it omits', async () => {
  const { id, userName } = await organization.createUser({
    nickName: 'Babs',
    emails: [{ value: 'a@example.com' }],
    name: { givenName: 'Ada' },
    [ENTERPRISE]: { department: 'Engines' },
  });
  expect((await put(id, minimal(userName))).status).toBe(200);
  const after = await organization.readUser(id);
  for (const name of ['nickName', 'emails', 'name', ENTERPRISE]) {
    expect(Object.keys(after)).not.toContain(name);
  }
});

it.each([
  ['null', { nickName: null, emails: null, name: null }],
  ['[] or null', { nickName: null, emails: [], name: null }],
])('PUT-03 clears what it sends as %s', async (_what, cleared) => {
  const { id, userName } = await organization.createUser({
    nickName: 'Babs',
    emails: [{ value: 'a@example.com' }],
    name: { givenName: 'Ada' },
  });
  const { body } = await put(id, minimal(userName, cleared));
  for (const name of ['nickName', 'emails', 'name']) expect(Object.keys(body)).not.toContain(name);
});

it.each(['/Users', '/Groups'])('PUT-04 never creates below %s', async (endpoint) => {
  const body =
    endpoint === '/Users' ? minimal(randomUserName()) : { schemas: [GROUP], displayName: 'x' };
  expectScimError(await organization.scim('PUT', `${endpoint}/unknown-id`, body), 404);
});

it('PUT-05 ignores another id in the body', async () => {
  const { id, userName } = await organization.createUser();
  const { status, body } = await put(id, minimal(userName, { id: 'another', displayName: 'Ada' }));
  expect(status).toBe(200);
  expect(body).toMatchObject({ id, displayName: 'Ada' });
});

it.each([
  ['missing', {}],
  ['null', { userName: null }],
  ['empty', { userName: '' }],
])('PUT-07 refuses a userName that is %s', async (_state, attributes) => {
  const { id } = await organization.createUser();
  expectScimError(await put(id, { schemas: [USER], ...attributes }), 400, 'invalidValue');
});

it('PUT-08 refuses missing schemas', async () => {
  const { id, userName } = await organization.createUser();
  expectScimError(await put(id, { userName }), 400, ['invalidSyntax', 'invalidValue']);
});

it('PUT-10 accepts its own userName in the same and in other letter case', async () => {
  const { id, userName } = await organization.createUser();
  expect((await put(id, minimal(userName))).status).toBe(200);
  const { status, body } = await put(id, minimal(userName.toUpperCase()));
  expect(status).toBe(200);
  expect(body.userName).toBe(userName.toUpperCase());
});

it("refuses another user's userName with 409 uniqueness and changes nothing", async () => {
  const taken = await organization.createUser();
  const user = await organization.createUser({ displayName: 'Ada' });
  const response = await put(user.id, minimal(taken.userName.toUpperCase()));
  expectScimError(response, 409, 'uniqueness');
  expect(await organization.readUser(user.id)).toEqual(user);
});

it('frees the userName it replaces', async () => {
  const { id, userName } = await organization.createUser();
  expect((await put(id, minimal(randomUserName()))).status).toBe(200);
  await organization.createUser({ userName });
});

it('PUT-11 publishes no immutable attribute outside members that a PUT could break', async () => {
  const immutable: string[] = [];
  for (const urn of [USER, GROUP, ENTERPRISE]) {
    const schema = await organization.read(`/Schemas/${urn}`);
    for (const attribute of schema['attributes'] as readonly PublishedAttribute[]) {
      const all = [attribute, ...(attribute.subAttributes ?? [])];
      if (all.some(({ mutability }) => mutability === 'immutable')) immutable.push(attribute.name);
    }
  }
  expect(immutable.filter((name) => name !== 'members')).toEqual([]);
});

it.each([
  ['name as a string', { name: 'x' }],
  ['emails as an object', { emails: {} }],
  ['active as a word', { active: 'yes' }],
  ['displayName as a number', { displayName: 7 }],
])('PUT-13 refuses %s and changes nothing', async (_what, attributes) => {
  const user = await organization.createUser({ displayName: 'Ada' });
  const response = await put(user.id, minimal(user.userName, attributes));
  expectScimError(response, 400, ['invalidValue', 'invalidSyntax']);
  expect(await organization.readUser(user.id)).toEqual(user);
});

it('PUT-14 ignores an attribute it does not know', async () => {
  const { id, userName } = await organization.createUser();
  const { status, body } = await put(id, minimal(userName, { displaayName: 'x' }));
  expect(status).toBe(200);
  expect(body['displaayName']).toBeUndefined();
});

it('PUT-15 accepts a PUT with and without a password and never shows one', async () => {
  const { id, userName } = await organization.createUser({ password: 'correct horse' });
  for (const attributes of [{ password: 'battery staple' }, {}]) {
    const { status, text } = await put(id, minimal(userName, attributes));
    expect(status).toBe(200);
    expect(text).not.toMatch(/password|horse|staple/);
  }
});

it('PUT-16 replaces all members of a group', async () => {
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => organization.createUser()));
  const group = await organization.createGroup({ members: [{ value: a!.id }, { value: b!.id }] });
  const replace = async (attributes: Attributes) => {
    const body = { schemas: [GROUP], displayName: group.displayName, ...attributes };
    const response = await organization.scim('PUT', `/Groups/${group.id}`, body);
    expect(response.status).toBe(200);
    const { members } = await organization.readGroup(group.id);
    return (members ?? []).map((member) => member.value).sort();
  };
  const wanted = [b!.id, c!.id].sort();
  expect(await replace({ members: wanted.map((value) => ({ value })) })).toEqual(wanted);
  expect(await replace({ members: [] })).toEqual([]);
  expect(await replace({ members: [{ value: a!.id }] })).toEqual([a!.id]);
  expect(await replace({})).toEqual([]);
});

it('PUT-17 replaces a group without an id in the body', async () => {
  const group = await organization.createGroup();
  const displayName = `${group.displayName} renamed`;
  const body = { schemas: [GROUP], displayName };
  const response = await organization.scim('PUT', `/Groups/${group.id}`, body);
  expect(response.status).toBe(200);
  expect(await organization.readGroup(group.id)).toMatchObject({ id: group.id, displayName });
});

it('PUT-18 deactivates and reactivates', async () => {
  const { id, userName } = await organization.createUser({ active: true });
  for (const active of [false, true]) {
    expect((await put(id, minimal(userName, { active }))).status).toBe(200);
    expect((await organization.readUser(id))['active']).toBe(active);
  }
});

it('PUT-20 lets the last write win without If-Match, and answers what is stored', async () => {
  const user = await organization.createUser();
  const answers = await Promise.all(
    ['A', 'B', 'C', 'D'].map((displayName) => put(user.id, { ...user, displayName })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(answers.map(({ body }) => body.displayName)).toEqual(['A', 'B', 'C', 'D']);
  const stored = await organization.readUser(user.id);
  expect(answers.map(({ body }) => body)).toContainEqual(stored);
});

it('PUT-21 removes the extension and its URN when it is omitted', async () => {
  const { id, userName } = await organization.createUser({
    [ENTERPRISE]: { department: 'Engines' },
  });
  await put(id, minimal(userName));
  const after = await organization.readUser(id);
  expect(after.schemas).toEqual([USER]);
  expect(after[ENTERPRISE]).toBeUndefined();
});

it('PUT-22 answers only the attributes asked for', async () => {
  const { id, userName } = await organization.createUser();
  const { body } = await put(id, minimal(userName, { displayName: 'Ada' }), '?attributes=userName');
  expect(Object.keys(body).sort()).toEqual(['id', 'schemas', 'userName']);
});

it('changes nothing, version included, when it sends back what it read', async () => {
  const user = await organization.createUser({
    name: { givenName: 'Ada' },
    emails: [{ value: 'a@example.com', type: 'work', primary: true }],
    [ENTERPRISE]: { department: 'Engines' },
  });
  await organization.createGroup({ members: [{ value: user.id }] });
  const read = await organization.readUser(user.id);
  const { status, body } = await put(user.id, { ...read });
  expect(status).toBe(200);
  expect(body).toEqual(read);
});
