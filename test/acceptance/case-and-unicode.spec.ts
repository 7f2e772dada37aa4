import {
  ENTERPRISE,
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  randomDisplayName,
  randomUserName,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const TEXTS = [
  ['Chinese, Japanese and Korean', '漢字 かな 한글'],
  ['four-byte emoji with joiners', '👩🏽‍💻🏴‍☠️𝒳'],
  ['right-to-left', 'שלום مرحبا'],
  ['combining marks, not composed', 'Zoe\u0308 a\u030a'],
  ['controls and quotes', 'tab\t newline\n "quoted" \\ / \u2028'],
] as const;

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

describe('CAS-01 names in any letter case', () => {
  it('CAS-01 in a filter, a sort and a projection', async () => {
    const { id, userName } = await organization.createUser({
      name: { givenName: 'Ada' },
      [ENTERPRISE]: { department: 'Engines' },
    });
    const parameters = `sortBy=NAME.givenname&attributes=USERNAME,Name.GIVENNAME`;
    const filter = `USERNAME EQ "${userName}" AND ${ENTERPRISE.toUpperCase()}:DEPARTMENT PR`;
    const { body } = await organization.search(filter, '/Users', parameters);
    expect(body.Resources).toEqual([
      { schemas: expect.any(Array), id, userName, name: { givenName: 'Ada' } },
    ]);
  });

  it.each([
    ['DISPLAYNAME', 'displayName'],
    [`${USER.toUpperCase()}:DisplayName`, 'displayName'],
    ['NickName', 'nickName'],
  ])('CAS-01 in the PATCH path %s', async (path, name) => {
    const { id } = await organization.createUser();
    const operation = { op: 'replace', path, value: 'x' };
    expect((await organization.patchUser(id, operation)).status).toBe(200);
    expect((await organization.readUser(id))[name]).toBe('x');
  });

  it('CAS-01 in a value path', async () => {
    const { id } = await organization.createUser({ emails: [{ value: 'a', type: 'work' }] });
    const operation = { op: 'replace', path: 'Emails[TYPE EQ "work"].Display', value: 'x' };
    expect((await organization.patchUser(id, operation)).status).toBe(200);
    expect((await organization.readUser(id)).emails).toEqual([
      { value: 'a', type: 'work', display: 'x' },
    ]);
  });
});

it('CAS-02 accepts URNs in any letter case and answers the canonical ones', async () => {
  const user = await organization.createUser({
    schemas: [USER.toUpperCase(), ENTERPRISE.toLowerCase()],
    [ENTERPRISE.toLowerCase()]: { department: 'Engines' },
  });
  expect([...user.schemas].sort()).toEqual([USER, ENTERPRISE].sort());
  expect(user[ENTERPRISE]).toEqual({ department: 'Engines' });
});

it('CAS-03 compares userName without its letter case and stores it as sent', async () => {
  const userName = `MiXeD-${randomUserName()}`;
  const { id } = await organization.createUser({ userName });
  expect((await organization.readUser(id)).userName).toBe(userName);
  const { body } = await organization.search(`userName eq "${userName.toLowerCase()}"`);
  expect(body.Resources.map((user) => user.userName)).toEqual([userName]);
  const second = { schemas: [USER], userName: userName.toUpperCase() };
  expectScimError(await organization.scim('POST', '/Users', second), 409, 'uniqueness');
});

it.each([
  ['compatibility forms', 'ａｄａ', 'ada'],
  ['composed and combining marks', 'Zo\u00eb', 'zoe\u0308'],
  ['Greek letters', 'ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['sharp s', 'STRASSE', 'straße'],
])('CAS-03 takes two spellings for one userName: %s', async (_what, first, second) => {
  const suffix = randomUserName();
  await organization.createUser({ userName: first + suffix });
  const other = { schemas: [USER], userName: second + suffix };
  expectScimError(await organization.scim('POST', '/Users', other), 409, 'uniqueness');
});

it('CAS-04 compares id, externalId and location with their letter case', async () => {
  const externalId = `AbC-${randomUserName()}`;
  const { id, meta } = await organization.createUser({ externalId });
  const find = async (filter: string) => (await organization.search(filter)).body.totalResults;
  expect(await find(`externalId eq "${externalId}"`)).toBe(1);
  expect(await find(`externalId eq "${externalId.toLowerCase()}"`)).toBe(0);
  expect(await find(`id eq "${id}"`)).toBe(1);
  expect(await find(`id eq "${id.toUpperCase()}"`)).toBe(0);
  expect(await find(`meta.location eq "${meta.location}"`)).toBe(1);
  expect(await find(`meta.location eq "${meta.location.toUpperCase()}"`)).toBe(0);
});

it.each(TEXTS)('CAS-06 keeps %s exactly, in users and groups', async (_what, text) => {
  const userName = `${text} ${randomUserName()}`;
  const { id } = await organization.createUser({ userName, displayName: text });
  expect(await organization.readUser(id)).toMatchObject({ userName, displayName: text });
  const displayName = `${text} ${randomDisplayName()}`;
  const group = await organization.createGroup({ displayName, members: [{ value: id }] });
  expect((await organization.readGroup(group.id)).displayName).toBe(displayName);
  expect((await organization.readUser(id)).groups).toMatchObject([{ display: displayName }]);
});

it.each(TEXTS)('CAS-06 filters by %s', async (_what, text) => {
  const userName = `${text} ${randomUserName()}`;
  const { id } = await organization.createUser({ userName });
  const { body } = await organization.search(`userName eq ${JSON.stringify(userName)}`);
  expect(body.Resources.map((user) => user.id)).toEqual([id]);
});

it('CAS-09 finds a userName with a plus sign', async () => {
  const userName = `a+b-${randomUserName()}`;
  const { id } = await organization.createUser({ userName });
  const encoded = `userName%20eq%20%22${userName.replaceAll('+', '%2B').replace('@', '%40')}%22`;
  const { Resources } = await organization.read(`/Users?filter=${encoded}`);
  expect(Resources.map((user) => user.id)).toEqual([id]);
});

it('CAS-10 keeps a displayName of 100 KB exactly or refuses it', async () => {
  const displayName = '漢'.repeat(34_000);
  const body = { schemas: [USER], userName: randomUserName(), displayName };
  const response = await organization.scim('POST', '/Users', body);
  if (response.status === 201) {
    expect((await organization.readUser(response.body.id)).displayName).toBe(displayName);
  } else expectScimError(response, 400, 'invalidValue');
});

it('answers a group displayName that differs in letter case with 409 uniqueness', async () => {
  const { displayName } = await organization.createGroup();
  const body = { schemas: [GROUP], displayName: displayName.toUpperCase() };
  expectScimError(await organization.scim('POST', '/Groups', body), 409, 'uniqueness');
});
