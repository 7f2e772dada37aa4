import fc from 'fast-check';
import { evaluateFilter } from '../../src/scim/filter-evaluate.js';
import { parseFilter, type Filter } from '../../src/scim/filter.js';
import type { JsonObject } from '../../src/scim/json.js';
import { userType } from '../../src/scim/schema.js';
import { printedFilter } from './printed-filter.js';

const word = fc.constantFrom('a', 'B', 'ab', 'ß', 'x"y', '');
const operator = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const textPath = fc.constantFrom(
  'title',
  'userName',
  'name.familyName',
  'emails.value',
  'emails',
  'department',
);
const textTest = fc
  .tuple(textPath, operator, word)
  .map(([path, op, value]) => `${path} ${op} ${JSON.stringify(value)}`);
const leaf = fc.oneof(
  textTest,
  fc.constantFrom('title pr', 'emails pr', 'active eq true', 'active ne "False"', 'title eq null'),
  fc.constantFrom('emails[type eq "work"]', 'emails[not (value co "a") or primary eq true]'),
  fc.constantFrom('emails[type eq "work"].value ne "ab"', 'name[familyName pr]'),
);
const { filterText } = fc.letrec<{ filterText: string }>((tie) => ({
  filterText: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('filterText'), tie('filterText')).map(([a, b]) => `(${a}) and (${b})`),
    fc.tuple(tie('filterText'), tie('filterText')).map(([a, b]) => `(${a}) or (${b})`),
    tie('filterText').map((a) => `not (${a})`),
  ),
}));
const filter = filterText.map((text) => parseFilter(userType, text));

const folded = fc.constantFrom('a', 'b', 'ab', 'ss', 'x"y');
const email = fc.record(
  { value: folded, type: fc.constantFrom('work', 'home'), primary: fc.boolean() },
  { requiredKeys: [] },
);
const document: fc.Arbitrary<JsonObject> = fc.record(
  {
    userName: folded,
    title: folded,
    active: fc.boolean(),
    name: fc.record({ familyName: folded }, { requiredKeys: [] }),
    emails: fc.array(email, { maxLength: 3 }),
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': fc.record({ department: folded }),
  },
  { requiredKeys: [] },
);

const not = (operand: Filter): Filter => ({ kind: 'not', operand });
const both = (kind: 'and' | 'or', ...operands: Filter[]): Filter => ({ kind, operands });

describe('laws of filters', () => {
  it('not (a and b) is not a or not b', () => {
    fc.assert(
      fc.property(filter, filter, document, (a, b, user) => {
        expect(evaluateFilter(not(both('and', a, b)), user)).toBe(
          evaluateFilter(both('or', not(a), not(b)), user),
        );
      }),
    );
  });

  it('not (a or b) is not a and not b', () => {
    fc.assert(
      fc.property(filter, filter, document, (a, b, user) => {
        expect(evaluateFilter(not(both('or', a, b)), user)).toBe(
          evaluateFilter(both('and', not(a), not(b)), user),
        );
      }),
    );
  });

  it('not (not a) is a', () => {
    fc.assert(
      fc.property(filter, document, (a, user) => {
        expect(evaluateFilter(not(not(a)), user)).toBe(evaluateFilter(a, user));
      }),
    );
  });

  it('ne is not eq', () => {
    fc.assert(
      fc.property(textPath, word, document, (path, value, user) => {
        const test = (op: string): boolean =>
          evaluateFilter(parseFilter(userType, `${path} ${op} ${JSON.stringify(value)}`), user);
        expect(test('ne')).toBe(!test('eq'));
      }),
    );
  });

  it('a printed filter reads as the same filter', () => {
    fc.assert(
      fc.property(filter, (a) => {
        expect(parseFilter(userType, printedFilter(a))).toEqual(a);
      }),
    );
  });
});
