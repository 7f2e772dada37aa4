import { expectScimError, newOrganization } from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const SEARCH = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };
const BULK = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
  Operations: [{ method: 'POST', path: '/Users', bulkId: 'q', data: {} }],
};

it.each([
  ['POST', '/Bulk', BULK],
  ['POST', '/.search', SEARCH],
  ['POST', '/Users/.search', SEARCH],
  ['POST', '/Groups/.search', SEARCH],
  ['GET', '/Users/.search', undefined],
  ['PUT', '/Users/.search', {}],
  ['PATCH', '/Groups/.search', {}],
  ['DELETE', '/Groups/.search', undefined],
  ['GET', '/Me', undefined],
  ['PUT', '/Me', {}],
  ['PATCH', '/Me', {}],
  ['DELETE', '/Me', undefined],
  ['POST', '/Me', {}],
])('answers %s %s, which it does not offer, with a SCIM Error', async (method, path, body) => {
  expectScimError(await organization.scim(method, path, body), [501, 404, 405]);
});

it('advertises neither bulk nor cursors', async () => {
  const body = await organization.read('/ServiceProviderConfig');
  expect(body['bulk']).toMatchObject({ supported: false });
  expect(body['pagination'] ?? {}).not.toMatchObject({ cursor: true });
});
