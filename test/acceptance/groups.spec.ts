import {
  GROUP,
  eventually,
  expectScimError,
  newOrganization,
  randomDisplayName,
} from '../support/scim-client.js';
import type { Attributes, ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

async function userIds(count: number): Promise<string[]> {
  const users = await Promise.all(Array.from({ length: count }, () => organization.createUser()));
  return users.map((user) => user.id);
}

function groupOf(ids: readonly string[], attributes: Attributes = {}): Promise<ScimDocument> {
  return organization.createGroup({ ...attributes, members: ids.map((value) => ({ value })) });
}

async function memberIds(id: string): Promise<(string | undefined)[]> {
  return ((await organization.readGroup(id)).members ?? []).map((member) => member.value).sort();
}

function postGroup(attributes: Attributes) {
  const group = { schemas: [GROUP], displayName: randomDisplayName(), ...attributes };
  return organization.scim('POST', '/Groups', group);
}

const addMembers = (value: unknown) => ({ op: 'add', path: 'members', value });
const removeMember = (id: string) => ({ op: 'remove', path: `members[value eq "${id}"]` });

async function expectPatched(id: string, ...operations: unknown[]): Promise<void> {
  const response = await organization.patchGroup(id, ...operations);
  if (![200, 204].includes(response.status)) throw new Error(response.text);
}

describe('creation', () => {
  it.each([{}, { members: [] }, { members: null }])(
    'GRP-01 accepts a group with %j',
    async (part) => {
      const { status, body } = await postGroup(part);
      expect(status).toBe(201);
      expect(body.members ?? []).toEqual([]);
    },
  );

  it('GRP-02 shows every member with its id, a URL that resolves, and its type', async () => {
    const [id] = await userIds(1);
    const { members } = await groupOf([id!]);
    expect(members).toEqual([
      { value: id, $ref: `${organization.scimUrl}/Users/${id}`, type: 'User' },
    ]);
    expect((await organization.read(members[0]!.$ref!)).id).toBe(id);
  });

  it.each([
    ['null', { $ref: null, type: null, display: null }],
    ['wrong', { $ref: 'https://example.com/x', display: 'nobody', displayName: 'nobody' }],
  ])('GRP-03 computes what the client sent as %s', async (_state, sent) => {
    const [id] = await userIds(1);
    const { status, body } = await postGroup({ members: [{ value: id, ...sent }] });
    expect(status).toBe(201);
    expect(body.members).toEqual([
      { value: id, $ref: `${organization.scimUrl}/Users/${id}`, type: 'User' },
    ]);
  });

  it('GRP-05 refuses a member that does not exist, and stores no group', async () => {
    const displayName = randomDisplayName();
    const response = await postGroup({ displayName, members: [{ value: 'nobody' }] });
    expectScimError(response, 400, 'invalidValue');
    const { body } = await organization.search(`displayName eq "${displayName}"`, '/Groups');
    expect(body.totalResults).toBe(0);
  });

  it('GRP-10 stores a member once that is sent twice', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([id!, id!]);
    expect(group.members).toHaveLength(1);
    const body = { schemas: [GROUP], displayName: group.displayName };
    const members = [{ value: id }, { value: id }];
    const put = await organization.scim('PUT', `/Groups/${group.id}`, { ...body, members });
    expect(put.body.members).toHaveLength(1);
  });

  it('GRP-26 has no active attribute', async () => {
    const { status, body } = await postGroup({ active: true });
    expect(status).toBe(201);
    expect(await organization.readGroup(body.id)).not.toHaveProperty('active');
  });
});

