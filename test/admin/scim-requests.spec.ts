import { randomUUID } from 'node:crypto';
import {
  callApi,
  ENTERPRISE,
  GROUP,
  newOrganization,
  patchOp,
  randomUserName,
  USER,
  type RequestHeaders,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

interface Row {
  readonly [member: string]: unknown;
  readonly id: string;
  readonly correlationId: string;
  readonly status: number;
  readonly count: number;
  readonly diagnosis: readonly { readonly code: string; readonly hint: string }[];
}

const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

async function rows(query = '', of = organization): Promise<readonly Row[]> {
  const { status, body, text } = await of.api('GET', `/scim/requests${query}`);
  if (status !== 200) throw new Error(text);
  return body.items as unknown as readonly Row[];
}

const latest = async (query = ''): Promise<Row> => (await rows(query))[0]!;

const codes = ({ diagnosis }: Row): readonly string[] => diagnosis.map(({ code }) => code);

it('R87 tells of a creation what was received and what it changed', async () => {
  const user = {
    schemas: [USER, ENTERPRISE],
    userName: randomUserName(),
    name: { givenName: 'Ada' },
    emails: [{ value: 'ada@example.com', type: 'work' }],
    [ENTERPRISE]: { department: 'Engines' },
  };
  const answer = await organization.scim('POST', '/Users', user, { 'user-agent': 'Okta SCIM' });
  const { items } = (await organization.api('GET', '/scim/tokens')).body;
  expect(await latest()).toEqual({
    id: UUID,
    time: TIME,
    count: 1,
    organization: organization.slug,
    tokenId: items[0]!.id,
    method: 'POST',
    resourceType: 'User',
    resourceId: answer.body.id,
    status: 201,
    outcome: 'ok',
    correlationId: answer.headers.get('x-request-id'),
    sourceIp: '127.0.0.1',
    userAgent: 'Okta SCIM',
    durationMs: expect.any(Number),
    received: {
      attributes: [
        ...['schemas', 'userName', 'name.givenName', 'emails.value', 'emails.type'],
        `${ENTERPRISE}:department`,
      ],
    },
    coerced: [],
    ignored: [],
    changed: ['UserProvisioned'],
    diagnosis: [],
  });
});

it('R87 tells of a PATCH its operations, its coercions, what it matched and changed', async () => {
  const { id } = await organization.createUser();
  const emails = 'emails[type eq "work"].value';
  await organization.patchUser(
    id,
    { op: 'Replace', path: 'active', value: 'False' },
    { op: 'add', path: emails, value: 'ada@example.com' },
    { op: 'add', value: { displayName: 'Ada' } },
  );
  const row = await latest();
  expect(row).toMatchObject({ method: 'PATCH', resourceId: id, matched: { by: 'id', ids: [id] } });
  expect(row['received']).toEqual({
    operations: ['Replace active', `add ${emails}`, 'add without path: displayName'],
  });
  expect(row['coerced']).toEqual(['capitalized-operation', 'string-boolean']);
  expect(row['changed']).toContain('UserDeactivated');
});

it('says that a repeated PATCH changed nothing', async () => {
  const { id } = await organization.createUser({ title: 'Countess' });
  await organization.patchUser(id, { op: 'replace', path: 'title', value: 'Countess' });
  expect((await latest())['changed']).toEqual([]);
});

it('R117 ignores a licence on a group, and says so', async () => {
  await organization.createGroup({ license: 'analyst', members: [] });
  const row = await latest();
  expect(row).toMatchObject({ status: 201, ignored: ['license'] });
  expect(codes(row)).toEqual(['license-on-group']);
});

it('takes an attribute of a user for no licence on a group', async () => {
  await organization.createUser({ license: 'analyst' });
  expect(codes(await latest())).toEqual(['attribute-ignored']);
});

it.each([
  ['in a body', { userName: 'x@example.com', nickname2: 1, emails: [{ value: 'a@b', sort: 2 }] }],
])('names attributes that no schema knows %s', async (_, attributes) => {
  await organization.createUser(attributes);
  expect((await latest())['ignored']).toEqual(['nickname2', 'emails.sort']);
});

it('names attributes that no schema knows in a PATCH without path', async () => {
  const { id } = await organization.createUser();
  await organization.patchUser(id, { op: 'add', value: { badge: 1, name: { sort: 2 } } });
  expect((await latest())['ignored']).toEqual(['badge', 'name.sort']);
});

it('R46 names the Okta mapping when a userName is an Okta id', async () => {
  await organization.createUser({ userName: `00u${randomUUID().slice(0, 8)}` });
  const row = await latest();
  expect(codes(row)).toEqual(['user-name-is-okta-id']);
  expect(row.diagnosis[0]!.hint).toContain('"Application username format" to Email');
});

it('R41 names the setting when a userName of Okta is no e-mail address', async () => {
  await organization.api('PATCH', '/policies', { provider: 'okta' });
  await organization.createUser({ userName: `jdoe-${randomUUID()}` });
  expect(codes(await latest())).toEqual(['user-name-not-an-email']);
});

it('shows which resource a look-up matched, and by what', async () => {
  const { id, userName } = await organization.createUser();
  await organization.search(`userName eq "${userName}"`);
  expect(await latest('?method=GET')).toMatchObject({
    received: { filter: 'userName eq …' },
    matched: { by: 'userName', ids: [id] },
    diagnosis: [],
  });
});

it.each([
  ['nothing', 0, 'no-match'],
  ['two users', 2, 'several-matches'],
])('R87 explains a look-up that matches %s', async (_, count, code) => {
  const title = randomUUID();
  const made = Array.from({ length: count }, () => organization.createUser({ title }));
  const ids = (await Promise.all(made)).map(({ id }) => id);
  await organization.search(`title eq "${title}"`);
  const row = await latest('?method=GET');
  expect(codes(row)).toEqual([code]);
  if (count > 0) expect(row['matched']).toEqual({ by: 'title', ids: expect.arrayContaining(ids) });
});

it('merges look-ups of one kind within a minute, and keeps those apart that matched', async () => {
  const { userName } = await organization.createUser();
  const started = new Date().getUTCMinutes();
  for (const name of ['a', 'b', 'c']) await organization.search(`userName eq "${name}"`);
  await organization.search(`userName eq "${userName}"`);
  await organization.scim('GET', '/Users?startIndex=1&count=2');
  const reads = await rows('?method=GET');
  const counts = reads.map(({ count }) => count).sort();
  const sameMinute = new Date().getUTCMinutes() === started;
  expect(sameMinute ? counts : [1, 1, 3]).toEqual([1, 1, 3]);
});

async function withHeaders(headers: RequestHeaders): Promise<void> {
  await organization.scim('GET', '/Users', undefined, headers);
}

it.each<[string, string, () => Promise<unknown>]>([
  ['no token', 'token-missing', () => withHeaders({ authorization: null })],
  ['Basic credentials', 'token-missing', () => withHeaders({ authorization: 'Basic YTpi' })],
  ['a token of nobody', 'token-unknown', () => withHeaders({ authorization: 'Bearer x' })],
  [
    'a revoked token',
    'token-revoked',
    async () => {
      const revoked = await organization.withNewToken();
      await organization.api('DELETE', `/scim/tokens/${revoked.id}`);
      await revoked.scim('GET', '/Users');
    },
  ],
  [
    'SCIM off',
    'sync-disabled',
    async () => {
      await organization.api('POST', '/scim/disable');
      await organization.scim('GET', '/Users');
    },
  ],
  [
    'an address outside of the allowlist',
    'ip-not-allowed',
    async () => {
      await organization.api('PATCH', '/policies', { ipAllowlist: ['203.0.113.0/24'] });
      await organization.scim('GET', '/Users');
    },
  ],
  [
    'a plan without SCIM',
    'entitlement-missing',
    async () => {
      await organization.api('PATCH', '/policies', { entitled: false });
      await organization.scim('GET', '/Users');
    },
  ],
])('R87 explains a refusal for %s', async (_, reason, act) => {
  await act();
  const row = await latest();
  expect(row).toMatchObject({ outcome: 'refused', sourceIp: '127.0.0.1', refusal: { reason } });
  expect(codes(row)).toEqual([reason]);
});

it.each<[string, number, string, () => Promise<unknown>]>([
  [
    'a member who is no user',
    400,
    'member-unknown',
    () =>
      organization.scim('POST', '/Groups', {
        schemas: [GROUP],
        displayName: 'Analysts',
        members: [{ value: randomUUID() }],
      }),
  ],
  [
    'an ability that is off',
    403,
    'capability-off',
    async () => {
      await organization.api('PATCH', '/policies', { capabilities: { create: false } });
      await organization.scim('POST', '/Users', { schemas: [USER], userName: randomUserName() });
    },
  ],
  [
    'a user too many',
    409,
    'seat-limit-reached',
    async () => {
      await organization.createUser();
      await organization.api('PATCH', '/policies', { seatLimit: 1 });
      await organization.scim('POST', '/Users', { schemas: [USER], userName: randomUserName() });
    },
  ],
  [
    'a user who must keep access',
    409,
    'protected-user',
    async () => {
      const { id } = await organization.createUser();
      await organization.api('PATCH', '/policies', { breakGlassUsers: [id] });
      await organization.scim('DELETE', `/Users/${id}`);
    },
  ],
  ['an address that is none', 404, 'endpoint-unknown', () => organization.scim('GET', '/Nope')],
])('R87 says what to do about a refusal of %s', async (_, status, code, act) => {
  await act();
  const row = await latest();
  expect(row).toMatchObject({ status, outcome: 'refused' });
  expect(codes(row)).toEqual([code]);
});

it('explains an expired token', async () => {
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const { body } = await organization.api('POST', '/scim/tokens', { name: 'short', expiresAt });
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  await organization.scim('GET', '/Users', undefined, { authorization: `Bearer ${body.token}` });
  expect(await latest()).toMatchObject({ status: 401, refusal: { reason: 'token-expired' } });
});

it.each([
  ['an unknown id', `/Users/${randomUUID()}`, 'id-unknown'],
  ["a provider's own id", '/Users/00ujl29u0le5T6Aj10h7', 'id-foreign'],
  ['what is no id', '/Groups/Analysts', 'id-foreign'],
])('R87 explains a refusal for %s', async (_, path, code) => {
  await organization.scim('GET', path);
  const row = await latest();
  expect(row).toMatchObject({ status: 404, outcome: 'refused' });
  expect(codes(row)).toEqual([code]);
});

it('R87 explains a second user of one userName', async () => {
  const { userName } = await organization.createUser();
  await organization.scim('POST', '/Users', { schemas: [USER], userName });
  const row = await latest();
  expect(row).toMatchObject({ status: 409, refusal: { reason: 'name-already-claimed' } });
  expect(codes(row)).toEqual(['name-taken']);
});

it('R87 tells the operator of an organization that nobody has, as it was written', async () => {
  const slug = `no-such-${randomUUID().slice(0, 8)}`;
  const { url } = organization.service;
  const headers = { authorization: `Bearer ${organization.token}` };
  await fetch(`${url}/scim/v2/${slug}/Users`, { headers });
  const { body } = await callApi(
    organization.service,
    'GET',
    `/api/scim-requests?organization=${slug}`,
  );
  expect(body.items).toEqual([
    expect.objectContaining({
      organization: slug,
      status: 401,
      refusal: { reason: 'organization-unknown', explanation: expect.any(String) },
    }),
  ]);
  expect(body.items[0]).not.toHaveProperty('tokenId');
});

it('answers an unknown organization like a wrong token', async () => {
  const ask = async (slug: string) => {
    const url = `${organization.service.url}/scim/v2/${slug}/Users`;
    const answer = await fetch(url, { headers: { authorization: 'Bearer wrong' } });
    return [answer.status, answer.headers.get('www-authenticate'), await answer.text()];
  };
  expect(await ask('no-such-organization')).toEqual(await ask(organization.slug));
});

it('shows requests of other organizations to none but the operator', async () => {
  const other = await newOrganization(organization.service);
  await other.createUser();
  expect(await rows()).toEqual([]);
  const { body } = await callApi(
    organization.service,
    'GET',
    `/api/scim-requests?organization=${other.slug}`,
  );
  expect(body.items).toHaveLength(1);
});

it('keeps no personal data, whatever is sent wherever', async () => {
  const [family, given, title, city] = ['lovelace', 'babbage', 'countess', 'london'];
  const [phone, password, group] = ['15551234567', 'hunter2', 'analytical'];
  const secrets = [family, given, title, city, phone, password, group];
  const { id } = await organization.createUser({
    userName: `${family}@example.com`,
    name: { familyName: family, givenName: given },
    title,
    password,
    addresses: [{ locality: city }],
    phoneNumbers: [{ value: phone }],
    [`${family}@example.com`]: 1,
  });
  await organization.createGroup({ displayName: group });
  await organization.search(`userName eq "${family}" and name.givenName co "${given}"`);
  await organization.search(`title eq "${title}`);
  await organization.search(`${family}@example.com eq 1`);
  await organization.search(`title eq ${title}`);
  await organization.scim('GET', `/Users/${family}@example.com`);
  await organization.scim('GET', `/Users?sortBy=${family}@x&${given}@y=1&attributes=${city}`);
  await organization.scim('POST', '/Users', { schemas: [USER], userName: [family] });
  await organization.scim('POST', '/Users', { schemas: [USER], userName: Number(phone) });
  await organization.scim('POST', '/Users', { schemas: [title], userName: family });
  await organization.scim('POST', '/Users', `{"userName": "${family}`);
  await organization.scim('POST', '/Groups', {
    schemas: [GROUP],
    displayName: group,
    members: [{ value: `${family} ${given}, ${title}` }],
  });
  await organization.patchUser(
    id,
    { op: 'replace', path: `emails[value eq "${family}"].value`, value: given },
    { op: 'remove', path: `emails[value eq "${family}` },
  );
  await organization.patchUser(id, { op: family, path: 'title' });
  await organization.patchUser(id, { op: 'add', value: { [`emails[value eq "${given}"]`]: {} } });
  await organization.patchUser(id, { op: 'replace', path: 'active', value: title });
  const { text } = await organization.api('GET', '/scim/requests?limit=200');
  expect((await rows('?limit=200')).length).toBeGreaterThan(14);
  for (const secret of secrets) expect(text).not.toContain(secret);
});

it('shows ids in a filter', async () => {
  const id = randomUUID();
  await organization.search(`id eq "${id}" and manager eq "${id}"`);
  const { received } = await latest();
  const { filter } = received as { readonly filter: string };
  expect(filter).toContain(`id eq "${id}" and `);
});

describe('lists', () => {
  let ids: readonly string[];

  beforeEach(async () => {
    const users = [await organization.createUser(), await organization.createUser()];
    ids = users.map(({ id }) => id);
    await organization.createGroup();
    await organization.scim('GET', `/Users/${randomUUID()}`);
    await organization.patch(`/Users/${ids[0]}`, { op: 'replace', path: 'title', value: 'Dr' });
  });

  it.each([
    ['', 5],
    ['?outcome=refused', 1],
    ['?outcome=failed', 0],
    ['?method=POST', 3],
    ['?method=POST&resource=User', 2],
    ['?resource=Group', 1],
    ['?from=2100-01-01T00:00:00Z', 0],
    ['?to=2100-01-01T00:00:00Z', 5],
    ['?to=2001-01-01T00:00:00Z', 0],
  ])('with %s', async (query, count) => {
    expect(await rows(query)).toHaveLength(count);
  });

  it('what one resource is about, and one correlation id', async () => {
    const about = await rows(`?q=${ids[0]}`);
    expect(about.map((row) => row['method'])).toEqual(['PATCH', 'POST']);
    expect(await rows(`?q=${about[0]!.correlationId}`)).toEqual([about[0]]);
  });

  it('the newest first, page by page', async () => {
    const all = await rows();
    const { items, nextCursor } = (await organization.api('GET', '/scim/requests?limit=3')).body;
    const rest = await rows(`?limit=3&cursor=${String(nextCursor)}`);
    expect([...items, ...rest]).toEqual(all);
    const times = all.map((row) => String(row['time']));
    expect(times).toEqual([...times].sort().reverse());
  });

  it.each(['outcome=good', 'method=TRACE', 'resource=Cat', 'from=today', 'q=%20', 'cursor=x'])(
    'refuses %s',
    async (query) => {
      expectProblem(
        await organization.api('GET', `/scim/requests?${query}`),
        400,
        'request-invalid',
      );
    },
  );
});

it('merges what comes without a token after twenty rows a minute', async () => {
  const send = () => organization.scim('GET', '/Users', undefined, { authorization: 'Bearer x' });
  const started = new Date().getUTCMinutes();
  for (let sent = 0; sent < 50; sent += 1) await send();
  const all = await rows('?limit=200');
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(50);
  if (new Date().getUTCMinutes() === started) expect(all).toHaveLength(21);
});

it('records a PATCH with its correlation id as the history does', async () => {
  const { id } = await organization.createUser();
  const correlation = randomUUID();
  await organization.scim(
    'PATCH',
    `/Users/${id}`,
    patchOp({ op: 'replace', path: 'title', value: 'Dr' }),
    { 'x-request-id': correlation },
  );
  expect(await latest()).toMatchObject({ correlationId: correlation });
});
