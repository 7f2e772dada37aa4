import { newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { requestOf, sendRaw } from './raw-request.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

/** What a caller is answered; the others need one to be let in at all. */
const ENDPOINTS: readonly (readonly [method: string, path: string, status: number])[] = [
  ['GET', '/Users', 200],
  ['GET', '/Users?filter=userName%20eq%20%22x%22', 200],
  ['POST', '/Users', 400],
  ['GET', '/Users/none', 404],
  ['PUT', '/Users/none', 400],
  ['PATCH', '/Users/none', 400],
  ['DELETE', '/Users/none', 404],
  ['GET', '/Groups', 200],
  ['POST', '/Groups', 400],
  ['GET', '/Groups/none', 404],
  ['PUT', '/Groups/none', 400],
  ['PATCH', '/Groups/none', 400],
  ['DELETE', '/Groups/none', 404],
  ['GET', '/Nothing', 404],
  ['POST', '/Schemas', 405],
  ['PUT', '/Groups', 405],
  ['GET', '/Me', 501],
  ['POST', '/Bulk', 501],
];

const DISCOVERY = ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/User', '/Schemas'];

const inHex = (text: string): string =>
  text.replaceAll(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

/** Ways to write one and the same target. RFC 3986 §6.2.2.2, RFC 9112 §3.2.2 */
const WRITTEN: Readonly<Record<string, (slug: string, path: string) => string>> = {
  plainly: (slug, path) => `/scim/v2/${slug}${path}`,
  'with an encoded letter of scim': (slug, path) => `/sc%69m/v2/${slug}${path}`,
  'with an encoded version': (slug, path) => `/scim/v%32/${slug}${path}`,
  'with the organization encoded': (slug, path) => `/scim/v2/${inHex(slug)}${path}`,
  'with the endpoint encoded': (slug, path) =>
    `/scim/v2/${slug}${path.replace(/^\/[A-Z]/, (start) => `/${inHex(start.slice(1))}`)}`,
  'with doubled slashes': (slug, path) => `//scim//v2//${slug}/${path}`,
  absolutely: (slug, path) => `http://127.0.0.1:4100/scim/v2/${slug}${path}`,
  'absolutely and encoded': (slug, path) => `http://rollcall.test/%73cim/v2/${slug}${path}`,
};

describe.each(Object.keys(WRITTEN))('a target written %s', (way) => {
  const send = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) => {
    const target = WRITTEN[way]!(organization.slug, path);
    return sendRaw(organization.service.url, requestOf(method, target, headers));
  };

  it.each(ENDPOINTS)('%s %s is refused without a token', async (method, path) => {
    const { status, headers } = await send(method, path);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(headers.get('content-type')).toMatch(/^application\/scim\+json/);
  });

  it.each(ENDPOINTS)('%s %s answers a caller with %i', async (method, path, expected) => {
    const authorization = `Bearer ${organization.token}`;
    const { status, headers } = await send(method, path, { authorization });
    expect(status).toBe(expected);
    expect(headers.get('content-type')).toMatch(/^application\/scim\+json/);
  });

  it.each(DISCOVERY)('GET %s is answered without a token', async (path) => {
    expect((await send('GET', path)).status).toBe(200);
  });
});

it.each(['/SCIM/v2/acme/Users', '/scim/v2/acme/Nothing/at/all', '/scim/v2/acme/schemas'])(
  '%s, which is no endpoint, asks for a token all the same',
  async (target) => {
    const { status } = await sendRaw(organization.service.url, requestOf('GET', target));
    expect(status).toBe(401);
  },
);

it.each(['a%00b', "a'b", 'a%20b', '%F0%9F%92%A9', 'x'.repeat(4_000), '..%2Facme'])(
  'an organization called %s is nobody that a token could belong to',
  async (name) => {
    const token = { authorization: `Bearer ${organization.token}` };
    const request = requestOf('GET', `/scim/v2/${name}/Users`, token);
    expect((await sendRaw(organization.service.url, request)).status).toBe(401);
  },
);

it.each(['/scim', '/sc%69m/v9/acme/Users', '/scim/v2', '/scim/%FF'])(
  '%s is refused with a SCIM Error',
  async (target) => {
    const { status, headers } = await sendRaw(organization.service.url, requestOf('GET', target));
    expect([400, 404]).toContain(status);
    expect(headers.get('content-type')).toMatch(/^application\/scim\+json/);
  },
);

it('names the address it was reached at to a client of HTTP/1.0, which names no host', async () => {
  const { url } = organization.service;
  const { status, text } = await sendRaw(
    url,
    `GET /scim/v2/${organization.slug}/ResourceTypes/User HTTP/1.0\r\n\r\n`,
  );
  expect(status).toBe(200);
  const { meta } = JSON.parse(text) as { readonly meta: { readonly location: string } };
  expect(meta.location).toBe(`${url}/scim/v2/${organization.slug}/ResourceTypes/User`);
});
