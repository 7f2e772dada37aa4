import fc from 'fast-check';
import { ScimError } from '../../src/scim/errors.js';
import { parseFilter } from '../../src/scim/filter.js';
import { deepEqual, type JsonObject, type JsonValue } from '../../src/scim/json.js';
import { applyPatch, patchSchema, readPatch } from '../../src/scim/patch.js';
import { readResource, renderResource } from '../../src/scim/resource.js';
import { groupType, userType, type Attribute, type ResourceType } from '../../src/scim/schema.js';

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((s) => !s.includes('\0'));

function valueOf(attribute: Attribute): fc.Arbitrary<JsonValue> {
  switch (attribute.type) {
    case 'boolean':
      return fc.boolean();
    case 'binary':
      return fc.constantFrom('TQ==', 'TWFu');
    case 'complex':
      return objectOf(attribute.subAttributes ?? []);
    default:
      return attribute.name === 'type' ? fc.constantFrom('work', 'home', 'other') : text;
  }
}

/** Values as a client may send them, driven by the schema. */
function objectOf(attributes: readonly Attribute[]): fc.Arbitrary<JsonObject> {
  const writable = attributes.filter(({ mutability }) => mutability !== 'readOnly');
  const members = writable.map((attribute): [string, fc.Arbitrary<JsonValue>] => {
    const value = valueOf(attribute);
    return [attribute.name, attribute.multiValued ? listOf(value) : value];
  });
  return fc.record(Object.fromEntries(members), {
    requiredKeys: writable.filter(({ required }) => required).map(({ name }) => name),
  });
}

const listOf = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> =>
  fc.array(value, { maxLength: 4 }).map((values) => {
    let taken = false;
    return values.map((element) => {
      const object = element as JsonObject;
      const primary = object['primary'] === true && !taken;
      taken ||= primary;
      return 'primary' in object ? { ...object, primary } : object;
    });
  });

const bodyOf = (type: ResourceType): fc.Arbitrary<JsonObject> => {
  const extensions = type.extensions.map(({ schema }) => [schema.id, objectOf(schema.attributes)]);
  const extended = fc.record(Object.fromEntries(extensions), { requiredKeys: [] });
  return fc
    .tuple(objectOf(type.attributes), extended)
    .map(([core, rest]) => ({ schemas: [type.schema.id], ...core, ...rest }));
};

const request = (...operations: object[]): JsonObject =>
  ({ schemas: [patchSchema], Operations: operations }) as JsonObject;

const contentOf = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'schemas'));

const types = [userType, groupType].map((type) => ({ type, name: type.name }));