describe('members that are no users', () => {
  it('GRP-06 refuses a group as a member', async () => {
    const inner = await groupOf([]);
    const members = [{ value: inner.id, type: 'Group' }];
    expectScimError(await postGroup({ members }), 400, 'invalidValue');
    const outer = await groupOf([]);
    const response = await organization.patchGroup(outer.id, addMembers(members));
    expectScimError(response, 400, 'invalidValue');
  });

  it('GRP-07 refuses a group as its own member', async () => {
    const { id } = await groupOf([]);
    const response = await organization.patchGroup(id, addMembers([{ value: id }]));
    expectScimError(response, 400, 'invalidValue');
    expect(await memberIds(id)).toEqual([]);
  });

  it('GRP-05 refuses to add a member that does not exist', async () => {
    const group = await groupOf([]);
    const response = await organization.patchGroup(group.id, addMembers([{ value: 'nobody' }]));
    expectScimError(response, 400, 'invalidValue');
    expect(await organization.readGroup(group.id)).toEqual(group);
  });
});

describe('membership by PATCH', () => {
  it.each([
    ['bare strings', (id: string) => [id]],
    ['one bare string', (id: string) => id],
    ['a string named value', (id: string) => ({ value: id })],
  ])('GRP-04 accepts %s as members', async (_form, value) => {
    const [id] = await userIds(1);
    const group = await groupOf([]);
    await expectPatched(group.id, addMembers(value(id!)));
    expect(await memberIds(group.id)).toEqual([id]);
  });

  it('GRP-08 adds many members once each', async () => {
    const ids = await userIds(120);
    const group = await groupOf([]);
    const members = [...ids, ...ids].map((value) => ({ $ref: null, value }));
    await expectPatched(group.id, { op: 'Add', path: 'members', value: members });
    expect(await memberIds(group.id)).toEqual([...ids].sort());
  });

  it('answers 200 with the members of a small group', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([]);
    const { status, body } = await organization.patchGroup(group.id, addMembers([{ value: id }]));
    expect(status).toBe(200);
    expect(body).toEqual(await organization.readGroup(group.id));
  });

  it('GRP-09 changes nothing when the member is there', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([id!]);
    await expectPatched(group.id, addMembers([{ value: id, display: 'someone' }]));
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it('GRP-12 applies the combined request of Okta', async () => {
    const [old, next] = await userIds(2);
    const group = await groupOf([old!]);
    const added = addMembers([{ value: next, display: 'test.user@okta.local' }]);
    await expectPatched(group.id, removeMember(old!), added);
    expect(await memberIds(group.id)).toEqual([next]);
  });

  it('GRP-12 applies none of a combined request when one part is refused', async () => {
    const [old] = await userIds(1);
    const group = await groupOf([old!]);
    const added = addMembers([{ value: 'nobody' }]);
    const response = await organization.patchGroup(group.id, removeMember(old!), added);
    expectScimError(response, 400, 'invalidValue');
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it('GRP-13 replaces the whole set, and clears it', async () => {
    const ids = await userIds(4);
    const group = await groupOf(ids.slice(0, 2));
    const push = (values: readonly string[]) =>
      expectPatched(group.id, {
        op: 'replace',
        path: 'members',
        value: values.map((value) => ({ value })),
      });
    await push(ids.slice(1));
    expect(await memberIds(group.id)).toEqual(ids.slice(1).sort());
    await push([]);
    expect(await memberIds(group.id)).toEqual([]);
  });

  it('GRP-14 replaces by the same set in another order without duplicates', async () => {
    const ids = await userIds(3);
    const group = await groupOf(ids);
    const value = [...ids].reverse().map((id) => ({ value: id }));
    await expectPatched(group.id, { op: 'replace', path: 'members', value });
    expect(await memberIds(group.id)).toEqual([...ids].sort());
  });

  it('GRP-18 keeps all of twenty members added at the same time', async () => {
    const ids = await userIds(20);
    const group = await groupOf([]);
    await Promise.all(ids.map((value) => expectPatched(group.id, addMembers([{ value }]))));
    expect(await memberIds(group.id)).toEqual([...ids].sort());
  });

  it('GRP-19 loses neither side of simultaneous adds and removes', async () => {
    const ids = await userIds(20);
    const leaving = ids.slice(0, 10);
    const joining = ids.slice(10);
    const group = await groupOf(leaving);
    await Promise.all([
      ...leaving.map((id) => expectPatched(group.id, removeMember(id))),
      ...joining.map((value) => expectPatched(group.id, addMembers([{ value }]))),
    ]);
    expect(await memberIds(group.id)).toEqual([...joining].sort());
  });

  it('GRP-21 answers a group without members after the last is removed', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([id!]);
    await expectPatched(group.id, removeMember(id!));
    expect((await organization.readGroup(group.id)).members ?? []).toEqual([]);
  });

  it('GRP-22 adds to a group whose members the client never reads', async () => {
    const ids = await userIds(2);
    const { id } = await groupOf(ids.slice(0, 1));
    expect(await organization.read(`/Groups/${id}?excludedAttributes=members`)).not.toHaveProperty(
      'members',
    );
    await expectPatched(id, addMembers([{ value: ids[1] }]));
    expect(await memberIds(id)).toEqual([...ids].sort());
  });

  it('GRP-24 refuses to set the id of a member to null', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([id!]);
    const path = `members[value eq "${id}"].value`;
    const response = await organization.patchGroup(group.id, { op: 'replace', path, value: null });
    expectScimError(response, 400);
    expect(await organization.readGroup(group.id)).toEqual(group);
  });

  it('GRP-25 removes all members when they are replaced by null', async () => {
    const group = await groupOf(await userIds(2));
    await expectPatched(group.id, { op: 'replace', path: 'members', value: null });
    expect(await memberIds(group.id)).toEqual([]);
  });
});

