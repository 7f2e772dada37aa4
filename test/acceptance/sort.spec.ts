import { ENTERPRISE, USER, expectScimError, newOrganization } from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  await organization.createUser({
    userName: 'bob',
    externalId: 'B',
    title: 'Engineer',
    name: { familyName: 'young' },
    emails: [{ value: 'z@example.com' }, { value: 'b@example.com', primary: true }],
    [ENTERPRISE]: { employeeNumber: '2' },
  });
  await organization.createUser({
    userName: 'Alice',
    externalId: 'a',
    title: 'Analyst',
    name: { familyName: 'Zuse' },
    emails: [{ value: 'c@example.com' }],
    [ENTERPRISE]: { employeeNumber: '3' },
  });
  await organization.createUser({
    userName: 'carol',
    externalId: 'C',
    name: { familyName: 'Xu' },
    emails: [{ value: 'a@example.com' }],
    [ENTERPRISE]: { employeeNumber: '1' },
  });
});

async function sorted(query: string): Promise<string[]> {
  const { Resources } = await organization.read(`/Users?${query}`);
  return Resources.map((user) => user.userName);
}

it.each(['sortBy=userName', 'sortBy=userName&sortOrder=ascending', 'sortBy=USERNAME'])(
  'SORT-01 %s is ascending without regard to letter case',
  async (query) => {
    expect(await sorted(query)).toEqual(['Alice', 'bob', 'carol']);
  },
);

it.each(['descending', 'DESCENDING'])('SORT-02 sortOrder=%s reverses', async (order) => {
  expect(await sorted(`sortBy=userName&sortOrder=${order}`)).toEqual(['carol', 'bob', 'Alice']);
});

it('SORT-02 refuses an unknown sortOrder or takes it for ascending', async () => {
  const response = await organization.scim('GET', '/Users?sortBy=userName&sortOrder=sideways');
  if (response.status === 200) {
    expect(response.body.Resources.map((user) => user.userName)).toEqual(['Alice', 'bob', 'carol']);
  } else expectScimError(response, 400, 'invalidValue');
});

it.each([
  ['ascending', ['Alice', 'bob', 'carol']],
  ['descending', ['carol', 'bob', 'Alice']],
])('SORT-03 puts a missing title at the right end when %s', async (order, expected) => {
  expect(await sorted(`sortBy=title&sortOrder=${order}`)).toEqual(expected);
});

it('SORT-06 sorts externalId with regard to letter case', async () => {
  expect(await sorted('sortBy=externalId')).toEqual(['bob', 'carol', 'Alice']);
});

it('SORT-06 sorts ids by code point', async () => {
  const { Resources } = await organization.read('/Users?sortBy=id');
  const ids = Resources.map((user) => user.id);
  expect(ids).toEqual([...ids].sort());
});

it.each([
  ['NAME.FAMILYNAME', ['carol', 'bob', 'Alice']],
  [`${USER}:name.familyName`, ['carol', 'bob', 'Alice']],
  [`${ENTERPRISE}:employeeNumber`, ['carol', 'bob', 'Alice']],
  ['emails.value', ['carol', 'bob', 'Alice']],
  ['emails', ['carol', 'bob', 'Alice']],
])('SORT-07 sorts by %s', async (sortBy, expected) => {
  expect(await sorted(`sortBy=${sortBy}`)).toEqual(expected);
});

it('SORT-08 ignores a sortBy it does not know', async () => {
  expect((await sorted('sortBy=nope')).sort()).toEqual(['Alice', 'bob', 'carol']);
});

it('pages through the sorted order', async () => {
  expect(await sorted('sortBy=userName&startIndex=2&count=1')).toEqual(['bob']);
  expect(await sorted('sortBy=userName&sortOrder=descending&startIndex=3&count=5')).toEqual([
    'Alice',
  ]);
});

it('sorts what a filter finds', async () => {
  expect(await sorted('filter=title%20pr&sortBy=userName&sortOrder=descending')).toEqual([
    'bob',
    'Alice',
  ]);
});
