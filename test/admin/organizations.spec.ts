import { randomUUID } from 'node:crypto';
import {
  callApi,
  newOrganization,
  type Service,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let service: Service;
let organization: TestOrganization;

beforeAll(async () => {
  service = await sharedService();
  organization = await newOrganization(service, { enableScim: false });
});

const randomSlug = (): string => `o-${randomUUID().slice(0, 13)}`;

const create = (body: unknown) => callApi(service, 'POST', '/api/organizations', body);

it('creates an organization and says where it is', async () => {
  const slug = randomSlug();
  const { status, headers, body } = await create({ slug, displayName: 'Åcme & Söhne 株式会社' });
  expect(status).toBe(201);
  expect(headers.get('location')).toBe(`${service.url}/api/organizations/${slug}`);
  expect(body).toEqual({
    slug,
    displayName: 'Åcme & Söhne 株式会社',
    scimEnabled: false,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  const read = await callApi(service, 'GET', `/api/organizations/${slug}`);
  expect(read.body).toEqual(body);
});

it.each(['a', '0', 'a-b', `a${'-'.repeat(61)}z`.slice(0, 63)])(
  'takes the slug %s',
  async (slug) => {
    const response = await create({ slug, displayName: 'x' });
    expect([201, 409]).toContain(response.status);
  },
);

it('refuses a slug that is taken, and leaves its organization as it is', async () => {
  const before = (await organization.api('GET', '')).body;
  const { slug } = organization;
  expectProblem(await create({ slug, displayName: 'Other' }), 409, 'organization-already-exists');
  expect((await organization.api('GET', '')).body).toEqual(before);
});

it('gives a slug once to requests that ask at the same time', async () => {
  const slug = randomSlug();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => create({ slug, displayName: 'x' })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
});

it.each([
  {},
  { slug: 'fine' },
  { displayName: 'No slug' },
  { slug: '', displayName: 'x' },
  { slug: 'Upper', displayName: 'x' },
  { slug: '-a', displayName: 'x' },
  { slug: 'a-', displayName: 'x' },
  { slug: 'a_b', displayName: 'x' },
  { slug: 'a\n', displayName: 'x' },
  { slug: 'a'.repeat(64), displayName: 'x' },
  { slug: ['fine'], displayName: 'x' },
  { slug: 'fine', displayName: '' },
  { slug: 'fine', displayName: ' x' },
  { slug: 'fine', displayName: 'x'.repeat(101) },
  { slug: 'fine', displayName: 'a\u0007b' },
  { slug: 'fine', displayName: { text: 'x' } },
  { slug: 'fine', displayName: 'x', plan: 'enterprise' },
  null,
  7,
  'text',
  [{ slug: 'fine', displayName: 'x' }],
])('refuses to create %j', async (body) => {
  expectProblem(await create(JSON.stringify(body)), 400, 'request-invalid');
});

it('names every fault of a body, what was found and what was expected', async () => {
  const { body } = await create({ slug: 'No!', displayName: 7, 'a/b~c': true });
  expect(body['errors']).toEqual([
    { pointer: '#/a~1b~0c', detail: 'a/b~c: there is no such member or parameter' },
    { pointer: '#/slug', detail: expect.stringMatching(/^slug: found "No!", expected 1 to 63 /) },
    { pointer: '#/displayName', detail: expect.stringMatching(/^displayName: found 7, expected /) },
  ]);
});

it('lists all organizations once, by slug, page by page', async () => {
  const made = await Promise.all(
    Array.from({ length: 3 }, () => newOrganization(service, { enableScim: false })),
  );
  const slugs: string[] = [];
  let cursor = '';
  do {
    const { status, body } = await callApi(service, 'GET', `/api/organizations?limit=2${cursor}`);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(2);
    slugs.push(...body.items.map(({ slug }) => String(slug)));
    cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
  } while (cursor !== '');
  expect(slugs).toEqual([...new Set(slugs)].sort());
  expect(slugs).toEqual(expect.arrayContaining(made.map(({ slug }) => slug)));
});

it.each(['limit=0', 'limit=201', 'limit=ten', 'limit=1&limit=2', 'limit=', 'cursor=!', 'page=2'])(
  'refuses the list parameter %s',
  async (query) => {
    const response = await callApi(service, 'GET', `/api/organizations?${query}`);
    expectProblem(response, 400, 'request-invalid');
  },
);

it.each(['', '/policies', '/scim', '/scim/tokens', '/users', '/teams', '/history'])(
  'answers 404 for GET %s of an organization that does not exist',
  async (path) => {
    const response = await callApi(service, 'GET', `/api/organizations/${randomSlug()}${path}`);
    expectProblem(response, 404, 'organization-unknown');
  },
);

it.each([
  ['POST', '/scim/enable', undefined],
  ['POST', '/scim/disable', undefined],
  ['POST', '/scim/tokens', { name: 'x' }],
  ['DELETE', `/scim/tokens/${randomUUID()}`, undefined],
  ['PATCH', '/policies', { groupNames: 'any' }],
])('answers 404 for %s %s of an organization that does not exist', async (method, path, body) => {
  const response = await callApi(
    service,
    method,
    `/api/organizations/${randomSlug()}${path}`,
    body,
  );
  expectProblem(response, 404, 'organization-unknown');
});

it.each(['%00', '%27%20OR%201=1', 'UPPER', 'x'.repeat(200), '%F0%9F%98%80', '..%2F..'])(
  'answers 404 for the slug %s',
  async (slug) => {
    expectProblem(
      await callApi(service, 'GET', `/api/organizations/${slug}`),
      404,
      'organization-unknown',
    );
  },
);
