import { eventually, expectScimError, newOrganization } from '../support/scim-client.js';
import type { ApiResponse, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

function issue(body: unknown): Promise<ApiResponse> {
  return organization.api('POST', '/scim/tokens', body);
}

async function listed(id: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { body } = await organization.api('GET', '/scim/tokens');
  return body.items.find((token) => token.id === id);
}

it('R38 shows the value at creation, and never in a list', async () => {
  const { status, body, headers } = await issue({ name: 'okta' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ id: expect.stringMatching(/.+/), name: 'okta' });
  expect(body.token.length).toBeGreaterThanOrEqual(32);
  expect(headers.get('location')).toContain(body.id);
  const list = await organization.api('GET', '/scim/tokens');
  expect(list.text).not.toContain(body.token);
  expect(await listed(body.id)).not.toHaveProperty('token');
});

it('R104 keeps the base URL through a rotation of tokens', async () => {
  const before = (await organization.api('GET', '/scim')).body['baseUrl'];
  const { id } = await organization.withNewToken();
  await organization.api('DELETE', `/scim/tokens/${id}`);
  expect((await organization.api('GET', '/scim')).body['baseUrl']).toBe(before);
  expect(before).toBe(organization.scimUrl);
});

it('R105 creates, lists and revokes', async () => {
  const { body } = await issue({ name: 'to be revoked' });
  expect(await listed(body.id)).toMatchObject({ name: 'to be revoked' });
  expect((await organization.api('DELETE', `/scim/tokens/${body.id}`)).status).toBe(204);
  expect((await organization.api('DELETE', '/scim/tokens/unknown-id')).status).toBe(404);
});

it('R106 accepts two tokens until one of them is revoked', async () => {
  const first = await organization.withNewToken();
  const second = await organization.withNewToken();
  for (const token of [first, second]) {
    expect((await token.scim('GET', '/Users')).status).toBe(200);
  }
  await organization.api('DELETE', `/scim/tokens/${first.id}`);
  expectScimError(await first.scim('GET', '/Users'), 401);
  expect((await second.scim('GET', '/Users')).status).toBe(200);
});

it('R106 tells when a token was last used', async () => {
  const used = await organization.withNewToken();
  const unused = await organization.withNewToken();
  await used.scim('GET', '/Users');
  const token = await eventually(
    () => listed(used.id),
    (found) => typeof found?.['lastUsedAt'] === 'string',
    15_000,
  );
  expect(Date.parse(String(token?.['lastUsedAt']))).toBeGreaterThan(Date.now() - 60_000);
  expect((await listed(unused.id))?.['lastUsedAt'] ?? null).toBeNull();
}, 20_000);

it.each([{}, { name: '' }, { name: '   ' }, { name: 7 }, { name: null }])(
  'R107 refuses a token without a name: %j',
  async (body) => {
    const response = await issue(body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.body).toMatchObject({ status: 400, type: expect.stringMatching(/.+/) });
  },
);

it('R107 refuses a second token of one name with 409', async () => {
  expect((await issue({ name: 'twice' })).status).toBe(201);
  const response = await issue({ name: 'twice' });
  expect(response.status).toBe(409);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
});

it.each(['', '/scim', '/scim/tokens', '/history', '/users'])(
  'R108 shows the value nowhere: GET %s',
  async (path) => {
    const { token } = await organization.withNewToken();
    const { status, text } = await organization.api('GET', path);
    expect(status).toBe(200);
    expect(text).not.toContain(token);
  },
);

it.each([
  ['GET', ''],
  ['GET', '/token'],
  ['POST', '/reveal'],
])('R109 offers no way to recover the value: %s %s', async (method, suffix) => {
  const { id, token } = await organization.withNewToken();
  const response = await organization.api(method, `/scim/tokens/${id}${suffix}`);
  expect([404, 405]).toContain(response.status);
  expect(response.text).not.toContain(token);
});

it('refuses a token after its expiry', async () => {
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const { status, body } = await issue({ name: 'short-lived', expiresAt });
  expect(status).toBe(201);
  const authorization = `Bearer ${body.token}`;
  const get = () => organization.scim('GET', '/Users', undefined, { authorization });
  expect((await get()).status).toBe(200);
  expectScimError(await eventually(get, (response) => response.status === 401), 401);
}, 10_000);

it('refuses an expiry that is no time or has passed', async () => {
  for (const expiresAt of ['tomorrow', '2001-01-01T00:00:00Z', 7]) {
    expect((await issue({ name: `bad ${expiresAt}`, expiresAt })).status).toBe(400);
  }
});
