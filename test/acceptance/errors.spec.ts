import {
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimResponse, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const user = () => ({ schemas: [USER], userName: randomUserName() });

/** One request for each kind of failure. */
const FAILURES: Readonly<Record<string, () => Promise<ScimResponse>>> = {
  'a missing user': () => organization.scim('GET', '/Users/unknown-id'),
  'a missing route': () => organization.scim('GET', '/Nothing'),
  'a missing token': () => organization.scim('GET', '/Users', undefined, { authorization: null }),
  'a bad filter': () => organization.search('('),
  'a bad count': () => organization.scim('GET', '/Users?count=x'),
  'malformed JSON': () => organization.scim('POST', '/Users', '{'),
  'a wrong media type': () =>
    organization.scim('POST', '/Users', '<user/>', { 'content-type': 'application/xml' }),
  'a missing value': () => organization.scim('POST', '/Users', { schemas: [USER] }),
  'a method that is not allowed': () => organization.scim('DELETE', '/Users'),
  'a taken userName': async () => {
    const { userName } = await organization.createUser();
    return organization.scim('POST', '/Users', { ...user(), userName });
  },
  'a stale tag': async () => {
    const { id } = await organization.createUser();
    return organization.scim('PUT', `/Users/${id}`, user(), { 'if-match': 'W/"stale"' });
  },
};

it.each(Object.keys(FAILURES))('ERR-01 answers %s with a SCIM Error', async (failure) => {
  const { status, body, headers } = await FAILURES[failure]!();
  expect(status).toBeGreaterThanOrEqual(400);
  expect(headers.get('content-type')).toMatch(/^application\/scim\+json/);
  expect(body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail: expect.stringMatching(/\S/),
  });
  if (![400, 403, 409].includes(status)) expect(body.scimType).toBeUndefined();
});

it('ERR-03 answers a bad filter with invalidFilter', async () => {
  expectScimError(await organization.search('userName eq'), 400, 'invalidFilter');
  expectScimError(await organization.search('displayName eq', '/Groups'), 400, 'invalidFilter');
});

it('ERR-04 answers a bad PATCH path with invalidPath', async () => {
  const { id } = await organization.createUser();
  const operation = { op: 'replace', path: 'emial', value: 'x' };
  const response = await organization.patchUser(id, operation);
  expectScimError(response, 400, 'invalidPath');
  expect(response.body.detail).toContain('emial');
});

it('ERR-05 answers a path that selects nothing with noTarget', async () => {
  const { id } = await organization.createGroup();
  const operation = { op: 'replace', path: 'members[value eq "nobody"]', value: { value: 'x' } };
  expectScimError(await organization.patchGroup(id, operation), 400, 'noTarget');
});

it('ERR-06 answers a missing and a wrong value with invalidValue', async () => {
  const missing = await organization.scim('POST', '/Groups', { schemas: [GROUP] });
  expectScimError(missing, 400, 'invalidValue');
  expect(missing.body.detail).toContain('displayName');
  const wrong = await organization.scim('POST', '/Users', { ...user(), active: 'perhaps' });
  expectScimError(wrong, 400, 'invalidValue');
  expect(wrong.body.detail).toContain('active');
});

it('ERR-07 answers JSON that cannot be read with invalidSyntax', async () => {
  for (const path of ['/Users', '/Groups']) {
    expectScimError(await organization.scim('POST', path, '{"a"'), 400, 'invalidSyntax');
  }
  const { id } = await organization.createUser();
  for (const method of ['PUT', 'PATCH']) {
    const response = await organization.scim(method, `/Users/${id}`, '{"a"');
    expectScimError(response, 400, 'invalidSyntax');
  }
});

it('ERR-09 answers a duplicate with 409 uniqueness', async () => {
  const { userName } = await organization.createUser();
  const response = await organization.scim('POST', '/Users', { ...user(), userName });
  expectScimError(response, 409, 'uniqueness');
});

it('ERR-10 refuses another version in the URL', async () => {
  const url = organization.scimUrl.replace('/scim/v2/', '/scim/v1/');
  expectScimError(await organization.scim('GET', `${url}/Users`), [404, 400]);
});

it('ERR-10 refuses the schemas of SCIM 1', async () => {
  const body = { ...user(), schemas: ['urn:scim:schemas:core:1.0'] };
  const response = await organization.scim('POST', '/Users', body);
  expectScimError(response, [404, 400]);
});

it('ERR-11 answers a page where a list is too long, or tooMany', async () => {
  const response = await organization.scim('GET', '/Users?count=2147483647');
  if (response.status !== 200) expectScimError(response, 400, 'tooMany');
  else expect(response.body.Resources.length).toBe(response.body.itemsPerPage);
});

it('ERR-12 refuses a secret in a URI without repeating it', async () => {
  const response = await organization.search('password eq "correct horse"');
  expectScimError(response, [403, 400], ['sensitive', 'invalidFilter']);
  expect(response.text).not.toContain('correct horse');
});

it.each([
  ['DELETE', '/Users'],
  ['PUT', '/Groups'],
  ['DELETE', '/ServiceProviderConfig'],
  ['POST', '/Schemas'],
])('ERR-14 refuses %s %s with 405 and the methods allowed', async (method, path) => {
  const response = await organization.scim(method, path, method === 'DELETE' ? undefined : {});
  expectScimError(response, 405);
  expect(response.headers.get('allow')).toMatch(/GET/);
});

it.each(['/Nothing', '/Users/x/y', '/Groups/x/members', '/Schema'])(
  'ERR-15 answers the unknown route %s with a SCIM Error',
  async (path) => {
    expectScimError(await organization.scim('GET', path), 404);
  },
);

it.each(Object.keys(FAILURES))('ERR-16 shows nothing of its inside for %s', async (failure) => {
  const { status, text } = await FAILURES[failure]!();
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).not.toMatch(/\.ts\b|\.js\b|node_modules|SELECT|INSERT/);
  expect(text).not.toMatch(/postgres|typeorm|nestjs|fastify/i);
});

it.each(Object.keys(FAILURES))(
  'ERR-17 has only the members of an Error for %s',
  async (failure) => {
    const { body } = await FAILURES[failure]!();
    const known = ['schemas', 'status', 'scimType', 'detail'];
    const others = Object.keys(body).filter((key) => !known.includes(key));
    expect(others.filter((key) => !key.startsWith('urn:'))).toEqual([]);
  },
);
