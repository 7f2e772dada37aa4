import {
  ENTERPRISE,
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  randomDisplayName,
  randomUserName,
} from '../support/scim-client.js';
import type { Attributes, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

function user(attributes: Attributes = {}): Attributes & { userName: unknown } {
  return { schemas: [USER], userName: randomUserName(), ...attributes };
}

function postUser(attributes: Attributes, query = '') {
  return organization.scim('POST', `/Users${query}`, attributes);
}

async function countOf(userName: unknown): Promise<number> {
  return (await organization.search(`userName eq ${JSON.stringify(userName)}`)).body.totalResults;
}

describe('the answer to a POST', () => {
  it('CRE-01 is 201 with the whole resource and an id chosen by the server', async () => {
    const sent = user({ displayName: 'Ada', name: { givenName: 'Ada', familyName: 'Lovelace' } });
    const { status, body } = await postUser(sent);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...sent, id: expect.stringMatching(/.+/), meta: {} });
  });

  it('CRE-02 has an absolute Location, equal to meta.location, that can be read', async () => {
    const { body, headers } = await postUser(user());
    expect(headers.get('location')).toBe(body.meta.location);
    expect(body.meta.location).toBe(`${organization.scimUrl}/Users/${body.id}`);
    expect(await organization.read(body.meta.location)).toEqual(body);
  });

  it.each(['User', 'Group'])('CRE-03 has the meta of a new %s', async (resourceType) => {
    const created =
      resourceType === 'User' ? await organization.createUser() : await organization.createGroup();
    expect(created.meta.resourceType).toBe(resourceType);
    expect(created.meta.created).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    );
    expect(created.meta.lastModified).toBe(created.meta.created);
  });

  it('CRE-04 has a weak ETag equal to meta.version', async () => {
    const { body, headers } = await postUser(user());
    expect(headers.get('etag')).toBe(body.meta.version);
    expect(body.meta.version).toMatch(/^W\/".+"$/);
  });

  it('CRE-42 is the whole resource by default, and Prefer is ignored or honoured', async () => {
    const preferring = await organization.scim('POST', '/Users', user(), {
      prefer: 'return=minimal',
    });
    expect([201, 204]).toContain(preferring.status);
    expect((await postUser(user({ nickName: 'Babs' }))).body['nickName']).toBe('Babs');
  });

  it('CRE-36 holds only the attributes asked for', async () => {
    const sent = user({ displayName: 'Ada', emails: [{ value: 'a@example.com', type: 'work' }] });
    const { status, body } = await postUser(sent, '?attributes=userName');
    expect(status).toBe(201);
    expect(Object.keys(body).sort()).toEqual(['id', 'schemas', 'userName']);
  });

  it('CRE-36 lacks the attributes excluded', async () => {
    const sent = user({ displayName: 'Ada', emails: [{ value: 'a@example.com', type: 'work' }] });
    const { status, body } = await postUser(sent, '?excludedAttributes=emails');
    expect(status).toBe(201);
    expect(body.emails).toBeUndefined();
    expect(body.displayName).toBe('Ada');
    expect((await organization.readUser(body.id)).emails).toHaveLength(1);
  });
});

describe('read-only attributes', () => {
  it('CRE-06 are ignored when the client sends them', async () => {
    const { status, body } = await postUser(
      user({
        id: 'chosen-by-the-client',
        meta: { resourceType: 'Group', created: '2001-01-01T00:00:00Z', version: 'W/"9"' },
        groups: [{ value: 'x', display: 'Administrators' }],
      }),
    );
    expect(status).toBe(201);
    expect(body.id).not.toBe('chosen-by-the-client');
    expect(body.meta.resourceType).toBe('User');
    expect(body.meta.created).not.toContain('2001');
    expect(body.groups ?? []).toEqual([]);
  });
});

describe('required attributes', () => {
  it.each([
    ['missing', { userName: undefined }],
    ['empty', { userName: '' }],
    ['null', { userName: null }],
  ])('CRE-07 refuses a userName that is %s', async (_state, attributes) => {
    expectScimError(await postUser(user(attributes)), 400, 'invalidValue');
  });

  it.each([
    ['missing', {}],
    ['empty', { displayName: '' }],
    ['null', { displayName: null }],
  ])('CRE-08 refuses a group whose displayName is %s', async (_state, attributes) => {
    const body = { schemas: [GROUP], ...attributes };
    expectScimError(await organization.scim('POST', '/Groups', body), 400, 'invalidValue');
  });
});

