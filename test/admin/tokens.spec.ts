import { randomUUID } from 'node:crypto';
import {
  callApi,
  eventually,
  expectScimError,
  newOrganization,
  type ApiResponse,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const issue = (body: unknown): Promise<ApiResponse> =>
  organization.api('POST', '/scim/tokens', body);

const listed = async (id: string) =>
  (await organization.api('GET', '/scim/tokens')).body.items.find((token) => token.id === id);

it('R38 and R105 issues a token, shows it once and lists it without its value', async () => {
  const name = randomUUID();
  const expiresAt = '2099-06-01T02:00:00+02:00';
  const { status, body, headers } = await issue({ name, expiresAt });
  expect(status).toBe(201);
  const { id, createdAt } = body;
  expect(body).toEqual({
    id,
    name,
    token: expect.stringMatching(/^scim_.{80}$/),
    createdAt: expect.stringMatching(/Z$/),
    expiresAt: '2099-06-01T00:00:00.000Z',
  });
  expect(headers.get('cache-control')).toBe('no-store');
  const path = `/api/organizations/${organization.slug}/scim/tokens/${id}`;
  expect(headers.get('location')).toBe(`${organization.service.url}${path}`);
  expect(await listed(id)).toEqual({
    id,
    name,
    createdAt,
    createdBy: expect.stringMatching(/^key:/),
    expiresAt: '2099-06-01T00:00:00.000Z',
  });
});

it.each([undefined, null])(
  'R105 issues a token without an end for expiresAt %s',
  async (expiresAt) => {
    const { status, body } = await issue({ name: randomUUID(), expiresAt });
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('expiresAt');
  },
);

it('lists tokens in the order of their issue', async () => {
  const fresh = await newOrganization(organization.service, { enableScim: false });
  const names = ['first', 'second', 'third'];
  for (const name of names) await fresh.api('POST', '/scim/tokens', { name });
  const { body } = await fresh.api('GET', '/scim/tokens');
  expect(body.items.map(({ name }) => name)).toEqual(names);
});

it('R106 accepts a token at once, several at a time, and refuses one at once when it is revoked', async () => {
  for (let round = 0; round < 5; round += 1) {
    const first = await organization.withNewToken();
    const second = await organization.withNewToken();
    expect((await first.scim('GET', '/Users')).status).toBe(200);
    expect((await second.scim('GET', '/Users')).status).toBe(200);
    const revoked = await organization.api('DELETE', `/scim/tokens/${first.id}`);
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expectScimError(await first.scim('GET', '/Users'), 401);
    expect((await second.scim('GET', '/Users')).status).toBe(200);
    expect(await listed(first.id)).toBeUndefined();
  }
});

it('R106 tells when and by whom a token was used last', async () => {
  const used = await organization.withNewToken();
  await used.scim('GET', '/Users', undefined, { 'user-agent': 'Okta SCIM Client 1.0.0' });
  const token = await eventually(
    () => listed(used.id),
    (found) => found?.['lastUsedAt'] !== undefined,
  );
  expect(token?.['lastUsedBy']).toBe('Okta SCIM Client 1.0.0');
  expect(String(token?.['lastUsedAt'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

it('answers a repeated revocation as the first, and records it once', async () => {
  const { id } = await organization.withNewToken();
  for (let time = 0; time < 2; time += 1) {
    expect((await organization.api('DELETE', `/scim/tokens/${id}`)).status).toBe(204);
  }
  const { body } = await organization.api('GET', '/history?type=TokenRevoked');
  expect(body.items.filter(({ subject }) => (subject as { id: string }).id === id)).toHaveLength(1);
});

it.each([randomUUID(), 'unknown', "x'--", '%00', 'x'.repeat(300)])(
  'answers 404 for the revocation of %s',
  async (id) => {
    expectProblem(await organization.api('DELETE', `/scim/tokens/${id}`), 404, 'token-unknown');
  },
);

it('answers 404 for the revocation of a token of another organization, which stays valid', async () => {
  const neighbour = await newOrganization(organization.service);
  const { id } = await neighbour.withNewToken();
  expectProblem(await organization.api('DELETE', `/scim/tokens/${id}`), 404, 'token-unknown');
  const { body } = await neighbour.api('GET', '/scim/tokens');
  expect(body.items.map((token) => token.id)).toContain(id);
});

it('R40 opens no other organization with a token', async () => {
  const neighbour = await newOrganization(organization.service);
  const authorization = `Bearer ${neighbour.token}`;
  const foreign = await organization.scim('GET', '/Users', undefined, { authorization });
  expectScimError(foreign, [401, 403]);
});

it.each([
  {},
  { name: '' },
  { name: '  ' },
  { name: ' okta' },
  { name: 7 },
  { name: null },
  { name: 'a\tb' },
  { name: 'x'.repeat(101) },
  { name: 'fine', role: 'admin' },
  { name: 'fine', expiresAt: 'tomorrow' },
  { name: 'fine', expiresAt: 4_102_444_800_000 },
  { name: 'fine', expiresAt: '2099-01-01' },
  { name: 'fine', expiresAt: '2099-01-01T00:00:00' },
  { name: 'fine', expiresAt: '2099-02-30T00:00:00Z' },
  { name: 'fine', expiresAt: '2099-W01-1T00:00:00Z' },
  { name: 'fine', expiresAt: '2099-01-01T23:59:60Z' },
  { name: 'fine', expiresAt: ['2099-01-01T00:00:00Z'] },
])('R107 refuses to issue %j', async (body) => {
  expectProblem(await issue(body), 400, 'request-invalid');
});

it('refuses a token that would have expired already', async () => {
  const response = await issue({ name: randomUUID(), expiresAt: '2001-01-01T00:00:00Z' });
  expectProblem(response, 400, 'token-expiry-in-the-past');
});

it.each(['Rotation', 'ROTATION', 'ｒotation'])(
  'R107 refuses the name Rotation a second time, as %s',
  async (name) => {
    const fresh = await newOrganization(organization.service, { enableScim: false });
    expect((await fresh.api('POST', '/scim/tokens', { name: 'Rotation' })).status).toBe(201);
    const response = await fresh.api('POST', '/scim/tokens', { name });
    expectProblem(response, 409, 'name-already-claimed');
  },
);

it('R107 frees the name of a revoked token', async () => {
  const name = randomUUID();
  const { id } = (await issue({ name })).body;
  await organization.api('DELETE', `/scim/tokens/${id}`);
  expect((await issue({ name })).status).toBe(201);
});

it('R107 lets every organization use a name', async () => {
  const name = randomUUID();
  const neighbour = await newOrganization(organization.service, { enableScim: false });
  expect((await issue({ name })).status).toBe(201);
  expect((await neighbour.api('POST', '/scim/tokens', { name })).status).toBe(201);
});

it('R108 shows neither a token nor its hash anywhere', async () => {
  const { token } = await organization.withNewToken();
  const { createHash } = await import('node:crypto');
  const secret = token.slice(-43);
  const hash = createHash('sha256').update(secret).digest('hex');
  const base = `/api/organizations/${organization.slug}`;
  const paths = [
    '',
    '/policies',
    '/scim',
    '/scim/tokens',
    '/users',
    '/teams',
    '/history?limit=200',
  ];
  const answers = await Promise.all(
    [...paths.map((path) => base + path), '/api/organizations', '/metrics', '/readyz'].map((path) =>
      callApi(organization.service, 'GET', path),
    ),
  );
  const everything = answers.map(({ text }) => text).join('\n');
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(hash);
});

it.each([
  ['GET', ''],
  ['PUT', ''],
  ['PATCH', ''],
  ['POST', '/reveal'],
  ['GET', '/secret'],
])('R109 offers no way to see a token again: %s %s', async (method, suffix) => {
  const { id } = await organization.withNewToken();
  const response = await organization.api(method, `/scim/tokens/${id}${suffix}`);
  expectProblem(response, 404, 'endpoint-unknown');
});

it('R104 keeps the base URL when tokens change', async () => {
  const before = (await organization.api('GET', '/scim')).body['baseUrl'];
  const { id } = await organization.withNewToken();
  await organization.api('DELETE', `/scim/tokens/${id}`);
  expect((await organization.api('GET', '/scim')).body['baseUrl']).toBe(before);
  expect(before).toBe(organization.scimUrl);
});