describe('the groups of a user', () => {
  it('GRP-15 follow every change of membership at once', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([]);
    await expectPatched(group.id, addMembers([{ value: id }]));
    expect((await organization.readUser(id!)).groups).toEqual([
      {
        value: group.id,
        display: group.displayName,
        $ref: `${organization.scimUrl}/Groups/${group.id}`,
        type: 'direct',
      },
    ]);
    await expectPatched(group.id, removeMember(id!));
    expect((await organization.readUser(id!)).groups ?? []).toEqual([]);
  });

  it('GRP-15 cannot be written through the user', async () => {
    const user = await organization.createUser();
    const group = await groupOf([]);
    const groups = [{ value: group.id }];
    const put = await organization.scim('PUT', `/Users/${user.id}`, { ...user, groups });
    expect(put.status).toBe(200);
    const patch = await organization.patchUser(user.id, {
      op: 'add',
      path: 'groups',
      value: groups,
    });
    expectScimError(patch, 400, 'mutability');
    expect(await memberIds(group.id)).toEqual([]);
  });

  it('GRP-16 leave the ETag of the user in agreement with If-None-Match', async () => {
    const user = await organization.createUser();
    await groupOf([user.id]);
    const { meta } = await organization.readUser(user.id);
    const headers = { 'if-none-match': user.meta.version };
    const { status } = await organization.scim('GET', `/Users/${user.id}`, undefined, headers);
    expect(status).toBe(meta.version === user.meta.version ? 304 : 200);
  });

  it('GRP-17 show the new name of a renamed group', async () => {
    const [id] = await userIds(1);
    const group = await groupOf([id!]);
    const value = randomDisplayName();
    await expectPatched(group.id, { op: 'replace', path: 'displayName', value });
    expect((await organization.readUser(id!)).groups).toMatchObject([{ display: value }]);
  });
});

it('keeps nobody who was deleted at the moment of joining', async () => {
  const ids = await userIds(20);
  const group = await groupOf([]);
  await Promise.all(
    ids.flatMap((id) => [
      organization.patchGroup(group.id, addMembers([{ value: id }])),
      organization.scim('DELETE', `/Users/${id}`),
    ]),
  );
  expect(await memberIds(group.id)).toEqual([]);
  const { displayName } = group;
  const members = [{ value: ids[0] }];
  const put = { schemas: [GROUP], displayName, members };
  expectScimError(await organization.scim('PUT', `/Groups/${group.id}`, put), 400, 'invalidValue');
  // What the group's stream still holds of them it loses without anybody's request.
  const held = await eventually(
    async () => (await organization.patchGroup(group.id)).body.members ?? [],
    (left) => left.length === 0,
  );
  expect(held).toEqual([]);
});