describe('schemas', () => {
  const badSchemas = ['invalidSyntax', 'invalidValue'];

  it.each([
    ['missing', undefined],
    ['empty', []],
    ['null', null],
    ['a string', USER],
  ])('CRE-09 refuses schemas that are %s', async (_state, schemas) => {
    expectScimError(await postUser(user({ schemas })), 400, badSchemas);
  });

  it('CRE-10 refuses the extension without the core schema', async () => {
    expectScimError(await postUser(user({ schemas: [ENTERPRISE] })), 400, badSchemas);
  });

  it('CRE-11 refuses an unknown URN and writes nothing', async () => {
    const sent = user({ schemas: [USER, 'urn:example:params:scim:schemas:unknown:2.0:Thing'] });
    expectScimError(await postUser(sent), 400, badSchemas);
    expect(await countOf(sent.userName)).toBe(0);
  });

  it("CRE-12 accepts Entra's group marker and never echoes it", async () => {
    const group = await organization.createGroup({
      schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0',
      meta: { resourceType: 'Group' },
    });
    expect(group.schemas).toEqual([GROUP]);
    expect(await organization.readGroup(group.id)).toMatchObject({ externalId: '8aa1a0c0' });
  });

  it('CRE-13 adds the URN of an extension whose data is present', async () => {
    const created = await organization.createUser({ [ENTERPRISE]: { department: 'Engines' } });
    expect([...created.schemas].sort()).toEqual([USER, ENTERPRISE].sort());
    expect(created[ENTERPRISE]).toEqual({ department: 'Engines' });
  });

  it('CRE-14 stays the same between POST and GET when the extension holds nothing', async () => {
    const created = await organization.createUser({ schemas: [USER, ENTERPRISE] });
    expect(created.schemas).toContain(USER);
    expect((await organization.readUser(created.id)).schemas).toEqual(created.schemas);
  });

  it('CRE-15 never shows a URN twice', async () => {
    const { status, body } = await postUser(user({ schemas: [USER, USER] }));
    expect([201, 400]).toContain(status);
    expect(new Set(body.schemas).size).toBe(body.schemas.length);
  });

  it.each([
    ['first', { [ENTERPRISE]: { department: 'Engines' }, schemas: [ENTERPRISE, USER] }],
    ['last', { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { department: 'Engines' } }],
  ])('CRE-31 accepts the extension %s in the body', async (_place, attributes) => {
    const { status, body } = await postUser({ ...attributes, userName: randomUserName() });
    expect(status).toBe(201);
    expect(body[ENTERPRISE]).toEqual({ department: 'Engines' });
  });
});

describe('uniqueness', () => {
  it('CRE-16 refuses a userName that is taken with 409 uniqueness', async () => {
    const { userName } = await organization.createUser();
    expectScimError(await postUser(user({ userName })), 409, 'uniqueness');
    expect(await countOf(userName)).toBe(1);
  });

  it('CRE-17 refuses a userName that differs only in letter case with 409 uniqueness', async () => {
    const { userName } = await organization.createUser();
    const sent = user({ userName: userName.toUpperCase() });
    expectScimError(await postUser(sent), 409, 'uniqueness');
  });

  it('CRE-18 lets exactly one of twenty simultaneous POSTs win', async () => {
    const userName = randomUserName();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        postUser(user({ userName: index % 2 === 0 ? userName : userName.toUpperCase() })),
      ),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
    const refused = answers.filter((answer) => answer.status === 409);
    expect(new Set(refused.map((answer) => answer.body.scimType))).toEqual(new Set(['uniqueness']));
    expect(await countOf(userName)).toBe(1);
  });

  it('CRE-19 allows one externalId on two users', async () => {
    const first = await organization.createUser({ externalId: 'shared' });
    const second = await organization.createUser({ externalId: 'shared' });
    expect(second.id).not.toBe(first.id);
  });

  it('CRE-20 refuses a second group of one displayName with 409 uniqueness', async () => {
    const { displayName } = await organization.createGroup();
    const response = await organization.scim('POST', '/Groups', { schemas: [GROUP], displayName });
    expectScimError(response, 409, 'uniqueness');
  });
});

