import { renderResource, readResource } from '../../src/scim/resource.js';
import { groupType, userType, type ResourceType } from '../../src/scim/schema.js';

const U = 'urn:ietf:params:scim:schemas:core:2.0:User';
const G = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const E = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const identity = {
  id: '2819c223',
  created: '2010-01-23T04:56:22Z',
  lastModified: '2011-05-13T04:42:34Z',
  version: 'W/"3"',
  location: 'https://example.com/v2/Users/2819c223',
};

const readUser = (attributes: object): ReturnType<typeof readResource> =>
  readResource(userType, { schemas: [U], userName: 'bjensen', ...attributes });
const readGroup = (attributes: object): ReturnType<typeof readResource> =>
  readResource(groupType, { schemas: [G], displayName: 'Tour Guides', ...attributes });

describe('readResource', () => {
  it('CRE-06: ignores id, meta and groups', () => {
    const given = { id: 'x', meta: { resourceType: 'User' }, groups: [{ value: 'g' }] };
    expect(readUser(given)).toEqual({ userName: 'bjensen', active: true });
  });

  it('CRE-25: gives names in the letter case and order of the schema', () => {
    const body = {
      Schemas: [U],
      Emails: [{ Type: 'work', VALUE: 'b@x.org', Primary: true }],
      ACTIVE: false,
      UserName: 'b',
      [E.toUpperCase()]: { Manager: { Value: '26118915' }, Department: 'R&D' },
    };
    const attributes = readResource(userType, body);
    expect(JSON.stringify(attributes)).toBe(
      JSON.stringify({
        userName: 'b',
        active: false,
        emails: [{ value: 'b@x.org', type: 'work', primary: true }],
        [E]: { department: 'R&D', manager: { value: '26118915' } },
      }),
    );
  });

  it('CRE-27: ignores unknown attributes, at every level', () => {
    const given = {
      foo: 'x',
      name: { foo: 'y', givenName: 'B' },
      emails: [{ value: 'a', foo: 1 }],
    };
    expect(readUser(given)).toEqual({
      userName: 'bjensen',
      active: true,
      name: { givenName: 'B' },
      emails: [{ value: 'a' }],
    });
  });

  it.each([
    ['null', { title: null }],
    ['an empty list', { emails: [] }],
    ['an empty object', { name: {} }],
    ['an object of nulls', { name: { givenName: null } }],
    ['empty text', { title: '' }],
    ['a list of nulls', { emails: [null] }],
    ['a value without content', { emails: [{ value: null }] }],
    ['an empty extension', { [E]: {} }],
    ['no extension', { [E]: null }],
    ['an extension of nulls', { [E]: { department: null, manager: { value: '' } } }],
  ])('CRE-28: %s leaves an attribute unassigned', (_title, given) => {
    expect(readUser(given)).toEqual({ userName: 'bjensen', active: true });
  });

  it('CRE-33: keeps one of several values with the same type and value', () => {
    const emails = [
      { value: 'b@x.org', type: 'work' },
      { value: 'B@X.org', type: 'Work', primary: true },
      { value: 'b@x.org', type: 'home' },
    ];
    expect(readUser({ emails })['emails']).toEqual([
      { value: 'B@X.org', type: 'Work', primary: true },
      { value: 'b@x.org', type: 'home' },
    ]);
  });

  it('CRE-35: accepts types that are not canonical', () => {
    const emails = [{ value: 'b@x.org', type: 'custom' }];
    expect(readUser({ emails })['emails']).toEqual(emails);
  });

  it('LIM-02: keeps 100 e-mail addresses', () => {
    const emails = Array.from({ length: 100 }, (_, i) => ({ value: `${i}@x.org`, type: 'work' }));
    expect(readUser({ emails })['emails']).toEqual(emails);
  });

  it('CAS-06: keeps text exactly as sent', () => {
    const displayName = '王小明 👩‍👩‍👧 e\u0301 שלום';
    expect(readUser({ displayName })['displayName']).toBe(displayName);
  });

  it('discards the password', () => {
    expect(readUser({ password: '1mz050nq' })).toEqual({ userName: 'bjensen', active: true });
  });

  it('GRP-10: keeps each member once, in order', () => {
    const members = [{ value: 'u2' }, { value: 'u1' }, { value: 'u2', display: 'B' }];
    expect(readGroup({ members })['members']).toEqual([{ value: 'u2' }, { value: 'u1' }]);
  });

  it('GRP-03: ignores display, $ref and type of a member', () => {
    const members = [{ value: 'u1', $ref: null, display: 'B', type: 'Group', displayName: 'x' }];
    expect(readGroup({ members })['members']).toEqual([{ value: 'u1' }]);
  });

  it('GRP-26: gives a group no active', () => {
    expect(readGroup({ active: true })).toEqual({ displayName: 'Tour Guides' });
  });

  it('ENT-01: keeps the manager, but not its displayName', () => {
    const manager = { value: '26118915', $ref: '../Users/26118915', displayName: 'John Smith' };
    expect(readUser({ [E]: { manager } })[E]).toEqual({
      manager: { value: '26118915', $ref: '../Users/26118915' },
    });
  });

  it('reads 10,000 members quickly', () => {
    const members = Array.from({ length: 10_000 }, (_, i) => ({ value: `u${i}` }));
    const start = performance.now();
    expect(readGroup({ members })['members']).toHaveLength(10_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('bodies that are refused', () => {
  const users: [string, string, unknown, string][] = [
    ['CRE-07', 'invalidValue', { schemas: [U] }, 'userName: required, found nothing'],
    ['CRE-07', 'invalidValue', { schemas: [U], userName: '' }, 'userName: required, found ""'],
    ['CRE-07', 'invalidValue', { schemas: [U], userName: null }, 'userName: required, found null'],
    ['CRE-09', 'invalidValue', { userName: 'b' }, `schemas: expected an array with ${U}`],
    [
      'CRE-09',
      'invalidValue',
      { schemas: [], userName: 'b' },
      `schemas: expected an array with ${U}`,
    ],
    [
      'CRE-09',
      'invalidValue',
      { schemas: U, userName: 'b' },
      `schemas: expected an array with ${U}`,
    ],
    ['CRE-09', 'invalidValue', { schemas: [7], userName: 'b' }, 'schemas[0]: expected a string'],
    [
      'CRE-10',
      'invalidValue',
      { schemas: [E], userName: 'b' },
      `schemas: expected ${U} among them`,
    ],
    [
      'CRE-11',
      'invalidValue',
      { schemas: [U, 'urn:x:y'] },
      'schemas[1]: no schema "urn:x:y" for a User',
    ],
    [
      'CRE-11',
      'invalidValue',
      { schemas: [G], userName: 'b' },
      `schemas[0]: no schema "${G}" for a User`,
    ],
    [
      'ERR-10',
      'invalidVers',
      { schemas: ['urn:scim:schemas:core:1.0'] },
      'schemas[0]: SCIM 1.1 is not supported',
    ],
    ['CRE-39', 'invalidSyntax', [], 'body: expected a JSON object'],
    ['CRE-39', 'invalidSyntax', 'x', 'body: expected a JSON object'],
    ['CRE-39', 'invalidSyntax', null, 'body: expected a JSON object'],
    ['CRE-39', 'invalidSyntax', undefined, 'body: expected a JSON object'],
  ];
  it.each(users)('%s: %s for %j', (_id, scimType, body, detail) => {
    expect(() => readResource(userType, body)).toThrow(
      expect.objectContaining({ status: 400, scimType, detail }),
    );
  });

  it.each([
    ['CRE-21', { name: 'x' }, 'name: expected an object, found "x"'],
    ['CRE-21', { name: [{ givenName: 'B' }] }, 'name: expected an object, found an array'],
    ['CRE-21', { emails: {} }, 'emails: expected an array, found an object'],
    ['CRE-21', { emails: 'x' }, 'emails: expected an array, found "x"'],
    ['CRE-21', { emails: ['x'] }, 'emails[0]: expected an object, found "x"'],
    ['CRE-21', { userName: {} }, 'userName: expected a string, found an object'],
    ['CRE-21', { displayName: 7 }, 'displayName: expected a string, found 7'],
    ['CRE-24', { active: ' true' }, 'active: expected a boolean, found " true"'],
    ['CRE-24', { active: 'yes' }, 'active: expected a boolean, found "yes"'],
    ['CRE-24', { active: 1 }, 'active: expected a boolean, found 1'],
    ['CRE-24', { active: {} }, 'active: expected a boolean, found an object'],
    ['CRE-24', { active: [] }, 'active: expected a boolean, found an empty array'],
    ['CRE-24', { active: '' }, 'active: expected a boolean, found ""'],
    [
      'CRE-24',
      { emails: [{ primary: 'yes' }] },
      'emails[0].primary: expected a boolean, found "yes"',
    ],
    [
      'CRE-32',
      {
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
      'emails: expected at most one primary value, found 2',
    ],
    [
      'LIM-03',
      { userName: 'x'.repeat(1_001) },
      'userName: expected at most 1000 characters, found 1001',
    ],
    [
      'LIM-03',
      { title: 'x'.repeat(100_001) },
      'title: expected at most 100000 characters, found 100001',
    ],
    [
      'LIM-03',
      { emails: Array(1_001).fill({}) },
      'emails: expected at most 1000 values, found 1001',
    ],
    ['NUL', { title: 'a\0b' }, 'title: holds NUL or a lone surrogate'],
    ['surrogate', { title: 'a\ud800b' }, 'title: holds NUL or a lone surrogate'],
    [
      'binary',
      { x509Certificates: [{ value: '§' }] },
      'x509Certificates[0].value: expected Base64, found "§"',
    ],
    ['secret', { password: { a: 1 } }, 'password: expected a string, found an object'],
    ['secret', { password: 1234 }, 'password: expected a string, found a number'],
    ['extension', { [E]: 'x' }, `${E}: expected an object`],
    ['extension', { [E]: { department: 7 } }, `${E}:department: expected a string, found 7`],
  ])('%s: invalidValue for %j', (_id, given, detail) => {
    expect(() => readUser(given)).toThrow(
      expect.objectContaining({ status: 400, scimType: 'invalidValue', detail }),
    );
  });

  it.each([
    ['CRE-08', { displayName: undefined }, 'displayName: required, found nothing'],
    ['CRE-21', { members: 'x' }, 'members: expected an array, found "x"'],
    ['GRP', { members: [{}] }, 'members[0].value: required, found nothing'],
    ['GRP', { members: [{ value: '' }] }, 'members[0].value: required, found ""'],
  ])('%s: invalidValue for the group %j', (_id, given, detail) => {
    expect(() => readGroup(given)).toThrow(
      expect.objectContaining({ status: 400, scimType: 'invalidValue', detail }),
    );
  });

  it.each([
    ['an attribute', { username: 'b' }],
    ['a sub-attribute', { name: { givenName: 'B', GIVENNAME: 'C' } }],
    ['an extension', { [E]: {}, [E.toLowerCase()]: {} }],
  ])('CRE-26: %s twice in different letter case', (_title, given) => {
    expect(() => readUser(given)).toThrow(
      expect.objectContaining({ status: 400, scimType: 'invalidSyntax' }),
    );
  });

  it('shows only the beginning of a long value', () => {
    const long = 'x'.repeat(500);
    expect(() => readUser({ active: long })).toThrow(
      `active: expected a boolean, found "${'x'.repeat(60)}…"`,
    );
  });
});

describe('hostile bodies', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'CRE-40: a member named %s is an unknown attribute',
    (key) => {
      const body = JSON.parse(
        `{"schemas":["${U}"],"userName":"b","${key}":{"polluted":true},"name":{"${key}":{"polluted":true}}}`,
      );
      expect(readResource(userType, body)).toEqual({ userName: 'b', active: true });
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    },
  );

  it.each([['foo'], ['name'], ['emails'], ['active'], [E]])(
    'JSON 10,000 deep in %s does not overflow the stack',
    (key) => {
      const deep = `${'{"name":['.repeat(5_000)}${']}'.repeat(5_000)}`;
      const body = JSON.parse(`{"schemas":["${U}"],"userName":"b","${key}":${deep}}`);
      const read = (): unknown => readResource(userType, body);
      if (key === 'foo' || key === 'name' || key === E) expect(read).not.toThrow();
      else expect(read).toThrow(expect.objectContaining({ scimType: 'invalidValue' }));
    },
  );
});

describe('renderResource', () => {
  it('renders what was read, with schemas, id, read-only attributes and meta', () => {
    const attributes = readUser({ externalId: 'e', [E]: { department: 'R&D' } });
    expect(renderResource(userType, attributes, identity, { groups: [{ value: 'g' }] })).toEqual({
      schemas: [U, E],
      id: '2819c223',
      externalId: 'e',
      userName: 'bjensen',
      active: true,
      [E]: { department: 'R&D' },
      groups: [{ value: 'g' }],
      meta: {
        resourceType: 'User',
        created: '2010-01-23T04:56:22Z',
        lastModified: '2011-05-13T04:42:34Z',
        location: 'https://example.com/v2/Users/2819c223',
        version: 'W/"3"',
      },
    });
  });

  it('CRE-14: lists no extension without data', () => {
    const attributes = readResource(userType, { schemas: [U, E], userName: 'b', [E]: {} });
    expect(renderResource(userType, attributes, identity)['schemas']).toEqual([U]);
  });

  it('CRE-13: lists an extension with data that the request did not list', () => {
    const attributes = readUser({ [E]: { department: 'R&D' } });
    expect(renderResource(userType, attributes, identity)['schemas']).toEqual([U, E]);
  });

  it('replaces attributes by read-only ones of the same name', () => {
    const members = [{ value: 'u1', $ref: 'https://example.com/v2/Users/u1', type: 'User' }];
    const attributes = readGroup({ members: [{ value: 'u1' }] });
    const type: ResourceType = groupType;
    expect(renderResource(type, attributes, identity, { members })['members']).toEqual(members);
  });
});
