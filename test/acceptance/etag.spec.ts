import { expectScimError, newOrganization, patchOp } from '../support/scim-client.js';
import type { ScimDocument, ScimResponse, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const STALE = 'W/"stale"';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const rename = patchOp({ op: 'replace', path: 'displayName', value: 'renamed' });

/** The three writes of a resource, each with the precondition. */
function write(method: string, user: ScimDocument, ifMatch: string): Promise<ScimResponse> {
  const bodies: Record<string, unknown> = {
    PUT: { ...user, displayName: 'renamed' },
    PATCH: rename,
    DELETE: undefined,
  };
  return organization.scim(method, `/Users/${user.id}`, bodies[method], { 'if-match': ifMatch });
}

/** The opaque part of a tag, quotes included. */
const opaque = (version: string): string => version.replace(/^W\//, '');

it.each([
  ['the current tag', (tag: string) => tag],
  ['its strong form', opaque],
  ['a list that holds it', (tag: string) => `${STALE}, ${tag}, "x"`],
  ['a list without spaces', (tag: string) => `${STALE},${tag}`],
  ['*', () => '*'],
])('ETG-02 answers 304 without a body for If-None-Match with %s', async (_what, header) => {
  const user = await organization.createUser();
  const response = await organization.scim('GET', `/Users/${user.id}`, undefined, {
    'if-none-match': header(user.meta.version),
  });
  expect(response.status).toBe(304);
  expect(response.text).toBe('');
  expect(response.headers.get('etag')).toBe(user.meta.version);
  expect(response.headers.get('content-location')).toBe(user.meta.location);
});

it.each([STALE, '"x", "y"'])('ETG-02 answers 200 for If-None-Match: %s', async (header) => {
  const user = await organization.createUser();
  const headers = { 'if-none-match': header };
  const response = await organization.scim('GET', `/Users/${user.id}`, undefined, headers);
  expect(response.status).toBe(200);
  expect(response.body).toEqual(user);
});

it.each([
  ['PUT', 200],
  ['PATCH', 200],
  ['DELETE', 204],
])('ETG-04 a %s with the current tag succeeds', async (method, status) => {
  const user = await organization.createUser();
  const response = await write(method, user, user.meta.version);
  expect(response.status).toBe(status);
  if (method === 'DELETE') return;
  expect(response.headers.get('etag')).toBe(response.body.meta.version);
  expect(response.body.meta.version).not.toBe(user.meta.version);
});

it.each(['PUT', 'PATCH', 'DELETE'])(
  'ETG-05 a %s with a stale tag changes nothing',
  async (method) => {
    const created = await organization.createUser();
    const { body: current } = await organization.scim('PATCH', `/Users/${created.id}`, rename);
    expectScimError(await write(method, current, created.meta.version), 412);
    expectScimError(await write(method, current, STALE), 412);
    expect(await organization.readUser(created.id)).toEqual(current);
  },
);

it('ETG-05 lets one of ten simultaneous writes with one tag win', async () => {
  const user = await organization.createUser();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      organization.scim(
        'PATCH',
        `/Users/${user.id}`,
        patchOp({ op: 'replace', path: 'title', value: `title ${index}` }),
        { 'if-match': user.meta.version },
      ),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array<number>(9).fill(412)]);
});

it.each(['PUT', 'PATCH', 'DELETE'])('ETG-06 a %s with If-Match: * succeeds', async (method) => {
  const user = await organization.createUser();
  expect((await write(method, user, '*')).status).toBeLessThan(300);
});

it('ETG-06 refuses If-Match: * on a missing resource', async () => {
  const user = await organization.createUser();
  const missing = { ...user, id: 'unknown-id' };
  expectScimError(await write('PATCH', missing, '*'), [404, 412]);
});

it.each([
  ['a list that holds it', (tag: string) => `${STALE}, ${tag}`],
  ['its strong form', opaque],
])('ETG-07 compares weakly: If-Match with %s succeeds', async (_what, header) => {
  const user = await organization.createUser();
  expect((await write('PATCH', user, header(user.meta.version))).status).toBe(200);
});

it.each(['PUT', 'PATCH', 'DELETE'])(
  'ETG-08 a %s of a missing resource is 404 before 412',
  async (method) => {
    const user = await organization.createUser();
    expectScimError(await write(method, { ...user, id: 'unknown-id' }, STALE), 404);
  },
);

it.each(['PUT', 'PATCH', 'DELETE'])(
  'a %s with If-None-Match: * changes nothing that exists',
  async (method) => {
    const created = await organization.createUser();
    const group = await organization.createGroup();
    const headers = { 'if-none-match': '*' };
    const body = { PUT: { ...created, displayName: 'x' }, PATCH: rename }[method];
    const path = `/Users/${created.id}`;
    expectScimError(await organization.scim(method, path, body, headers), 412);
    expect(await organization.readUser(created.id)).toEqual(created);
    const named = { PUT: { ...group, displayName: 'x' }, PATCH: rename }[method];
    const groupPath = `/Groups/${group.id}`;
    expectScimError(await organization.scim(method, groupPath, named, headers), 412);
    expect(await organization.readGroup(group.id)).toEqual(group);
    expectScimError(await organization.scim(method, '/Users/unknown-id', body, headers), 404);
  },
);

it('ETG-09 needs no If-Match', async () => {
  const user = await organization.createUser();
  expect((await organization.scim('PATCH', `/Users/${user.id}`, rename)).status).toBe(200);
});

it('ETG-11 lists every item with its version, whatever the conditional header', async () => {
  const user = await organization.createUser();
  const path = `/Users?filter=${encodeURIComponent(`id eq "${user.id}"`)}`;
  const headers = { 'if-none-match': user.meta.version };
  const response = await organization.scim('GET', path, undefined, headers);
  expect(response.status).toBe(200);
  expect(response.body.Resources).toMatchObject([{ meta: { version: user.meta.version } }]);
});

it.each([
  ['GET', 200],
  ['PATCH', 200],
])('guards groups as it guards users: %s', async (method, status) => {
  const group = await organization.createGroup();
  const path = `/Groups/${group.id}`;
  const operation = patchOp({ op: 'replace', path: 'externalId', value: 'x' });
  const body = method === 'PATCH' ? operation : undefined;
  const stale = { 'if-match': STALE, 'if-none-match': STALE };
  const current = { 'if-match': group.meta.version };
  if (method === 'PATCH') expectScimError(await organization.scim(method, path, body, stale), 412);
  expect((await organization.scim(method, path, body, current)).status).toBe(status);
});
