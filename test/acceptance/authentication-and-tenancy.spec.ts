import {
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
  randomDisplayName,
  randomUserName,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;
let other: TestOrganization;

beforeAll(async () => {
  const service = await sharedService();
  organization = await newOrganization(service);
  other = await newOrganization(service);
});

const get = (path: string, authorization: string | null) =>
  organization.scim('GET', path, undefined, { authorization });

describe('R42 a token', () => {
  it('AUT-01 is asked for with 401, a SCIM Error and a Bearer challenge', async () => {
    const response = await get('/Users', null);
    expectScimError(response, 401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+"/);
  });

  it.each([
    ['unknown', 'Bearer not-a-token-of-anyone'],
    ['empty', 'Bearer '],
    ['of 10,000 characters', `Bearer ${'x'.repeat(10_000)}`],
  ])('AUT-03 that is %s is answered with error="invalid_token"', async (_state, authorization) => {
    const response = await get('/Users', authorization);
    expectScimError(response, 401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    if (authorization !== 'Bearer ') {
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  it.each(['bearer', 'BEARER'])('AUT-04 is accepted with the scheme written %s', async (scheme) => {
    expect((await get('/Users', `${scheme} ${organization.token}`)).status).toBe(200);
  });

  it('AUT-05 in Basic is refused while nothing configures it', async () => {
    const basic = Buffer.from(`user:${organization.token}`).toString('base64');
    expectScimError(await get('/Users', `Basic ${basic}`), 401);
  });

  it('AUT-05 of the management API is no SCIM token', async () => {
    expectScimError(await get('/Users', `Bearer ${organization.service.adminKey}`), 401);
  });

  it.each([
    ['an unknown id', 'GET', '/Users/unknown-id', undefined],
    ['an unknown route', 'GET', '/Nothing/at/all', undefined],
    ['malformed JSON', 'POST', '/Users', '{'],
    ['a bad filter', 'GET', '/Users?filter=(', undefined],
    ['a known user', 'DELETE', '/Users/{id}', undefined],
  ])('AUT-07 is asked for before anything else: %s', async (_what, method, path, body) => {
    const { id } = await organization.createUser();
    const headers = { authorization: 'Bearer wrong' };
    const response = await organization.scim(method, path.replace('{id}', id), body, headers);
    if (path.startsWith('/Nothing')) expectScimError(response, [401, 404]);
    else expectScimError(response, 401);
    expect((await organization.readUser(id)).id).toBe(id);
  });

  it('AUT-10 is refused as soon as it is revoked, and a new one works', async () => {
    const old = await organization.withNewToken();
    expect((await old.scim('GET', '/Users')).status).toBe(200);
    const next = await organization.withNewToken();
    expect((await organization.api('DELETE', `/scim/tokens/${old.id}`)).status).toBe(204);
    expectScimError(await old.scim('GET', '/Users'), 401);
    expect((await next.scim('GET', '/Users')).status).toBe(200);
  });

  it('AUT-11 gets one answer whether it is unknown or revoked, which does not repeat it', async () => {
    const revoked = await organization.withNewToken();
    await organization.api('DELETE', `/scim/tokens/${revoked.id}`);
    const unknown = await get('/Users', 'Bearer not-a-token-of-anyone');
    const answer = await revoked.scim('GET', '/Users');
    expectScimError(answer, 401);
    expect(answer.body).toEqual(unknown.body);
    expect(answer.text).not.toContain(revoked.token);
    expect(answer.headers.get('www-authenticate')).toBe(unknown.headers.get('www-authenticate'));
  });

  it.each(['access_token', 'token'])(
    'AUT-12 in the query parameter %s is refused',
    async (name) => {
      const path = `/Users?${name}=${encodeURIComponent(organization.token)}`;
      expectScimError(await get(path, null), 401);
    },
  );
});

describe('AUT-08 nothing crosses organizations', () => {
  it('AUT-08 an id of another organization is 404 for every method', async () => {
    const user = await other.createUser({ displayName: 'Secret' });
    const group = await other.createGroup();
    const change = patchOp({ op: 'replace', path: 'displayName', value: 'x' });
    const put = { schemas: [USER], userName: randomUserName() };
    for (const path of [`/Users/${user.id}`, `/Groups/${group.id}`]) {
      expectScimError(await organization.scim('GET', path), 404);
      expectScimError(await organization.scim('PATCH', path, change), 404);
      expectScimError(await organization.scim('DELETE', path), 404);
    }
    expectScimError(await organization.scim('PUT', `/Users/${user.id}`, put), 404);
    expect(await other.readUser(user.id)).toEqual(user);
    expect(await other.readGroup(group.id)).toEqual(group);
  });

  it.each(['userName', 'id', 'displayName', 'externalId'])(
    'AUT-08 a filter by %s finds nothing of another organization',
    async (attribute) => {
      const user = await other.createUser({ displayName: 'Secret', externalId: randomUserName() });
      const filter = `${attribute} eq ${JSON.stringify(user[attribute])}`;
      expect((await organization.search(filter)).body.totalResults).toBe(0);
      expect((await other.search(filter)).body.totalResults).toBeGreaterThan(0);
    },
  );

  it('AUT-08 a member of another organization is refused as an unknown one', async () => {
    const { id } = await other.createUser();
    const body = { schemas: [GROUP], displayName: randomDisplayName() };
    const post = (value: string) =>
      organization.scim('POST', '/Groups', { ...body, members: [{ value }] });
    const foreign = await post(id);
    expectScimError(foreign, 400, 'invalidValue');
    const unknown = await post('00000000-0000-0000-0000-000000000000');
    expect(foreign.body.detail.replaceAll(id, 'x')).toBe(
      unknown.body.detail.replaceAll('00000000-0000-0000-0000-000000000000', 'x'),
    );
  });

  it('AUT-09 one userName and one displayName may exist in both', async () => {
    const userName = randomUserName();
    const displayName = randomDisplayName();
    for (const target of [organization, other]) {
      await target.createUser({ userName });
      await target.createGroup({ displayName });
    }
  });

  it("R40 a token opens no other organization's URL, nor says that it exists", async () => {
    const authorization = `Bearer ${organization.token}`;
    const foreign = await other.scim('GET', '/Users', undefined, { authorization });
    expectScimError(foreign, [401, 403]);
    const nobody = organization.scimUrl.replace(organization.slug, 'no-such-organization');
    const unknown = await organization.scim('GET', `${nobody}/Users`);
    expect(unknown.status).toBe(foreign.status);
    expect(unknown.body).toEqual(foreign.body);
  });
});
