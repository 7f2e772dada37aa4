import {
  ENTERPRISE,
  GROUP,
  LIST_RESPONSE,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

interface SchemaAttribute {
  readonly name: string;
  readonly type: string;
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly SchemaAttribute[];
  readonly [characteristic: string]: unknown;
}

const ENDPOINTS = ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'];

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

async function schemaAttributes(urn: string): Promise<readonly SchemaAttribute[]> {
  return (await organization.read(`/Schemas/${urn}`))['attributes'] as readonly SchemaAttribute[];
}

function attributeAt(
  attributes: readonly SchemaAttribute[],
  path: string,
): SchemaAttribute | undefined {
  const [name, subName] = path.split('.');
  const attribute = attributes.find((candidate) => candidate.name === name);
  return subName === undefined
    ? attribute
    : attribute?.subAttributes?.find((candidate) => candidate.name === subName);
}

function missingCharacteristics(attribute: SchemaAttribute, parent = ''): string[] {
  const path = `${parent}${attribute.name}`;
  const required = [
    ...['name', 'type', 'multiValued', 'required', 'caseExact', 'mutability', 'returned'],
    'uniqueness',
    ...(attribute.type === 'complex' ? ['subAttributes'] : []),
    ...(attribute.type === 'reference' ? ['referenceTypes'] : []),
  ];
  return [
    ...required.filter((key) => attribute[key] === undefined).map((key) => `${path}: ${key}`),
    ...(attribute.subAttributes ?? []).flatMap((sub) => missingCharacteristics(sub, `${path}.`)),
  ];
}

describe('ServiceProviderConfig', () => {
  it('DISC-01 is one object of its own schema', async () => {
    const body = await organization.read('/ServiceProviderConfig');
    expect(body.schemas).toEqual(['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig']);
    expect(body.Resources).toBeUndefined();
  });

  it('DISC-02 has every required member with its JSON type', async () => {
    const body = await organization.read('/ServiceProviderConfig');
    const supported = { supported: expect.any(Boolean) };
    expect(body).toMatchObject({
      patch: supported,
      bulk: {
        ...supported,
        maxOperations: expect.any(Number),
        maxPayloadSize: expect.any(Number),
      },
      filter: { ...supported, maxResults: expect.any(Number) },
      changePassword: supported,
      sort: supported,
      etag: supported,
      authenticationSchemes: expect.arrayContaining([
        expect.objectContaining({
          type: 'oauthbearertoken',
          name: expect.any(String),
          description: expect.any(String),
        }),
      ]),
    });
    expect(body['filter']).toEqual({ supported: true, maxResults: 1000 });
  });

  it('DISC-03 names its resource type and location', async () => {
    const { meta } = await organization.read('/ServiceProviderConfig');
    expect(meta.resourceType).toBe('ServiceProviderConfig');
    expect(meta.location).toBe(`${organization.scimUrl}/ServiceProviderConfig`);
  });

  it('DISC-04 advertises index pagination and no cursors while there are none', async () => {
    const body = await organization.read('/ServiceProviderConfig');
    expect(body['pagination']).toMatchObject({ index: true, cursor: false });
  });

  it.each([
    ['patch', true],
    ['filter', true],
    ['sort', true],
    ['etag', true],
    ['bulk', false],
    ['changePassword', false],
  ])('DISC-05 advertises %s as supported: %s', async (feature, supported) => {
    const body = await organization.read('/ServiceProviderConfig');
    expect(body[feature]).toMatchObject({ supported });
  });

  it('DISC-05 answers the bulk it does not advertise with 501', async () => {
    const body = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [],
    };
    expectScimError(await organization.scim('POST', '/Bulk', body), [501, 403, 404, 405]);
  });
});

describe('ResourceTypes', () => {
  it('DISC-06 lists User and Group', async () => {
    const body = await organization.read('/ResourceTypes');
    expect(body.schemas).toEqual([LIST_RESPONSE]);
    expect(body.totalResults).toBe(body.Resources.length);
    const common = { schemas: expect.any(Array), meta: expect.any(Object) };
    expect(body.Resources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...common,
          id: 'User',
          name: 'User',
          endpoint: '/Users',
          schema: USER,
        }),
        expect.objectContaining({
          ...common,
          id: 'Group',
          name: 'Group',
          endpoint: '/Groups',
          schema: GROUP,
        }),
      ]),
    );
  });

  it.each(['User', 'Group'])('DISC-07 reads %s as the list shows it', async (name) => {
    const { Resources } = await organization.read('/ResourceTypes');
    const single = await organization.read(`/ResourceTypes/${name}`);
    expect(single).toEqual(Resources.find((type) => type.id === name));
  });

  it('DISC-08 declares the enterprise extension of User as optional', async () => {
    const type = await organization.read('/ResourceTypes/User');
    expect(type['schemaExtensions']).toContainEqual({ schema: ENTERPRISE, required: false });
  });

  it.each([USER, GROUP, ENTERPRISE])('DISC-08 resolves the named schema %s', async (urn) => {
    expect((await organization.read(`/Schemas/${urn}`)).id).toBe(urn);
  });

  it('DISC-09 answers 404 for an unknown resource type', async () => {
    expectScimError(await organization.scim('GET', '/ResourceTypes/Nope'), 404);
  });
});