describe.each(types)('laws of a $name', ({ type }) => {
  const body = bodyOf(type);
  const bare = (given: JsonObject): JsonObject =>
    readResource(type, {
      schemas: [type.schema.id],
      userName: given['userName'] ?? 'x',
      displayName: given['displayName'] ?? 'x',
    });

  it('what is rendered reads as what was read', () => {
    const identity = { id: 'i', created: 'c', lastModified: 'l', version: 'v', location: 'u' };
    fc.assert(
      fc.property(body, (given) => {
        const attributes = readResource(type, given);
        const wire = JSON.parse(JSON.stringify(renderResource(type, attributes, identity)));
        expect(readResource(type, wire)).toEqual(attributes);
      }),
    );
  });

  it.each(['add', 'replace'])('%s of the content onto an empty resource equals its POST', (op) => {
    fc.assert(
      fc.property(body, (given) => {
        const stripped = Object.fromEntries(
          Object.entries(bare(given)).filter(
            ([key]) => key !== 'displayName' || type === groupType,
          ),
        );
        const operations = readPatch(type, request({ op, value: contentOf(given) }));
        const patched = applyPatch(type, stripped, operations, { id: 'i' });
        expect(patched).toEqual(readResource(type, given));
      }),
    );
  });

  it('operations with paths reach the state of one operation without', () => {
    fc.assert(
      fc.property(body, (given) => {
        const content = contentOf(given);
        const one = readPatch(type, request({ op: 'replace', value: content }));
        const paths = Object.entries(content).map(([path, value]) => ({
          op: 'replace',
          path,
          value,
        }));
        const many = readPatch(type, request(...paths));
        const start = bare({});
        expect(applyPatch(type, start, many, { id: 'i' })).toEqual(
          applyPatch(type, start, one, { id: 'i' }),
        );
      }),
    );
  });

  it('replace applied twice changes nothing the second time', () => {
    fc.assert(
      fc.property(body, body, (before, given) => {
        const operations = readPatch(type, request({ op: 'replace', value: contentOf(given) }));
        const once = applyPatch(type, readResource(type, before), operations, { id: 'i' });
        expect(applyPatch(type, once, operations, { id: 'i' })).toBe(once);
      }),
    );
  });

  it('add applied twice changes nothing the second time', () => {
    fc.assert(
      fc.property(body, body, (before, given) => {
        const operations = readPatch(type, request({ op: 'add', value: contentOf(given) }));
        const once = applyPatch(type, readResource(type, before), operations, { id: 'i' });
        expect(applyPatch(type, once, operations, { id: 'i' })).toBe(once);
      }),
    );
  });

  it('the result of a PATCH is canonical: it reads as itself', () => {
    fc.assert(
      fc.property(body, body, fc.constantFrom('add', 'replace'), (before, given, op) => {
        const operations = readPatch(type, request({ op, value: contentOf(given) }));
        const after = applyPatch(type, readResource(type, before), operations, { id: 'i' });
        const again = readResource(type, { schemas: [type.schema.id], ...after });
        expect(JSON.stringify(again)).toBe(JSON.stringify(after));
      }),
    );
  });
});

describe('arbitrary JSON is read or refused with a ScimError', () => {
  const path = fc.oneof(
    fc.constantFrom('emails', 'name', 'emails[type eq "work"].value', 'manager', 'members', 'id'),
    fc.string({ unit: 'binary' }),
  );
  const name = fc.constantFrom(
    'userName',
    'name',
    'emails',
    'active',
    'manager',
    'meta',
    'members',
    '__proto__',
  );
  const json = fc.jsonValue({ maxDepth: 4 });
  const object = fc.dictionary(fc.oneof(name, fc.string()), json);
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'Replace', 'remove', 'x'),
      path: fc.oneof(path, json),
      value: fc.oneof(json, object),
    },
    { requiredKeys: [] },
  );

  function onlyScimErrors(read: () => unknown): void {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(ScimError);
    }
  }

  it('as a resource', () => {
    fc.assert(
      fc.property(fc.oneof(json, object), (body) => {
        onlyScimErrors(() => readResource(userType, body));
        onlyScimErrors(() =>
          readResource(userType, { schemas: [userType.schema.id], userName: 'b', ...Object(body) }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('as a PATCH', () => {
    const state = { userName: 'b', active: true, emails: [{ value: 'x', type: 'work' }] };
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 3 }), (operations) => {
        onlyScimErrors(() =>
          applyPatch(userType, state, readPatch(userType, request(...operations)), { id: 'i' }),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('as a filter', () => {
    const word = fc.constantFrom(
      'userName',
      'eq',
      '"a"',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      'pr',
      'emails',
      '.value',
      '1',
      'null',
    );
    const filter = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
      fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(filter, (given) => onlyScimErrors(() => parseFilter(userType, given))),
      { numRuns: 2_000 },
    );
  });
});

describe('deepEqual', () => {
  it('is blind to the order of lists and of members, and to nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 2 })), (values) => {
        const list = values as JsonValue[];
        expect(deepEqual(list, [...list].reverse())).toBe(true);
        expect(deepEqual(list, [...list, 'more'])).toBe(false);
      }),
    );
  });

  it.each([
    [{ a: 1, b: [1, 2] }, { b: [2, 1], a: 1 }, true],
    [[1, 1, 2], [1, 2, 2], false],
    [{ a: undefined }, {}, false],
    ['1', 1, false],
    [[], {}, false],
    [null, undefined, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(deepEqual(a as JsonValue, b as JsonValue)).toBe(expected);
  });
});
