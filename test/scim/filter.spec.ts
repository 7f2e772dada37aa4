import { renderResource, readResource } from '../../src/scim/resource.js';
import { searchDocument } from '../../src/scim/comparison.js';
import { evaluateFilter } from '../../src/scim/filter-evaluate.js';
import { parseFilter } from '../../src/scim/filter.js';
import { groupType, userType } from '../../src/scim/schema.js';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const identity = {
  id: '2819c223-7f76-453a-919d-413861904646',
  created: '2010-01-23T04:56:22Z',
  lastModified: '2011-05-13T04:42:34Z',
  version: 'W/"3"',
  location: 'https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646',
};

const user = searchDocument(
  userType,
  renderResource(
    userType,
    readResource(userType, {
      schemas: [core, enterprise],
      userName: 'bJensen',
      externalId: 'AbC',
      name: { familyName: "O'Malley", givenName: 'Barbara' },
      displayName: 'Research and Development',
      userType: 'Employee',
      nickName: 'Ada "Lovelace" \\ admin',
      active: true,
      emails: [
        { value: 'bjensen@Example.com', type: 'work', primary: true },
        { value: 'babs@jensen.org', type: 'home' },
      ],
      [enterprise]: { employeeNumber: '701984', manager: { value: '26118915' } },
    }),
    identity,
    { groups: [{ value: 'e9e30dba', display: 'Tour Guides', type: 'direct' }] },
  ),
);

const matches = (text: string): boolean => evaluateFilter(parseFilter(userType, text), user);

describe('filters that match', () => {
  it.each([
    ['FIL-01', 'userName eq "bjensen"'],
    ['FIL-02', 'userName eq "BJENSEN"'],
    ['FIL-03', 'USERNAME EQ "bjensen"'],
    ['FIL-03', 'Emails.Value Eq "bjensen@example.com"'],
    ['FIL-04', 'userName ne "x"'],
    ['FIL-04', 'userName co "JEN"'],
    ['FIL-04', 'userName sw "BJ"'],
    ['FIL-04', 'userName ew "SEN"'],
    ['FIL-05', 'emails pr'],
    ['FIL-05', 'name pr'],
    ['FIL-05', 'emails.type pr'],
    ['FIL-06', 'userName gt "alice"'],
    ['FIL-06', 'userName le "BJENSEN"'],
    ['FIL-07', 'meta.lastModified gt "2011-05-13T04:42:33Z"'],
    ['FIL-07', 'meta.lastModified ge "2011-05-13T06:42:34+02:00"'],
    ['FIL-07', 'meta.lastModified lt "2011-05-13T04:42:34.0000001Z"'],
    ['FIL-10', 'active eq true'],
    ['FIL-10', 'active ne false'],
    ['FIL-12', 'active eq "True"'],
    ['FIL-13', 'externalId eq "AbC"'],
    ['FIL-14', `id eq "${identity.id}"`],
    ['FIL-15', 'emails.type eq "work" and emails.value co "@jensen"'],
    ['FIL-16', 'emails[type eq "work" and value co "@example.com"]'],
    ['FIL-17', 'emails[type eq "work"].value eq "bjensen@example.com"'],
    ['FIL-17', 'emails[type eq "other"].value ne "x"'],
    ['FIL-17', 'emails[type eq "work"].value pr'],
    ['FIL-18', 'emails[ type eq "work" ].value eq "bjensen@example.com"'],
    ['FIL-19', 'emails eq "babs@jensen.org"'],
    ['FIL-20', 'name.familyName co "O\'Malley"'],
    ['FIL-21', `${core}:userName sw "B"`],
    ['FIL-22', `${enterprise}:employeeNumber eq "701984"`],
    ['FIL-22', `${enterprise}:manager.value eq "26118915"`],
    ['FIL-22', `id eq "${identity.id}" and manager eq "26118915"`],
    ['FIL-23', `${enterprise.toUpperCase()}:EMPLOYEENUMBER eq "701984"`],
    ['FIL-24', 'employeeNumber eq "701984"'],
    ['FIL-25', `schemas eq "${enterprise}"`],
    ['FIL-25', `schemas[value eq "${enterprise}"]`],
    ['FIL-26', 'meta.resourceType eq "User"'],
    ['FIL-27', 'groups.value eq "e9e30dba"'],
    ['FIL-27', 'groups[display eq "tour guides"]'],
    ['FIL-29', 'userName pr or title pr and title pr'],
    ['FIL-29', 'title pr and userName pr or userName pr'],
    [
      'FIL-32',
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    ],
    ['FIL-33', ' userName  pr  and  userType  eq  "Employee" '],
    ['FIL-34', 'nickName eq "Ada \\"Lovelace\\" \\\\ admin"'],
    ['FIL-34', 'nickName co "\\u0022lovelace"'],
    ['FIL-35', 'displayName eq "Research and Development"'],
    ['FIL-36', 'employeeNumber eq 701984'],
    ['FIL-37', 'title eq null'],
    ['FIL-37', 'userName ne null'],
    ['FIL-38', 'title ne "x"'],
    ['FIL-38', 'not (title eq "x")'],
    ['FIL-38', 'not(userName eq "x")'],
    ['FIL-53', '(ActiVe eq true) and meta.lastmodified ge "2010-09-23T19:35:41.8420572Z"'],
    ['singular brackets', 'name[familyName eq "o\'malley" and givenName sw "bar"]'],
  ])('%s: %s', (_id, text) => {
    expect(matches(text)).toBe(true);
  });
});

