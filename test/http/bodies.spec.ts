import { randomUserName, USER, newOrganization } from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const BOM = [0xef, 0xbb, 0xbf];

/** A new user whose displayName is of these bytes. */
const userNamed = (bytes: readonly number[], before: readonly number[] = []): Buffer => {
  const start = `{"schemas":["${USER}"],"userName":"${randomUserName()}","displayName":"`;
  return Buffer.concat([
    Buffer.from(before),
    Buffer.from(start),
    Buffer.from(bytes),
    Buffer.from('"}'),
  ]);
};

const ANY_NAME = [0x41];

const create = (body: Buffer, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${organization.scimUrl}/Users`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${organization.token}`,
      'content-type': 'application/scim+json',
      ...headers,
    },
    body: new Uint8Array(body),
  });

it.each([
  ['a byte of Latin-1', [0x4d, 0xfc, 0x6c]],
  ['a character that is cut', [0xe2, 0x82]],
  ['an overlong form', [0xc0, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
])('refuses %s, which is no UTF-8', async (_what, bytes) => {
  const response = await create(userNamed(bytes));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ scimType: 'invalidSyntax' });
});

it('refuses what is no UTF-8 at the management API', async () => {
  const response = await fetch(`${organization.service.url}/api/organizations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${organization.service.adminKey}`,
      'content-type': 'application/json',
    },
    body: new Uint8Array(Buffer.from([0x22, 0xfc, 0x22])),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ type: '/problems/body-malformed' });
});

it('keeps every character of UTF-8', async () => {
  const name = 'Zoë \u{1F600} \uFFFD';
  const response = await create(userNamed([...Buffer.from(name)]));
  expect(await response.json()).toMatchObject({ displayName: name });
});

it('takes a byte order mark for none of the JSON', async () => {
  expect((await create(userNamed(ANY_NAME, BOM))).status).toBe(201);
});

it.each(['gzip', 'br', 'x-custom', 'identity, gzip'])(
  'refuses the Content-Encoding %s and says which one it takes',
  async (encoding) => {
    const response = await create(userNamed(ANY_NAME), { 'content-encoding': encoding });
    expect(response.status).toBe(415);
    expect(response.headers.get('accept-encoding')).toBe('identity');
  },
);

it('accepts the Content-Encoding identity', async () => {
  const response = await create(userNamed(ANY_NAME), { 'content-encoding': 'Identity' });
  expect(response.status).toBe(201);
});

it('says nothing of encodings where the media type is at fault', async () => {
  const response = await create(userNamed(ANY_NAME), { 'content-type': 'text/plain' });
  expect(response.status).toBe(415);
  expect(response.headers.get('accept-encoding')).toBeNull();
});

it.each(['text/json', 'text/json; charset=utf-8', 'application/json\t;charset=utf-8'])(
  'accepts the Content-Type %j',
  async (type) => {
    expect((await create(userNamed(ANY_NAME), { 'content-type': type })).status).toBe(201);
  },
);