describe('Schemas', () => {
  it.each([
    ['raw', ENTERPRISE],
    ['percent-encoded', encodeURIComponent(ENTERPRISE)],
    ['in other letter case', ENTERPRISE.toUpperCase()],
  ])('DISC-11 reads one schema by its URN, %s', async (_form, urn) => {
    expect((await organization.read(`/Schemas/${urn}`)).id).toBe(ENTERPRISE);
  });

  it('lists every schema as it is read alone', async () => {
    const list = await organization.read('/Schemas');
    expect(list.totalResults).toBe(list.Resources.length);
    expect(list.Resources.map((schema) => schema.id)).toEqual(
      expect.arrayContaining([USER, GROUP, ENTERPRISE]),
    );
    expect(list.Resources).toContainEqual(await organization.read(`/Schemas/${USER}`));
  });

  it('DISC-12 answers 404 for an unknown schema', async () => {
    expectScimError(await organization.scim('GET', '/Schemas/urn:unknown'), 404);
  });

  it.each([USER, GROUP, ENTERPRISE])(
    'DISC-13 states every characteristic of every attribute of %s',
    async (urn) => {
      const attributes = await schemaAttributes(urn);
      expect(attributes.length).toBeGreaterThan(0);
      expect(attributes.flatMap((attribute) => missingCharacteristics(attribute))).toEqual([]);
    },
  );

  it.each([
    ['userName', { required: true, caseExact: false, uniqueness: 'server' }],
    ['password', { mutability: 'writeOnly', returned: 'never' }],
    ['groups', { mutability: 'readOnly' }],
    ['active', { type: 'boolean', multiValued: false }],
  ])('DISC-14 publishes %s with its fixed characteristics', async (name, characteristics) => {
    expect(attributeAt(await schemaAttributes(USER), name)).toMatchObject(characteristics);
  });

  it.each([
    ['id', { caseExact: true, returned: 'always', mutability: 'readOnly' }],
    ['externalId', { caseExact: true }],
    ['meta', { mutability: 'readOnly' }],
  ])(
    'DISC-14 publishes the common attribute %s, where it is listed, with its fixed characteristics',
    async (name, characteristics) => {
      const listed = attributeAt(await schemaAttributes(USER), name) ?? characteristics;
      expect(listed).toMatchObject(characteristics);
    },
  );

  it.each(['emails.type', 'phoneNumbers.type', 'addresses.type'])(
    'DISC-15 gives %s canonical values to derive a mapping from',
    async (path) => {
      expect(attributeAt(await schemaAttributes(USER), path)?.canonicalValues).toEqual(
        expect.arrayContaining(['work', 'home', 'other']),
      );
    },
  );

  it('DISC-15 gives manager its sub-attributes and Group its members', async () => {
    const enterprise = await schemaAttributes(ENTERPRISE);
    const manager = attributeAt(enterprise, 'manager');
    expect(manager?.subAttributes?.map((sub) => sub.name)).toEqual(
      expect.arrayContaining(['value', '$ref', 'displayName']),
    );
    const group = await schemaAttributes(GROUP);
    expect(attributeAt(group, 'displayName')).toBeDefined();
    expect(attributeAt(group, 'members.$ref')?.referenceTypes).toContain('User');
  });
});

describe('all discovery endpoints', () => {
  it.each([...ENDPOINTS, '/ResourceTypes/User', `/Schemas/${USER}`])(
    'DISC-17 refuse a filter: %s',
    async (endpoint) => {
      expectScimError(await organization.search('id eq "x"', endpoint), 403);
    },
  );

  it.each(
    ENDPOINTS.flatMap((endpoint) =>
      ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, endpoint] as const),
    ),
  )('DISC-19 refuse %s %s', async (method, endpoint) => {
    const body = method === 'DELETE' ? undefined : patchOp();
    expectScimError(await organization.scim(method, endpoint, body), [405, 404, 501]);
  });

  it.each(ENDPOINTS)('DISC-20 are readable without a token: %s', async (endpoint) => {
    const headers = { authorization: null };
    const open = await organization.scim('GET', endpoint, undefined, headers);
    expect(open.status).toBe(200);
    expect(open.body).toEqual(await organization.read(endpoint));
  });

  it.each(ENDPOINTS)('DISC-21 serve a client that accepts only JSON: %s', async (endpoint) => {
    const headers = { accept: 'application/json' };
    expect((await organization.scim('GET', endpoint, undefined, headers)).status).toBe(200);
  });

  it('DISC-22 exist at the version v2 only', async () => {
    const unknown = organization.scimUrl.replace('/scim/v2/', '/scim/v9/');
    expectScimError(await organization.scim('GET', `${unknown}/Users`), 404);
    expectScimError(await organization.scim('GET', `${unknown}/ServiceProviderConfig`), 404);
  });

  it('DISC-23 answer a SCIM Error for a URL nobody serves', async () => {
    expectScimError(await organization.scim('GET', '/f0c4a3d2-nothing-here'), 404);
    expectScimError(await organization.scim('GET', '/Users/x/y/z'), 404);
  });

  it.each(ENDPOINTS)('carry no null anywhere: %s', async (endpoint) => {
    const { status, text } = await organization.scim('GET', endpoint);
    expect(status).toBe(200);
    expect(text).not.toMatch(/:\s*null\b/);
  });
});
