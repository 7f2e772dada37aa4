import { errorBody, ScimError } from '../../src/scim/errors.js';

describe('ScimError (RFC 7644 §3.12)', () => {
  it.each([
    [409, 'invalidFilter'],
    [400, 'uniqueness'],
    [404, 'noTarget'],
    [412, 'mutability'],
  ] as const)('refuses status %d with %s', (status, scimType) => {
    expect(() => new ScimError(status, scimType)).toThrow(RangeError);
  });

  it.each([[200], [302], [600], [400.5]])('refuses %d, which is no error', (status) => {
    expect(() => new ScimError(status)).toThrow(RangeError);
  });

  it('renders the status as text', () => {
    expect(
      errorBody(new ScimError(400, 'mutability', 'Operations[0].path: id is read-only')),
    ).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      scimType: 'mutability',
      detail: 'Operations[0].path: id is read-only',
      status: '400',
    });
  });

  it.each([[401], [404], [405], [412], [413], [501]])(
    'has a detail for %d, and no scimType',
    (status) => {
      const body = errorBody(new ScimError(status));
      expect(body).toEqual({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        detail: expect.stringMatching(/\w+/),
        status: String(status),
      });
    },
  );

  it.each(['invalidCursor', 'expiredCursor', 'invalidCount'] as const)(
    'knows %s of RFC 9865',
    (scimType) => {
      expect(new ScimError(400, scimType).detail).not.toBe('');
    },
  );
});
