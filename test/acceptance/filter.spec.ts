import {
  ENTERPRISE,
  USER,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const UNICODE_NAME = 'zoë+1%&#例え@example.com';
const ALL = ['ada', 'grace', 'linus', 'zoe'];

let organization: TestOrganization;
let users: Record<string, ScimDocument>;
let engines: ScimDocument;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  const grace = await organization.createUser({
    userName: 'grace@example.com',
    externalId: 'abc',
    name: { familyName: "O'Malley", givenName: 'Grace' },
    displayName: 'a) or (b] eq "x" and c',
    nickName: 'Ada "Lovelace" \\ admin',
    userType: 'Contractor',
    active: false,
    emails: [{ value: 'grace@example.com', type: 'work' }],
  });
  const ada = await organization.createUser({
    userName: 'Ada.Lovelace@example.com',
    externalId: 'AbC',
    name: { familyName: 'Lovelace', givenName: 'Ada' },
    displayName: 'Research and Development',
    title: 'Analyst',
    userType: 'Employee',
    active: true,
    emails: [
      { value: 'ada@example.com', type: 'work', primary: true },
      { value: 'ada@home.org', type: 'home' },
    ],
    [ENTERPRISE]: {
      employeeNumber: '701984',
      department: 'Engines',
      manager: { value: grace.id },
    },
  });
  const linus = await organization.createUser({
    userName: 'linus@example.org',
    title: 'Engineer',
    userType: 'Employee',
    active: true,
    emails: [
      { value: 'linus@example.com', type: 'home' },
      { value: 'linus@work.org', type: 'work' },
    ],
  });
  const zoe = await organization.createUser({
    userName: UNICODE_NAME,
    title: 'Analyst',
    nickName: 'line\n\ttab',
    active: true,
    emails: [{ value: 'zoe@example.com', type: 'other' }],
  });
  users = { ada, grace, linus, zoe };
  engines = await organization.createGroup({
    displayName: 'Engines',
    externalId: 'g-1',
    members: [{ value: ada.id }, { value: linus.id }],
  });
  await organization.createGroup({ displayName: 'Empty' });
});

/** The users a filter finds, by their names in this file, in alphabetical order. */
async function found(filter: string): Promise<string[]> {
  const { status, body, text } = await organization.search(filter);
  if (status !== 200) throw new Error(`${filter}: ${status} ${text}`);
  const names = (body.Resources ?? []).map(
    ({ id }) => Object.entries(users).find(([, user]) => user.id === id)?.[0] ?? id,
  );
  expect(body.totalResults).toBe(names.length);
  return names.sort();
}

/** Refers to fixtures made in `beforeAll`, which titles of `it.each` cannot know yet. */
function withIds(filter: string): string {
  return filter
    .replace('{ada}', users['ada']!.id)
    .replace('{grace}', users['grace']!.id)
    .replace('{engines}', engines.id);
}

describe('comparison with userName', () => {
  it.each([
    ['userName eq "Ada.Lovelace@example.com"', ['ada']],
    ['userName eq "ada.lovelace@example.com"', ['ada']],
    ['userName eq "Ada.Lovelace@example"', []],
    ['userName eq "%"', []],
  ])('FIL-01 %s finds %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it('FIL-02 finds a userName given in upper case', async () => {
    expect(await found('userName eq "GRACE@EXAMPLE.COM"')).toEqual(['grace']);
  });

  it.each([
    ['USERNAME EQ "grace@example.com"', ['grace']],
    ['userName Eq "grace@example.com"', ['grace']],
    ['Emails.Value EQ "grace@example.com"', ['grace']],
    ['NOT (userName SW "g") AND title PR', ['ada', 'linus', 'zoe']],
    ['userName SW "g" OR userName Sw "l"', ['grace', 'linus']],
  ])('FIL-03 reads names and operators in any letter case: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['userName ne "GRACE@example.com"', ['ada', 'linus', 'zoe']],
    ['userName co "LOVELACE"', ['ada']],
    ['userName co "example"', ALL],
    ['userName sw "LIN"', ['linus']],
    ['userName ew ".ORG"', ['linus']],
    ['userName co "_"', []],
    ['userName sw "%"', []],
    ['name.familyName co "love"', ['ada']],
  ])('FIL-04 %s finds %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['userName gt "grace@example.com"', ['linus', 'zoe']],
    ['userName ge "grace@example.com"', ['grace', 'linus', 'zoe']],
    ['userName lt "GRACE@example.com"', ['ada']],
    ['userName le "grace@example.com"', ['ada', 'grace']],
  ])('FIL-06 compares strings in lexicographic order: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });
});

