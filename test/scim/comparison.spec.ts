import fc from 'fast-check';
import {
  comparable,
  compareText,
  foldCase,
  normalizeDateTime,
  searchDocument,
} from '../../src/scim/comparison.js';
import { attributeNamed, userType } from '../../src/scim/schema.js';

describe('foldCase', () => {
  it.each([
    ['Bjensen', 'bJENSEN'],
    ['STRASSE', 'straße'],
    ['STRAẞE', 'straße'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['Å', 'A\u030a'],
    ['ﬁnch', 'FINCH'],
    ['\u212a', 'k'],
    ['ДАША', 'даша'],
  ])('holds %j and %j equal', (a, b) => {
    expect(foldCase(a)).toBe(foldCase(b));
  });

  it.each([
    ['ılker', 'ilker'],
    ['a', 'á'],
    ['e', 'е'],
  ])('tells %j from %j', (a, b) => {
    expect(foldCase(a)).not.toBe(foldCase(b));
  });

  it('changes nothing the second time, for every character', () => {
    const failing = Array.from({ length: 0x30000 }, (_, i) => i)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((character) => foldCase(foldCase(character)) !== foldCase(character));
    expect(failing).toEqual([]);
  });

  it('changes nothing the second time, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldCase(foldCase(text))).toBe(foldCase(text));
      }),
    );
  });

  it('is blind to upper and lower case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const capital = text.includes('ı') ? text : text.toUpperCase();
        expect(foldCase(capital)).toBe(foldCase(text));
      }),
    );
  });
});

describe('normalizeDateTime', () => {
  it.each([
    ['2011-05-13T04:42:34Z', '2011-05-13T04:42:34.000000000Z'],
    ['2011-05-13T04:42:34.5Z', '2011-05-13T04:42:34.500000000Z'],
    ['2021-09-23T19:35:41.8420572Z', '2021-09-23T19:35:41.842057200Z'],
    ['2011-05-13T04:42:34+02:00', '2011-05-13T02:42:34.000000000Z'],
    ['2011-12-31T23:30:00-01:00', '2012-01-01T00:30:00.000000000Z'],
    ['0001-01-03T00:00:00.0000000Z', '0001-01-03T00:00:00.000000000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999900Z'],
    ['2011-05-13T04:42:34', '2011-05-13T04:42:34.000000000Z'],
  ])('reads %s', (text, expected) => {
    expect(normalizeDateTime(text)).toBe(expected);
  });

  it.each([
    ['yesterday'],
    ['2011-05-13'],
    ['2011-02-30T00:00:00Z'],
    ['2011-05-13T24:01:00Z'],
    ['2011-05-13T04:42:34+15:00'],
    ['0001-01-01T00:00:00+01:00'],
    ['9999-12-31T23:59:59-01:00'],
    ['0000-01-01T00:00:00Z'],
  ])('refuses %s', (text) => {
    expect(normalizeDateTime(text)).toBeUndefined();
  });

  it('orders as text what is ordered in time', () => {
    const instant = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [x, y] = [a, b].map((date) => normalizeDateTime(date.toISOString()) ?? '');
        expect(Math.sign(compareText(x!, y!))).toBe(Math.sign(a.getTime() - b.getTime()));
      }),
    );
  });
});

describe('compareText', () => {
  it('orders as UTF-8 bytes do', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(
          Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
    );
  });

  it('puts an emoji after U+FFFD, which UTF-16 does not', () => {
    expect(compareText('\u{1f600}', '\ufffd')).toBeGreaterThan(0);
  });
});

describe('searchDocument', () => {
  it('folds text that is not caseExact and normalises instants, in the shape of the resource', () => {
    const resource = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: 'AbC',
      externalId: 'ExT',
      userName: 'BJensen',
      active: true,
      emails: [{ value: 'B@X.org', primary: true }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'R&D' },
      meta: { lastModified: '2011-05-13T04:42:34Z', location: 'https://X.org/A' },
      password: 'Secret',
    };
    expect(searchDocument(userType, resource)).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:user'],
      id: 'AbC',
      externalId: 'ExT',
      userName: 'bjensen',
      active: true,
      emails: [{ value: 'b@x.org', primary: true }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'r&d' },
      meta: { lastModified: '2011-05-13T04:42:34.000000000Z', location: 'https://X.org/A' },
    });
  });

  it('compares a reference in exact letter case', () => {
    const profileUrl = attributeNamed(userType.attributes, 'profileUrl')!;
    expect(comparable(profileUrl, 'https://X.org/A')).toBe('https://X.org/A');
  });
});