describe('filters that do not match', () => {
  it.each([
    ['FIL-05', 'title pr'],
    ['FIL-05', 'addresses pr'],
    ['FIL-06', 'title gt "a"'],
    ['FIL-07', 'meta.lastModified gt "2011-05-13T05:42:34+01:00"'],
    ['FIL-13', 'externalId eq "abc"'],
    ['FIL-14', 'id eq "not-a-uuid"'],
    ['FIL-14', `id eq "${identity.id.toUpperCase()}"`],
    ['FIL-16', 'emails[type eq "work" and value co "@jensen"]'],
    ['FIL-17', 'emails[type eq "home"].value eq "bjensen@example.com"'],
    ['FIL-17', 'emails[type eq "work"].value ne "bjensen@example.com"'],
    ['FIL-29', '(userName pr or title pr) and title pr'],
    ['FIL-37', 'title ne null'],
    ['FIL-38', 'userName ne "BJENSEN"'],
    ['FIL-38', 'emails.type ne "work"'],
    ['FIL-38', 'not (emails.type eq "work")'],
  ])('%s: %s', (_id, text) => {
    expect(matches(text)).toBe(false);
  });
});

describe('filters that are refused with invalidFilter', () => {
  const nested = `${'('.repeat(1_000)}userName pr${')'.repeat(1_000)}`;
  const negated = `${'not ('.repeat(1_000)}userName pr${')'.repeat(1_000)}`;
  it.each([
    ['FIL-31', 'not userName pr'],
    ['FIL-39', ''],
    ['FIL-39', '   '],
    ['FIL-40', '('],
    ['FIL-40', ')'],
    ['FIL-40', '()'],
    ['FIL-40', 'foo'],
    ['FIL-40', 'userName'],
    ['FIL-40', 'username eq'],
    ['FIL-41', 'username pr "bjensen"'],
    ['FIL-42', 'userName ssw "x"'],
    ['FIL-42', 'meta.lastModified lte "2011-05-13T04:42:34Z"'],
    ['FIL-43', "userName eq 'bjensen'"],
    ['FIL-43', 'userName eq "bjensen'],
    ['FIL-43', 'userName eq "bjensen\\'],
    ['FIL-43', 'userName eq "\\a"'],
    ['FIL-43', 'userName eq "\\ufe"'],
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
    ['FIL-49', '__proto__ eq "x"'],
    ['FIL-49', 'constructor.prototype pr'],
    ['FIL-50', 'password eq "secret"'],
    ['FIL-50', 'password pr'],
    ['FIL-51', nested],
    ['FIL-51', negated],
    ['FIL-51', `userName eq "${'x'.repeat(10_000)}"`],
    ['FIL-52', 'active gt true'],
    ['FIL-52', 'active co "t"'],
    ['FIL-52', 'x509Certificates.value gt "a"'],
    ['FIL-52', 'meta.created co "2011"'],
    ['types', 'active eq "yes"'],
    ['types', 'active eq 1'],
    ['types', 'meta.created gt "yesterday"'],
    ['types', 'name eq "x"'],
    ['types', 'title gt null'],
    ['value path', 'emails[type eq "work"'],
    ['value path', 'emails[]'],
    ['value path', 'emails[type eq "work"].foo eq "x"'],
    ['value path', 'emails[type eq "work"].value'],
    ['value path', 'emails[value[type eq "x"]]'],
    ['value path', 'emails[type eq "work"] eq "x"'],
    ['value path', 'userName[value eq "x"]'],
    ['storage', 'userName eq "\\u0000"'],
    ['storage', 'userName eq "\\ud800"'],
    ['spelling', 'and'],
    ['spelling', 'userName eq "a" and'],
    ['spelling', 'or userName pr'],
    ['spelling', 'urn:unknown:userName eq "x"'],
  ])('%s: %s', (_id, text) => {
    expect(() => parseFilter(userType, text)).toThrow(
      expect.objectContaining({ status: 400, scimType: 'invalidFilter' }),
    );
  });

  it('FIL-49: userName on a group', () => {
    expect(() => parseFilter(groupType, 'userName eq "x"')).toThrow(
      'filter: no attribute "userName" in Group, at character 1',
    );
  });

  it.each([
    [
      'userName eq bjensen',
      'filter: expected a value in double quotes at character 13, found "bjensen"',
    ],
    ['userName ssw "x"', 'filter: expected an operator at character 10, found "ssw"'],
    ['(userName pr', 'filter: expected ")" at character 13, found the end'],
    ['active eq "yes"', 'filter: expected a boolean for active at character 11, found "yes"'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => parseFilter(userType, text)).toThrow(message);
  });

  it('accepts 50 levels', () => {
    const text = `${'('.repeat(50)}userName pr${')'.repeat(50)}`;
    expect(parseFilter(userType, text).kind).toBe('present');
  });
});

describe('filters on groups', () => {
  const group = searchDocument(groupType, {
    displayName: 'Tour Guides',
    members: [{ value: 'u1' }, { value: 'u2' }],
  });

  it.each([
    ['members.value eq "u1"', true],
    ['members[value eq "u2"]', true],
    ['members[value eq "u3"]', false],
    ['members eq "U1"', false],
    ['displayName eq "tour guides"', true],
  ])('FIL-28: %s is %s', (text, expected) => {
    expect(evaluateFilter(parseFilter(groupType, text), group)).toBe(expected);
  });
});