describe('presence and absence', () => {
  it.each([
    ['title pr', ['ada', 'linus', 'zoe']],
    ['name pr', ['ada', 'grace']],
    ['emails pr', ALL],
    ['phoneNumbers pr', []],
    ['emails.display pr', []],
    [`${ENTERPRISE}:manager pr`, ['ada']],
    ['name.middleName pr', []],
  ])('FIL-05 %s is true where a value is: %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['title eq null', ['grace']],
    ['title ne null', ['ada', 'linus', 'zoe']],
    ['phoneNumbers eq null', ALL],
  ])('FIL-37 compares an unassigned attribute as null: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each(['title ne "Analyst"', 'not (title eq "Analyst")'])(
    'FIL-38 an absent title is not equal to a value: %s',
    async (filter) => {
      expect(await found(filter)).toEqual(['grace', 'linus']);
    },
  );
});

describe('typed comparison', () => {
  it.each([
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', ALL],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', ALL],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', []],
    ['meta.created le "2011-05-13T04:42:34+02:00"', []],
  ])('FIL-07 %s finds %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each(['+14:00', '-11:00', 'Z'])(
    'FIL-07 compares instants, not text: offset %s',
    async (zone) => {
      const hours = zone === 'Z' ? 0 : Number(zone.slice(0, 3));
      const created = new Date(users['ada']!.meta.created).getTime();
      const local = (ms: number) =>
        new Date(ms + hours * 3_600_000).toISOString().slice(0, -1) + zone;
      const onlyAda = (clause: string) => `${clause} and userName sw "ada"`;
      expect(await found(onlyAda(`meta.created ge "${local(created)}"`))).toEqual(['ada']);
      expect(await found(onlyAda(`meta.created gt "${local(created + 1_000)}"`))).toEqual([]);
    },
  );

  it.each([
    ['active eq true', ['ada', 'linus', 'zoe']],
    ['active eq false', ['grace']],
    ['active ne true', ['grace']],
  ])('FIL-10 %s finds %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['active eq "true"', ['ada', 'linus', 'zoe']],
    ['active eq "True"', ['ada', 'linus', 'zoe']],
    ['active eq "False"', ['grace']],
  ])('FIL-12 reads a quoted boolean: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['AbC', ['ada']],
    ['abc', ['grace']],
    ['ABC', []],
  ])('FIL-13 compares externalId "%s" with its letter case', async (value, expected) => {
    expect(await found(`externalId eq "${value}"`)).toEqual(expected);
  });

  it.each([
    ['id eq "{ada}"', ['ada']],
    ['id eq "not-a-uuid"', []],
    ['id ne "not-a-uuid"', ALL],
  ])('FIL-14 %s finds %j', async (filter, expected) => {
    expect(await found(withIds(filter))).toEqual(expected);
  });

  it.each(['25', '25.52', '-1', '1e3'])(
    'FIL-36 reads %s as a number, which no userName equals',
    async (literal) => {
      const response = await organization.search(`userName eq ${literal}`);
      if (response.status === 200) expect(response.body.totalResults).toBe(0);
      else expectScimError(response, 400, 'invalidFilter');
    },
  );

  it.each(['active gt true', 'active ge true', 'active lt false', 'active le false'])(
    'FIL-52 refuses an order of booleans: %s',
    async (filter) => {
      expectScimError(await organization.search(filter), 400, 'invalidFilter');
    },
  );
});

