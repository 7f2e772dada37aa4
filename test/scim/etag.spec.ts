import { includesVersion, parseEntityTags } from '../../src/scim/etag.js';

describe('entity tags (ETG, RFC 7232)', () => {
  it.each([
    ['W/"3"', true],
    ['"3"', true],
    ['w/"3"', true],
    ['W/"1", W/"3"', true],
    ['"1","3"', true],
    ['*', true],
    [' * ', true],
    ['3', true],
    ['W/"2"', false],
    ['W/"33"', false],
    ['"1", "2"', false],
    ['', false],
    ['"a, 3"', false],
  ])('If-Match: %s on version W/"3" holds: %s', (header, expected) => {
    expect(includesVersion(parseEntityTags(header), 'W/"3"')).toBe(expected);
  });

  it('no tag, not even *, matches what does not exist', () => {
    expect(includesVersion('*', undefined)).toBe(false);
  });
});
