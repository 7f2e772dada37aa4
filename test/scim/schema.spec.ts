import {
  attributeNamed,
  commonAttributes,
  schemaDocuments,
  schemaNamed,
  userType,
  groupType,
  type Attribute,
} from '../../src/scim/schema.js';

const withSubAttributes = (attribute: Attribute): readonly Attribute[] => [
  attribute,
  ...(attribute.subAttributes ?? []),
];

const every = [
  ...schemaDocuments.flatMap(({ id, attributes }) =>
    attributes.flatMap(withSubAttributes).map((attribute) => ({ id, attribute })),
  ),
  ...commonAttributes.flatMap(withSubAttributes).map((attribute) => ({ id: 'common', attribute })),
];

/** Every attribute of users and groups that the three schemas of RFC 7643 §8.7.1 define, with its path. */
const named = [userType.schema, groupType.schema, ...userType.extensions.map((e) => e.schema)]
  .flatMap(({ attributes }) => attributes)
  .flatMap((attribute) => [
    { path: attribute.name, attribute },
    ...(attribute.subAttributes ?? []).map((sub) => ({
      path: `${attribute.name}.${sub.name}`,
      attribute: sub,
    })),
  ]);

describe('schema documents (DISC-13)', () => {
  it.each(every)('$id gives all characteristics of $attribute.name', ({ attribute }) => {
    expect(attribute).toEqual({
      name: expect.stringMatching(/^(\$ref|[a-zA-Z0-9]+)$/),
      description: expect.stringMatching(/\.$/),
      type: expect.stringMatching(
        /^(string|boolean|decimal|integer|dateTime|binary|reference|complex)$/,
      ),
      multiValued: expect.any(Boolean),
      required: expect.any(Boolean),
      caseExact: expect.any(Boolean),
      mutability: expect.stringMatching(/^(readOnly|readWrite|immutable|writeOnly)$/),
      returned: expect.stringMatching(/^(always|never|default|request)$/),
      uniqueness: expect.stringMatching(/^(none|server|global)$/),
      ...(attribute.canonicalValues && { canonicalValues: expect.any(Array) }),
      ...(attribute.type === 'complex' && { subAttributes: expect.any(Array) }),
      ...(attribute.type === 'reference' && { referenceTypes: expect.any(Array) }),
    });
  });

  it.each([
    ['id', { caseExact: true, returned: 'always', mutability: 'readOnly' }],
    ['externalId', { caseExact: true, mutability: 'readWrite', uniqueness: 'none' }],
    ['userName', { required: true, caseExact: false, uniqueness: 'server' }],
    ['password', { mutability: 'writeOnly', returned: 'never' }],
    ['groups', { mutability: 'readOnly' }],
    ['meta', { mutability: 'readOnly', returned: 'default' }],
  ])('a user has %s with the characteristics of RFC 7643 (DISC-14)', (name, expected) => {
    expect(userType.attributes.find((attribute) => attribute.name === name)).toMatchObject(
      expected,
    );
  });

  it('says that the displayName of a group is unique, as the server by default sees to', () => {
    expect(attributeNamed(groupType.attributes, 'displayName')).toMatchObject({
      required: true,
      uniqueness: 'server',
    });
  });

  it.each(named)(
    '$path is caseExact exactly where RFC 7643 §2.3.6, §2.3.7 or §3.1 has it so',
    ({ path, attribute }) => {
      const literal = attribute.type === 'reference' || attribute.type === 'binary';
      const issuedId = ['groups.value', 'members.value'].includes(path);
      expect(attribute.caseExact).toBe(literal || issuedId);
    },
  );

  it.each(['emails', 'addresses'])('names the usual types of %s (DISC-15)', (name) => {
    const attribute = userType.attributes.find((known) => known.name === name);
    const type = attribute?.subAttributes?.find((sub) => sub.name === 'type');
    expect(type?.canonicalValues).toEqual(['work', 'home', 'other']);
  });

  it('finds a schema by its URN in any letter case (DISC-11)', () => {
    expect(schemaNamed('URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:GROUP')).toBe(groupType.schema);
  });

  it('knows no other schema (DISC-12)', () => {
    expect(schemaNamed('urn:unknown')).toBeUndefined();
  });
});