describe('multi-valued attributes', () => {
  it.each([
    ['emails.value eq "ada@home.org"', ['ada']],
    ['emails.type eq "work" and emails.value co "@home"', ['ada']],
    ['emails.type eq "work" and emails.value eq "linus@example.com"', ['linus']],
  ])('FIL-15 lets each clause match any element: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['emails[type eq "work" and value eq "linus@example.com"]', []],
    ['emails[type eq "home" and value eq "linus@example.com"]', ['linus']],
    ['emails[type eq "work" and value co "@example.com"]', ['ada', 'grace']],
    ['emails[not (type eq "work")]', ['ada', 'linus', 'zoe']],
    ['not (emails[type eq "work"])', ['zoe']],
    ['emails[type eq "work" or type eq "other"] and title pr', ['ada', 'linus', 'zoe']],
  ])('FIL-16 lets a value path match within one element: %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['emails[type eq "work"].value eq "linus@work.org"', ['linus']],
    ['emails[type eq "work"].value eq "linus@example.com"', []],
  ])("FIL-17 accepts Entra's %s", async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it('FIL-18 allows spaces inside the brackets', async () => {
    expect(await found('emails[ type eq "work" ].value eq "linus@work.org"')).toEqual(['linus']);
  });

  it('FIL-19 compares a complex attribute by its value', async () => {
    expect(await found('emails eq "ada@home.org"')).toEqual(['ada']);
  });

  it('FIL-20 allows an apostrophe in a value', async () => {
    expect(await found(`name.familyName co "O'Malley"`)).toEqual(['grace']);
  });
});

describe('fully qualified names', () => {
  it('FIL-21 reads the URN of the core schema', async () => {
    expect(await found(`${USER}:userName sw "G"`)).toEqual(['grace']);
    expect(await found(`${USER}:name.familyName eq "lovelace"`)).toEqual(['ada']);
  });

  it.each([`${ENTERPRISE}:employeeNumber eq "701984"`, `${ENTERPRISE}:manager.value eq "{grace}"`])(
    'FIL-22 reads past the dots of the URN in %s',
    async (filter) => {
      expect(await found(withIds(filter))).toEqual(['ada']);
    },
  );

  it('FIL-23 reads the URN in any letter case', async () => {
    const filter = `${ENTERPRISE.toUpperCase()}:EMPLOYEENUMBER eq "701984"`;
    expect(await found(filter)).toEqual(['ada']);
  });

  it('FIL-24 resolves the bare name of an extension attribute or refuses it', async () => {
    const response = await organization.search('employeeNumber eq "701984"');
    if (response.status === 200) {
      expect(response.body.Resources.map((user) => user.id)).toEqual([users['ada']!.id]);
    } else expectScimError(response, 400, 'invalidFilter');
  });

  it.each([`schemas eq "${ENTERPRISE}"`, `schemas[value eq "${ENTERPRISE}"]`])(
    'FIL-25 filters by schema: %s',
    async (filter) => {
      expect(await found(filter)).toEqual(['ada']);
    },
  );

  it('FIL-26 finds every user by the resource type', async () => {
    expect(await found('meta.resourceType eq "User"')).toEqual(ALL);
    expect(await found('meta.resourceType eq "Group"')).toEqual([]);
  });
});