describe('values of the wrong type', () => {
  it.each([
    ['name as a string', { name: 'x' }],
    ['name as a list', { name: [{ givenName: 'x' }] }],
    ['emails as an empty object', { emails: {} }],
    ['emails as a string', { emails: 'x' }],
    ['an email value as a number', { emails: [{ value: 1 }] }],
    ['displayName as a number', { displayName: 1 }],
    ['displayName as an object', { displayName: { a: 1 } }],
    ['the extension as a string', { [ENTERPRISE]: 'x' }],
  ])('CRE-21 refuses %s', async (_what, attributes) => {
    const sent = user(attributes);
    expectScimError(await postUser(sent), 400, ['invalidValue', 'invalidSyntax']);
    expect(await countOf(sent.userName)).toBe(0);
  });

  it('CRE-21 refuses userName as an object', async () => {
    expectScimError(await postUser(user({ userName: {} })), 400, ['invalidValue', 'invalidSyntax']);
  });

  it('CRE-21 refuses members as a string', async () => {
    const body = { schemas: [GROUP], displayName: randomDisplayName(), members: 'x' };
    const response = await organization.scim('POST', '/Groups', body);
    expectScimError(response, 400, ['invalidValue', 'invalidSyntax']);
  });

  it.each([
    ['True', true],
    ['False', false],
    ['true', true],
    ['false', false],
    ['TRUE', true],
  ])('CRE-22 reads active "%s" as the boolean %s', async (active, expected) => {
    const created = await organization.createUser({ active });
    expect(created['active']).toBe(expected);
    expect((await organization.readUser(created.id))['active']).toBe(expected);
  });

  it('CRE-23 reads primary "true" as a boolean', async () => {
    const emails = [{ value: 'ada@example.com', type: 'work', primary: 'true' }];
    const created = await organization.createUser({ emails });
    expect(created.emails).toEqual([{ value: 'ada@example.com', type: 'work', primary: true }]);
  });

  it.each([[' true'], ['yes'], [1], [{}], [[]]])(
    'CRE-24 refuses active %j and stores nothing',
    async (active) => {
      const sent = user({ active });
      expectScimError(await postUser(sent), 400, 'invalidValue');
      expect(await countOf(sent.userName)).toBe(0);
    },
  );
});

describe('names of attributes', () => {
  it('CRE-25 are read in any letter case and shown as the schema writes them', async () => {
    const userName = randomUserName();
    const { status, body } = await organization.scim('POST', '/Users', {
      Schemas: [USER, ENTERPRISE],
      UserName: userName,
      Emails: [{ Value: 'ada@example.com', Type: 'work', Primary: true }],
      [ENTERPRISE]: { Department: 'Engines', Manager: { Value: 'm-1' } },
    });
    expect(status).toBe(201);
    expect(body.userName).toBe(userName);
    expect(body.emails).toEqual([{ value: 'ada@example.com', type: 'work', primary: true }]);
    expect(body[ENTERPRISE]).toMatchObject({ department: 'Engines', manager: { value: 'm-1' } });
    expect(body['UserName']).toBeUndefined();
  });

  it('CRE-26 may not occur twice in two letter cases', async () => {
    const sent = user({ username: randomUserName() });
    expectScimError(await postUser(sent), 400, ['invalidSyntax', 'invalidValue']);
  });

  it('CRE-27 are ignored when the schema does not know them', async () => {
    const created = await organization.createUser({ foo: 'x', name: { bar: 'y', givenName: 'A' } });
    expect(created['foo']).toBeUndefined();
    expect(created['name']).toEqual({ givenName: 'A' });
    expect((await organization.readUser(created.id))['foo']).toBeUndefined();
  });
});

