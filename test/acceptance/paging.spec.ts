import { expectScimError, inParallel, newOrganization } from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const USERS = 250;

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  await fill(organization, USERS);
}, 60_000);

function fill(target: TestOrganization, count: number): Promise<ScimDocument[]> {
  const indices = Array.from({ length: count }, (_, index) => index);
  return inParallel(indices, 16, (index) =>
    target.createUser({ userName: `user-${index}@example.com`, title: `team ${index % 2}` }),
  );
}

async function walk(target: TestOrganization, count: number): Promise<string[]> {
  const ids: string[] = [];
  const { totalResults } = await target.read('/Users?count=0');
  for (let startIndex = 1; startIndex <= totalResults; startIndex += count) {
    const page = await target.read(`/Users?startIndex=${startIndex}&count=${count}`);
    expect(page.startIndex).toBe(startIndex);
    ids.push(...page.Resources.map((user) => user.id));
  }
  return ids;
}

it('PAGE-01 answers the page asked for', async () => {
  const page = await organization.read('/Users?startIndex=1&count=2');
  expect(page).toMatchObject({ totalResults: USERS, startIndex: 1, itemsPerPage: 2 });
  expect(page.Resources).toHaveLength(2);
});

it.each([5, 100])('PAGE-02 walks all users in pages of %i without gap or repeat', async (count) => {
  const ids = await walk(organization, count);
  expect(ids).toHaveLength(USERS);
  expect(new Set(ids).size).toBe(USERS);
  expect(await walk(organization, 100)).toEqual(ids);
});

it('R98 imports 250 users in pages of 100, 100 and 50', async () => {
  const sizes = await Promise.all(
    [1, 101, 201].map(async (startIndex) => {
      const page = await organization.read(`/Users?startIndex=${startIndex}&count=100`);
      expect(page).toMatchObject({ totalResults: USERS, startIndex });
      return page.Resources.length;
    }),
  );
  expect(sizes).toEqual([100, 100, 50]);
});

it.each(['0', '-1', '-4'])('PAGE-03 treats startIndex=%s as 1', async (startIndex) => {
  const page = await organization.read(`/Users?startIndex=${startIndex}&count=2`);
  expect(page.startIndex).toBe(1);
  expect(page.Resources).toEqual(
    (await organization.read('/Users?startIndex=1&count=2')).Resources,
  );
});

it.each([
  ['PAGE-04', '-10'],
  ['PAGE-05', '0'],
])('%s: count=%s answers the total and no resources', async (_id, count) => {
  const page = await organization.read(`/Users?count=${count}`);
  expect(page).toMatchObject({ totalResults: USERS, itemsPerPage: 0 });
  expect(page.Resources ?? []).toEqual([]);
});

it('PAGE-06 caps count and reports what it really answered', async () => {
  const page = await organization.read('/Users?count=100000');
  expect(page.itemsPerPage).toBe(page.Resources.length);
  expect(page.Resources.length).toBeLessThanOrEqual(1000);
  expect(page.Resources).toHaveLength(USERS);
});

it('LIST-12 answers 100 resources when no count is given', async () => {
  const page = await organization.read('/Users');
  expect(page).toMatchObject({ totalResults: USERS, itemsPerPage: 100, startIndex: 1 });
  expect(page.Resources).toHaveLength(100);
});

it.each(
  ['startIndex', 'count'].flatMap((name) =>
    ['abc', '1.5', '2e2', 'next', ''].map((value) => `${name}=${value}`),
  ),
)('PAGE-08 refuses %s with invalidValue', async (query) => {
  expectScimError(await organization.scim('GET', `/Users?${query}`), 400, 'invalidValue');
});

it('PAGE-09 counts every match of the filter, not the page', async () => {
  const { body } = await organization.search('title eq "team 1"', '/Users', 'count=7');
  expect(body).toMatchObject({ totalResults: USERS / 2, itemsPerPage: 7 });
  expect(body.Resources).toHaveLength(7);
});

it('answers a page beyond the end with the total and no resources', async () => {
  const page = await organization.read('/Users?startIndex=100000&count=10');
  expect(page).toMatchObject({ totalResults: USERS, startIndex: 100000, itemsPerPage: 0 });
  expect(page.Resources ?? []).toEqual([]);
});

it('PAGE-12 goes on behind the last page while users come and go between two pages', async () => {
  const other = await newOrganization(organization.service);
  const [first] = await fill(other, 12);
  await other.read('/Users?startIndex=1&count=5');
  await other.scim('DELETE', `/Users/${first!.id}`);
  const second = await other.read('/Users?startIndex=6&count=5');
  expect(second).toMatchObject({ totalResults: 11, itemsPerPage: 5 });
  await other.createUser();
  expect(await other.read('/Users?startIndex=11&count=5')).toMatchObject({
    totalResults: 12,
    itemsPerPage: 3,
  });
});