describe('membership', () => {
  it.each(['groups.value eq "{engines}"', 'groups[display eq "Engines"]'])(
    'FIL-27 finds users by %s',
    async (filter) => {
      expect(await found(withIds(filter))).toEqual(['ada', 'linus']);
    },
  );

  it.each([
    ['members.value eq "{ada}"', ['Engines']],
    ['members[value eq "{ada}"]', ['Engines']],
    ['members.value eq "{grace}"', []],
    ['members.value eq "unknown"', []],
  ])('FIL-28 finds groups by %s', async (filter, expected) => {
    const { body } = await organization.search(withIds(filter), '/Groups');
    expect((body.Resources ?? []).map((group) => group.displayName)).toEqual(expected);
  });
});

describe('logical operators', () => {
  const a = 'title eq "Analyst"';
  const b = 'userType eq "Employee"';
  const c = 'active eq false';

  it.each([
    ['a or b and c', `${a} or ${b} and ${c}`, ['ada', 'zoe']],
    ['c or a and b', `${c} or ${a} and ${b}`, ['ada', 'grace']],
    ['a and b or c', `${a} and ${b} or ${c}`, ['ada', 'grace']],
    ['(a or b) and c', `(${a} or ${b}) and ${c}`, []],
    ['a and (b or c)', `${a} and (${b} or ${c})`, ['ada']],
    ['a or b or c', `${a} or ${b} or ${c}`, ALL],
    ['not (a) and b', `not (${a}) and ${b}`, ['linus']],
    ['not (a and b)', `not (${a} and ${b})`, ['grace', 'linus', 'zoe']],
    ['not (a or b)', `not (${a} or ${b})`, ['grace']],
    ['not (a) or c', `not (${a}) or ${c}`, ['grace', 'linus']],
  ])('FIL-29 %s keeps the precedence', async (_form, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it('FIL-32 groups with parentheses', async () => {
    const filter =
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")';
    expect(await found(filter)).toEqual(['ada', 'linus']);
  });

  it('FIL-33 accepts spaces anywhere between tokens', async () => {
    expect(await found(' title  pr  and  userType  eq  "Employee" ')).toEqual(['ada', 'linus']);
  });
});

describe('values', () => {
  it.each([
    [String.raw`nickName eq "Ada \"Lovelace\" \\ admin"`, ['grace']],
    [String.raw`nickName eq "line\n\ttab"`, ['zoe']],
    [String.raw`userName eq "\u0061da.lovelace@example.com"`, ['ada']],
    [String.raw`nickName eq "\ufe00\"\n\t\\"`, []],
  ])('FIL-34 unescapes %s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    ['Research and Development', ['ada']],
    ['a) or (b] eq "x" and c', ['grace']],
  ])('FIL-35 does not split the value %s', async (value, expected) => {
    expect(await found(`displayName eq ${JSON.stringify(value)}`)).toEqual(expected);
  });

  it('FIL-57 matches Unicode and every reserved character of a URL', async () => {
    expect(await found(`userName eq "${UNICODE_NAME}"`)).toEqual(['zoe']);
  });
});

describe('refused filters', () => {
  it.each([
    ['FIL-31', 'not userName pr'],
    ['FIL-40', '('],
    ['FIL-40', ')'],
    ['FIL-40', '()'],
    ['FIL-40', 'foo'],
    ['FIL-40', 'userName'],
    ['FIL-40', 'username eq'],
    ['FIL-41', 'username pr "bjensen"'],
    ['FIL-42', 'userName ssw "x"'],
    ['FIL-42', 'userName bad "john"'],
    ['FIL-42', 'meta.lastModified lte "2011-05-13T04:42:34Z"'],
    ['FIL-43', "userName eq 'bjensen'"],
    ['FIL-43', 'userName eq "bjensen'],
    ['FIL-43', String.raw`userName eq "bjensen\"`],
    ['FIL-43', String.raw`userName eq "\a"`],
    ['FIL-43', String.raw`userName eq "\ufe"`],
    ['FIL-44', 'userName eq bjensen'],
    ['FIL-45', 'title pr and userType eq "Employee" eq'],
    ['FIL-45', 'userName eq "john" userName pr'],
    ['FIL-45', 'userName eq "ada" trailing'],
    ['FIL-48', '(userName eq "john"'],
    ['FIL-48', 'userName eq "john")'],
    ['FIL-48', 'userName eq ("john")'],
    ['FIL-48', '()(userName pr)'],
    ['FIL-49', 'foo eq "x"'],
    ['FIL-49', 'name.foo eq "x"'],
    ['FIL-49', 'userName.foo eq "x"'],
    ['FIL-49', 'urn:example:unknown:attribute eq "x"'],
    ['brackets', 'emails[type eq "work"'],
    ['brackets', 'emails[]'],
    ['dates', 'meta.created gt "yesterday"'],
  ])('%s: %s is an invalidFilter', async (_id, filter) => {
    expectScimError(await organization.search(filter), 400, 'invalidFilter');
  });

  it('FIL-39 refuses an empty filter', async () => {
    expectScimError(await organization.scim('GET', '/Users?filter='), 400, 'invalidFilter');
  });

  it('FIL-49 refuses userName on groups', async () => {
    const response = await organization.search('userName eq "x"', '/Groups');
    expectScimError(response, 400, 'invalidFilter');
  });

  it('FIL-50 refuses to be an oracle for passwords', async () => {
    const response = await organization.search('password sw "a"');
    expectScimError(response, [400, 403], ['invalidFilter', 'sensitive']);
  });

  it.each([
    ['more than 10,000 characters', `userName eq "${'a'.repeat(10_100)}"`],
    ['1,000 nested parentheses', `${'('.repeat(1_000)}userName pr${')'.repeat(1_000)}`],
  ])('FIL-51 refuses a filter of %s at once', async (_what, filter) => {
    const started = Date.now();
    expectScimError(await organization.search(filter), 400, 'invalidFilter');
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});

describe('the lookups of Entra', () => {
  it.each([
    '(ActiVe eq true) and meta.lastmodified ge "2021-09-23T19:35:41.8420572Z"',
    'active eq true and (meta.lastModified ge "0001-01-03T00:00:00.0000000Z" and meta.lastModified le "2999-01-01T00:00:00.0000000Z")',
  ])('FIL-53 %s finds the active users', async (filter) => {
    expect(await found(filter)).toEqual(['ada', 'linus', 'zoe']);
  });

  it.each([
    ['FIL-54', 'displayName eq "engines"'],
    ['FIL-55', 'externalId eq "g-1"'],
  ])('%s: %s finds the group without its members', async (_id, filter) => {
    const { body } = await organization.search(filter, '/Groups', 'excludedAttributes=members');
    expect(body.Resources).toMatchObject([{ id: engines.id, displayName: 'Engines' }]);
    expect(body.Resources[0]).not.toHaveProperty('members');
  });

  it.each(['id eq "{ada}" and {m} eq "{grace}"', '{m} eq "{grace}" and id eq "{ada}"'])(
    'checks the reference %s',
    async (filter) => {
      const named = filter.replace('{m}', `${ENTERPRISE}:manager`);
      expect(await found(withIds(named))).toEqual(['ada']);
    },
  );
});

it('FIL-56 sees every write that was acknowledged', async () => {
  const other = await newOrganization(organization.service);
  const userName = randomUserName();
  const { id } = await other.createUser({ userName });
  const ids = async (filter: string) =>
    ((await other.search(filter)).body.Resources ?? []).map((user) => user.id);
  expect(await ids(`userName eq "${userName}"`)).toEqual([id]);
  await other.patchUser(id, { op: 'replace', path: 'title', value: 'Analyst' });
  expect(await ids('title eq "Analyst"')).toEqual([id]);
  await other.patchUser(id, { op: 'replace', path: 'title', value: 'Engineer' });
  expect(await ids('title eq "Analyst"')).toEqual([]);
  await other.scim('DELETE', `/Users/${id}`);
  expect(await ids(`userName eq "${userName}"`)).toEqual([]);
});
