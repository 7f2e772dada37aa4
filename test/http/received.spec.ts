import { parseFilter } from '../../src/scim/filter.js';
import { groupType, userType } from '../../src/scim/schema.js';
import {
  attributesReceived,
  filterReceived,
  lookupAttribute,
  operationsReceived,
} from '../../src/http/scim/received.js';
import { withoutValues } from '../../src/http/scim/refusal.js';
import { patchOp } from '../support/scim-client.js';

const ID = '89bb1940-4c07-4d6c-9d2a-0f1e2d3c4b5a';

it.each([
  ['userName eq "ada"', 'userName eq …'],
  ['USERNAME Eq "ada" AND active eq true', 'userName eq … and active eq true'],
  ['emails[type eq "work" and value co "ada"]', 'emails[type eq "work" and value co …]'],
  ['not (title pr) or name.givenName sw "a"', 'not (title pr) or name.givenName sw …'],
  [
    '(userName eq "a" or title eq "b") and active eq false',
    '(userName eq … or title eq …) and active eq false',
  ],
  [`id eq "${ID}"`, `id eq "${ID}"`],
  ['externalId eq "00ujl29u0le5T6Aj10h7"', 'externalId eq "00ujl29u0le5T6Aj10h7"'],
  ['externalId eq "ada"', 'externalId eq …'],
])('shows the filter %s as %s', (filter, shown) => {
  expect(filterReceived(parseFilter(userType, filter))).toBe(shown);
});

it.each([
  ['userName eq "ada"', 'userName'],
  ['emails[type eq "work"].value eq "ada"', 'emails.value'],
  ['emails.value eq "ada"', 'emails.value'],
  ['userName sw "ada"', undefined],
  ['userName eq "ada" and active eq true', undefined],
])('takes %s for a look-up by %s', (filter, attribute) => {
  expect(lookupAttribute(parseFilter(userType, filter))).toBe(attribute);
});

it.each([
  [{ op: 'Replace', path: 'active', value: 'False' }, 'Replace active'],
  [{ op: 'remove', path: `members[value eq "${ID}"]` }, `remove members[value eq "${ID}"]`],
  [{ op: 'remove', path: 'members[value eq "ada"]' }, 'remove members[value eq …]'],
  [{ op: 'remove', path: 'members[value eq "ada' }, 'remove members[…]'],
  [{ op: 'remove', path: 'ada lovelace' }, 'remove …'],
  [{ op: 'ada lovelace', path: 'members' }, '… members'],
  [{ op: 'add', value: { displayName: 'x' } }, 'add without path: displayName'],
  [{ op: 'add' }, 'add without path: …'],
])('shows the operation %j as %s', (operation, shown) => {
  expect(operationsReceived(groupType, patchOp(operation))).toEqual([shown]);
});

it('shows no more than the first operations of many', () => {
  const operations = Array.from({ length: 1_000 }, () => ({ op: 'add', path: 'title', value: 1 }));
  expect(operationsReceived(userType, patchOp(...operations))).toHaveLength(50);
});

it.each([
  [{ userName: 'ada', name: { familyName: 'l' } }, ['userName', 'name.familyName']],
  [{ emails: [{ value: 'a' }, { type: 'work' }], title: null }, ['emails.value', 'title']],
  [{ 'ada@example.com': 1, 'ada lovelace': 2 }, ['…']],
  ['ada', []],
])('shows the attributes of %j as %j', (body, names) => {
  expect(attributesReceived(body)).toEqual(names);
});

it.each([
  ['active: expected a boolean, found "ada"', 'active: expected a boolean, found "…"'],
  ['title: expected a string, found 15551234567', 'title: expected a string, found a value'],
  [
    'members: expected ids of users, found Ada Lovelace, Esq',
    'members: expected ids of users, found a value',
  ],
  [`members: expected ids of users, found ${ID}`, `members: expected ids of users, found ${ID}`],
  [
    'emails: expected at most 1000 values, found 1200',
    'emails: expected at most 1000 values, found 1200',
  ],
  ['userName: required, found nothing', 'userName: required, found nothing'],
  ['path: no attribute "emial" in User', 'path: no attribute "emial" in User'],
  ['path: no attribute "ada@example.com" in User', 'path: no attribute "…" in User'],
  [
    'expected "add", "replace" or "remove", found "ada"',
    'expected "add", "replace" or "remove", found "…"',
  ],
  ['path: expected "]" in "emails[value eq \\"ada\\""', 'path: expected "]" in "…"'],
])('words the refusal %s as %s', (detail, shown) => {
  expect(withoutValues(detail)).toBe(shown);
});
