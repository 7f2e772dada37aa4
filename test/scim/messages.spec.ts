import type { JsonObject } from '../../src/scim/json.js';
import {
  listResponse,
  readListQuery,
  resourceTypeResource,
  schemaResource,
  serviceProviderConfig,
} from '../../src/scim/messages.js';
import { resolveSort, sortValue } from '../../src/scim/sort.js';
import { groupType, schemaNamed, userType } from '../../src/scim/schema.js';

const E = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const baseUrl = 'https://example.com/scim/v2/acme';

describe('readListQuery', () => {
  const defaults = { sortOrder: 'ascending', startIndex: 1, count: 100 };
  it.each([
    ['LIST-05', { foo: 'bar' }, {}],
    ['LIST-08', { startindex: '3', Count: '7' }, { startIndex: 3, count: 7 }],
    ['PAGE-01', { startIndex: '1', count: '2' }, { count: 2 }],
    ['PAGE-03', { startIndex: '0' }, {}],
    ['PAGE-03', { startIndex: '-4' }, {}],
    ['PAGE-04', { count: '-10' }, { count: 0 }],
    ['PAGE-05', { count: '0' }, { count: 0 }],
    ['PAGE-06', { count: '100000' }, { count: 1_000 }],
    ['a great index', { startIndex: '9'.repeat(30) }, { startIndex: Number.MAX_SAFE_INTEGER }],
    [
      'SORT-02',
      { sortBy: 'userName', sortOrder: 'DESCENDING' },
      { sortBy: 'userName', sortOrder: 'descending' },
    ],
    ['filter', { filter: 'userName pr' }, { filter: 'userName pr' }],
    ['attributes', { attributes: ['userName', 'name'] }, { attributes: ['userName', 'name'] }],
    ['excluded', { excludedattributes: 'members' }, { excludedAttributes: ['members'] }],
  ])('%s: %j', (_id, query, expected) => {
    expect(readListQuery(query)).toEqual({ ...defaults, ...expected });
  });

  it.each([
    ['PAGE-08', { startIndex: 'abc' }, 'invalidValue'],
    ['PAGE-08', { startIndex: '1.5' }, 'invalidValue'],
    ['PAGE-08', { startIndex: '2e2' }, 'invalidValue'],
    ['PAGE-08', { count: 'next' }, 'invalidValue'],
    ['PAGE-08', { count: '' }, 'invalidValue'],
    ['SORT-02', { sortOrder: 'sideways' }, 'invalidValue'],
    ['FIL-39', { filter: '' }, 'invalidFilter'],
    ['FIL-39', { filter: '  ' }, 'invalidFilter'],
    ['twice', { count: ['1', '2'] }, 'invalidValue'],
    ['twice', { filter: 'title pr', Filter: 'userName pr' }, 'invalidValue'],
  ])('%s: refuses %j', (_id, query, scimType) => {
    expect(() => readListQuery(query)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });
});

describe('sorting', () => {
  it.each([
    ['SORT-01', 'userName', 'bjensen'],
    ['SORT-06', 'externalId', 'AbC'],
    ['SORT-07', 'NAME.FAMILYNAME', 'jensen'],
    ['SORT-07', `${E}:employeeNumber`, '7'],
    ['SORT-07', 'manager', 'm'],
    ['primary', 'emails', 'second'],
    ['first', 'phoneNumbers.value', '1'],
    ['absent', 'title', undefined],
  ])('%s: by %s', (_id, sortBy, expected) => {
    const path = resolveSort(userType, sortBy)!;
    const user: JsonObject = {
      userName: 'bjensen',
      externalId: 'AbC',
      name: { familyName: 'jensen' },
      emails: [{ value: 'first' }, { value: 'second', primary: true }],
      phoneNumbers: [{ value: '1' }, { value: '2' }],
      [E]: { employeeNumber: '7', manager: { value: 'm' } },
    };
    expect(sortValue(path, user)).toBe(expected);
  });

  it.each(['nope', 'name', 'password', '', 'emails[0]'])('SORT-08: ignores %s', (sortBy) => {
    expect(resolveSort(userType, sortBy)).toBeUndefined();
  });
});

describe('discovery', () => {
  it('DISC-02: advertises what works', () => {
    expect(serviceProviderConfig({ baseUrl })).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: 1_000 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      pagination: { cursor: false, index: true, defaultPaginationMethod: 'index' },
      meta: {
        resourceType: 'ServiceProviderConfig',
        location: `${baseUrl}/ServiceProviderConfig`,
      },
    });
  });

  it('DISC-08: a user names its extension', () => {
    expect(resourceTypeResource(userType, baseUrl)).toMatchObject({
      id: 'User',
      endpoint: '/Users',
      schema: userType.schema.id,
      schemaExtensions: [{ schema: E, required: false }],
      meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/User` },
    });
  });

  it('serves the schema that requests are checked against', () => {
    expect(schemaResource(schemaNamed(E)!, baseUrl)).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: E,
      name: 'EnterpriseUser',
      description: 'Enterprise User',
      attributes: schemaNamed(E)!.attributes,
      meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${E}` },
    });
  });

  it('lists the common attributes of a resource type', () => {
    const { attributes } = schemaResource(groupType.schema, baseUrl) as {
      attributes: { name: string }[];
    };
    expect(attributes.map(({ name }) => name)).toEqual([
      'id',
      'externalId',
      'meta',
      'displayName',
      'members',
    ]);
  });

  it('LIST-01: counts in numbers', () => {
    expect(listResponse({ resources: [{ id: 'a' }], totalResults: 5, startIndex: 2 })).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 5,
      startIndex: 2,
      itemsPerPage: 1,
      Resources: [{ id: 'a' }],
    });
  });
});
