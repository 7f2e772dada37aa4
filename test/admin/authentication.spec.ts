import { callApi, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

function callWith(authorization: string | null, method = 'GET', path = '') {
  const url = `/api/organizations/${organization.slug}${path}`;
  return callApi(organization.service, method, url, undefined, { authorization });
}

it.each([
  null,
  '',
  'Bearer',
  'Bearer ',
  'Bearer unknown',
  'Basic YWRtaW46YWRtaW4=',
  'Bearer a b',
  'Bearer \u00e9',
])('refuses Authorization: %s', async (authorization) => {
  const response = await callWith(authorization);
  expectProblem(response, 401, 'unauthenticated');
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Rollcall"');
});

it.each(['Bearer', 'bearer', 'BEARER'])('accepts an API key behind %s', async (scheme) => {
  const response = await callWith(`${scheme} ${organization.service.adminKey}`);
  expect(response.status).toBe(200);
});

it('does not take a SCIM token for an API key', async () => {
  expectProblem(await callWith(`Bearer ${organization.token}`), 401, 'unauthenticated');
});

it('does not take an API key for a SCIM token', async () => {
  const authorization = `Bearer ${organization.service.adminKey}`;
  const response = await organization.scim('GET', '/Users', undefined, { authorization });
  expect(response.status).toBe(401);
});

it.each([
  ['GET', ''],
  ['GET', '/policies'],
  ['PATCH', '/policies'],
  ['GET', '/scim'],
  ['POST', '/scim/enable'],
  ['POST', '/scim/disable'],
  ['GET', '/scim/tokens'],
  ['POST', '/scim/tokens'],
  ['DELETE', '/scim/tokens/01a2035a-d6b1-77cb-9586-80d50df64445'],
  ['GET', '/users'],
  ['GET', '/users/01a2035a-d6b1-77cb-9586-80d50df64445'],
  ['GET', '/teams'],
  ['GET', '/teams/01a2035a-d6b1-77cb-9586-80d50df64445'],
  ['GET', '/teams/01a2035a-d6b1-77cb-9586-80d50df64445/members'],
  ['GET', '/history'],
])('requires an API key for %s %s', async (method, path) => {
  expectProblem(await callWith(null, method, path), 401, 'unauthenticated');
});

it.each([
  ['GET', '/api/organizations'],
  ['POST', '/api/organizations'],
  ['GET', '/api/keys'],
  ['POST', '/api/keys'],
  ['DELETE', '/api/keys/01a2035a-d6b1-77cb-9586-80d50df64445'],
])('requires an API key for %s %s', async (method, path) => {
  const response = await callApi(organization.service, method, path, undefined, {
    authorization: null,
  });
  expectProblem(response, 401, 'unauthenticated');
});
