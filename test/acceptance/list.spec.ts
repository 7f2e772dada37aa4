import { request } from 'node:http';
import {
  LIST_RESPONSE,
  expectScimError,
  newOrganization,
  patchOp,
} from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;
let ada: ScimDocument;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  ada = await organization.createUser({
    title: 'Analyst',
    emails: [
      { value: 'ada@example.com', type: 'work' },
      { value: 'ada@example.org', type: 'home' },
    ],
  });
  await organization.createUser();
  await organization.createUser();
  await organization.createGroup();
});

/** Sends a request line exactly as given, which `fetch` would normalise. */
function getRaw(pathAndQuery: string): Promise<ScimDocument> {
  const { hostname, port, pathname } = new URL(organization.scimUrl);
  return new Promise((resolve, reject) => {
    request(
      {
        hostname,
        port,
        path: pathname + pathAndQuery,
        headers: { authorization: `Bearer ${organization.token}` },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(JSON.parse(text) as ScimDocument));
      },
    )
      .on('error', reject)
      .end();
  });
}

it.each([
  ['/Users', 3],
  ['/Groups', 1],
])('LIST-01 answers GET %s with a ListResponse', async (path, total) => {
  const body = await organization.read(path);
  expect(body).toMatchObject({
    schemas: [LIST_RESPONSE],
    totalResults: total,
    startIndex: 1,
    itemsPerPage: total,
  });
  expect(body.Resources).toHaveLength(total);
});

it('LIST-01 answers an empty organization with an empty ListResponse', async () => {
  const empty = await newOrganization(organization.service);
  for (const path of ['/Users', '/Groups']) {
    const body = await empty.read(path);
    expect(body).toMatchObject({ schemas: [LIST_RESPONSE], totalResults: 0 });
    expect(body.Resources ?? []).toEqual([]);
  }
});

it.each(['totalResults', 'startIndex', 'itemsPerPage'])(
  'LIST-03 gives %s as an integer',
  async (counter) => {
    const body = await organization.read('/Users?startIndex=1&count=1');
    expect(Number.isInteger(body[counter])).toBe(true);
  },
);

it('LIST-04 shows a created user on the default page', async () => {
  const { Resources } = await organization.read('/Users');
  expect(Resources).toContainEqual(await organization.readUser(ada.id));
});

it('LIST-05 ignores a query parameter it does not know', async () => {
  expect((await organization.read('/Users?foo=bar&cache=1')).totalResults).toBe(3);
});

it('LIST-06 accepts a trailing slash', async () => {
  const filter = encodeURIComponent(`userName eq "${ada.userName}"`);
  expect((await organization.read(`/Users/?filter=${filter}`)).Resources).toEqual(
    (await organization.read(`/Users?filter=${filter}`)).Resources,
  );
});

it.each([
  ['%20 and %22', (name: string) => `userName%20eq%20%22${name}%22`],
  ['+ and %22', (name: string) => `userName+eq+%22${name}%22`],
  ['%20 and raw quotes', (name: string) => `userName%20eq%20"${name}"`],
  ['+ and raw quotes', (name: string) => `userName+eq+"${name}"`],
])('LIST-07 decodes a filter with %s', async (_form, filter) => {
  const { Resources } = await getRaw(`/Users?filter=${filter(ada.userName)}`);
  expect(Resources.map((user) => user.id)).toEqual([ada.id]);
});

it.each(['startindex=2&Count=1', 'STARTINDEX=2&COUNT=1', 'StartIndex=2&count=1'])(
  'LIST-08 reads the parameters %s in any letter case',
  async (query) => {
    expect(await organization.read(`/Users?${query}`)).toMatchObject({
      startIndex: 2,
      itemsPerPage: 1,
      totalResults: 3,
    });
  },
);

it.each(
  ['/Users', '/Groups'].flatMap((path) =>
    ['PUT', 'PATCH', 'DELETE'].map((method) => [method, path] as const),
  ),
)('LIST-09 refuses %s %s', async (method, path) => {
  const body = method === 'DELETE' ? undefined : patchOp();
  expectScimError(await organization.scim(method, path, body), [404, 405]);
});

it('LIST-10 answers a query of the root with a list, or refuses it', async () => {
  const response = await organization.search('meta.resourceType eq "User"', '/');
  if (response.status === 200) expect(response.body.totalResults).toBe(3);
  else expectScimError(response, [501, 403, 404]);
});

it('LIST-11 finds no group by an attribute of users in a query of the root', async () => {
  const response = await organization.search('title pr', '/');
  if (response.status === 200) {
    expect(response.body.Resources.map((resource) => resource.id)).toEqual([ada.id]);
  } else expectScimError(response, [501, 403, 404]);
});

it('LIST-13 gives every item its id, schemas, meta and version', async () => {
  const { Resources } = await organization.read('/Users');
  for (const item of Resources) {
    expect(item.schemas).not.toHaveLength(0);
    expect(item.meta).toEqual((await organization.readUser(item.id)).meta);
    expect(item.meta.version).toMatch(/^W\/".+"$/);
  }
});

it('LIST-14 shows a user once, however many of its emails match', async () => {
  const { body } = await organization.search('emails.value co "ada@example"');
  expect(body.totalResults).toBe(1);
  expect(body.Resources.map((user) => user.id)).toEqual([ada.id]);
});