describe('unassigned and multi-valued attributes', () => {
  it.each([
    ['title null', { title: null }, 'title'],
    ['name null', { name: null }, 'name'],
    ['emails null', { emails: null }, 'emails'],
    ['emails []', { emails: [] }, 'emails'],
    ['roles []', { roles: [] }, 'roles'],
    ['the extension null', { [ENTERPRISE]: null }, ENTERPRISE],
  ])('CRE-28 accepts %s and leaves it out of the answer', async (_what, attributes, name) => {
    const created = await organization.createUser(attributes);
    expect(Object.keys(created)).not.toContain(name);
  });

  it('CRE-32 never stores two primary emails', async () => {
    const emails = ['a@example.com', 'b@example.com'].map((value) => ({ value, primary: true }));
    const response = await postUser(user({ emails }));
    if (response.status === 201) {
      expect(response.body.emails.filter((email) => email.primary)).toHaveLength(1);
    } else expectScimError(response, 400, 'invalidValue');
  });

  it('CRE-33 never stores one (type, value) pair twice', async () => {
    const email = { value: 'a@example.com', type: 'work' };
    const response = await postUser(user({ emails: [email, email] }));
    if (response.status === 201) expect(response.body.emails).toEqual([email]);
    else expectScimError(response, 400, 'invalidValue');
  });

  it.each(['WORK', 'custom'])('CRE-35 keeps the non-canonical type %s', async (type) => {
    const emails = [{ value: 'a@example.com', type }];
    expect((await organization.createUser({ emails })).emails).toEqual(emails);
  });
});

describe('the create requests of identity providers', () => {
  it('CRE-29 echoes every writable value Okta sends, and no password', async () => {
    const userName = randomUserName();
    const sent = {
      schemas: [USER],
      userName,
      name: { givenName: 'Test', familyName: 'User' },
      emails: [{ primary: true, value: userName, type: 'work' }],
      displayName: 'Test User',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      active: true,
    };
    const { status, body, text } = await postUser({ ...sent, groups: [], password: '1mz050nq' });
    expect(status).toBe(201);
    expect(body).toMatchObject(sent);
    expect(text).not.toContain('1mz050nq');
  });

  it('CRE-30 accepts what Entra sends', async () => {
    const userName = randomUserName();
    const { status, body } = await postUser({
      schemas: [USER, ENTERPRISE],
      externalId: '0a21f0f2',
      userName,
      active: true,
      addresses: [{ type: 'work', streetAddress: '1 Way', country: 'GB', primary: false }],
      emails: [{ primary: true, type: 'work', value: userName }],
      meta: { resourceType: 'User' },
      name: { formatted: 'Given Family', familyName: 'Family', givenName: 'Given' },
      roles: [],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ externalId: '0a21f0f2', userName, active: true });
    expect(body.addresses).toEqual([
      { type: 'work', streetAddress: '1 Way', country: 'GB', primary: false },
    ]);
  });

  it('CRE-41 accepts application/json from a client that accepts scim+json', async () => {
    const response = await organization.scim('POST', '/Users', user(), {
      'content-type': 'application/json',
      accept: 'application/scim+json; charset=utf-8',
    });
    expect(response.status).toBe(201);
  });
});

describe('requests that create nothing', () => {
  it.each(['/Users', '/Groups'])('CRE-37 refuses a POST below %s', async (endpoint) => {
    const body = endpoint === '/Users' ? user() : { schemas: [GROUP], displayName: 'x' };
    expectScimError(await organization.scim('POST', `${endpoint}/some-id`, body), [404, 405]);
  });

  it.each(['{"a":', 'junk', '{"schemas":["x"],}', '{"a":1} trailing'])(
    'CRE-38 answers malformed JSON %s with invalidSyntax',
    async (text) => {
      expectScimError(await organization.scim('POST', '/Users', text), 400, 'invalidSyntax');
    },
  );

  it.each(['', '[]', '"x"', 'null', '1', 'true'])(
    'CRE-39 answers the body %j, which is no object, with invalidSyntax',
    async (text) => {
      expectScimError(await organization.scim('POST', '/Users', text), 400, 'invalidSyntax');
    },
  );

  it.each(['{"__proto__":{"polluted":1},', '{"constructor":{"prototype":{"polluted":1}},'])(
    'CRE-40 never pollutes a prototype nor echoes %s',
    async (start) => {
      const rest = JSON.stringify(user()).slice(1);
      const response = await organization.scim('POST', '/Users', start + rest);
      expect([201, 400]).toContain(response.status);
      expect(response.text).not.toContain('"polluted"');
      expect((await organization.scim('GET', '/ServiceProviderConfig')).text).not.toContain(
        '"polluted"',
      );
    },
  );
});

it('keeps an externalId longer than an index page and finds it', async () => {
  const externalId = 'x'.repeat(100_000);
  const user = await organization.createUser({ externalId });
  expect((await organization.readUser(user.id)).externalId).toBe(externalId);
});
