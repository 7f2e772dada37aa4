import fc from 'fast-check';
import type { GroupId, OrganizationId, UserId } from '../../src/domain/identifiers.js';
import { ScimError } from '../../src/scim/errors.js';
import { parseFilter, type Filter } from '../../src/scim/filter.js';
import type { JsonObject, JsonValue } from '../../src/scim/json.js';
import { readResource } from '../../src/scim/resource.js';
import type { Attribute, ResourceType } from '../../src/scim/schema.js';
import { groupType, userType } from '../../src/scim/schema.js';
import type { Fact } from './read-side.js';

/** What tells comparisons apart: letter case, folding, wildcards, quoting, the order of code points. */
export const tellingWords: readonly string[] = [
  ...['a', 'A', 'ab', 'b', 'B', 'true', 'work', 'ß', 'SS', 'Σς', 'ﬁ', 'İ', 'ı', 'é', 'e\u0301'],
  ...[
    '%',
    '_',
    'a%b',
    'axb',
    'a_b',
    '\\',
    'a\\%b',
    "'",
    '"',
    "' OR 1=1 --",
    '$1',
    ' ',
    '\n',
    '\u007f',
  ],
  ...['\ud7ff', '\ue000', '\ufffd', '\uffff', '\u{10000}', '😀', '😀b', 'a😀', '\u{10ffff}'],
  ...['2026-01-01T00:00:00Z', '2026-01-01T01:00:01.5+01:00', '1', ''],
];

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...tellingWords) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }).filter((text) => !text.includes('\0')),
  },
);

function valueOf(attribute: Attribute): fc.Arbitrary<JsonValue> {
  const single = (): fc.Arbitrary<JsonValue> => {
    switch (attribute.type) {
      case 'boolean':
        return fc.boolean();
      case 'binary':
        return fc.constantFrom('TQ==', 'TWFu', 'tWFU');
      case 'complex':
        return objectOf(attribute.subAttributes ?? []);
      default:
        return attribute.name === 'type' ? fc.constantFrom('work', 'Work', 'home') : word;
    }
  };
  return attribute.multiValued ? fc.array(single(), { maxLength: 3 }) : single();
}

function objectOf(attributes: readonly Attribute[]): fc.Arbitrary<JsonObject> {
  const writable = attributes.filter(
    ({ mutability, required, name }) =>
      mutability !== 'readOnly' && !required && name !== 'members' && name !== 'primary',
  );
  const members = writable.map((attribute) => [attribute.name, valueOf(attribute)] as const);
  return fc.record(Object.fromEntries(members), {
    requiredKeys: [],
  }) as fc.Arbitrary<JsonObject>;
}

/** Resources without members, as a client may state them. */
export function attributesOf(type: ResourceType): fc.Arbitrary<JsonObject> {
  const extensions = type.extensions.map(
    ({ schema }) => [schema.id, objectOf(schema.attributes)] as const,
  );
  const name = word.map((text) => text || 'x');
  return fc
    .tuple(objectOf(type.attributes), fc.record(Object.fromEntries(extensions)), name, fc.nat(9))
    .map(([core, extended, text, primary]) => {
      const body = { ...core, ...extended, userName: text, displayName: text };
      return readResource(type, { ...withPrimary(body, primary), schemas: [type.schema.id] });
    });
}

/** Marks one element of each list as its primary value, where there are that many. */
function withPrimary(body: JsonObject, place: number): JsonObject {
  const entries = Object.entries(body).map(([key, value]): [string, JsonValue] => {
    if (!Array.isArray(value)) return [key, value];
    const marked = value.map((each: JsonObject, i) => {
      if (i === place) return { ...each, primary: true };
      return place % 2 === 0 ? { ...each, primary: false } : each;
    });
    return [key, marked];
  });
  return Object.fromEntries(entries);
}

export const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'] as const;
const literal = fc.oneof(
  { weight: 6, arbitrary: word.map((text) => JSON.stringify(text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('true', 'false', 'null', '"direct"', '"User"', '"W/\\"0\\""'),
  },
  { weight: 1, arbitrary: fc.nat(11).map((n) => JSON.stringify(userIdOf(n))) },
  { weight: 1, arbitrary: fc.nat(5).map((n) => JSON.stringify(groupIdOf(n))) },
  {
    weight: 1,
    arbitrary: fc.nat(5).map((n) => JSON.stringify(`${baseUrl}/Groups/${groupIdOf(n)}`)),
  },
);

function testOf(names: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), literal)
    .map(([path, operator, value]) =>
      operator === 'pr' ? `${path} pr` : `${path} ${operator} ${value}`,
    );
}

const nested = (leaf: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter'))
          .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
      },
      { weight: 1, arbitrary: tie('filter').map((a) => `not (${a})`) },
    ),
  })).filter;

/** Every attribute of the type as a path, without those that no filter may name. */
export function pathsOf(type: ResourceType): readonly string[] {
  const below = (prefix: string, attributes: readonly Attribute[]): readonly string[] =>
    attributes
      .filter(({ returned }) => returned !== 'never')
      .flatMap(({ name, subAttributes = [] }) => [
        `${prefix}${name}`,
        ...subAttributes.map((sub) => `${prefix}${name}.${sub.name}`),
      ]);
  return [
    ...below('', type.attributes),
    ...type.extensions.flatMap(({ schema }) => below(`${schema.id}:`, schema.attributes)),
  ];
}

function valuePathOf(attribute: Attribute): fc.Arbitrary<string> {
  const names = (attribute.subAttributes ?? []).map(({ name }) => name);
  return nested(testOf(names)).map((inner) => `${attribute.name}[${inner}]`);
}

/** Filters of every shape on every attribute; each parses. */
function filterTextOf(type: ResourceType): fc.Arbitrary<string> {
  const lists = type.attributes.filter(
    ({ multiValued, type: kind }) => multiValued && kind === 'complex',
  );
  const leaf = fc.oneof(
    { weight: 3, arbitrary: testOf(pathsOf(type)).filter((text) => parses(type, text)) },
    {
      weight: 2,
      arbitrary: fc.oneof(...lists.map(valuePathOf)).filter((text) => parses(type, text)),
    },
  );
  return nested(leaf);
}

function parses(type: ResourceType, text: string): boolean {
  try {
    return Boolean(parseFilter(type, text));
  } catch (error) {
    if (error instanceof ScimError) return false;
    throw error;
  }
}

export const baseUrl = 'https://example.com/scim/v2/acme';
export const userIdOf = (n: number): UserId =>
  `00000000-0000-7000-8000-0000000000${String(n).padStart(2, '0')}` as UserId;
export const groupIdOf = (n: number): GroupId =>
  `00000000-0000-7000-8000-0000000001${String(n).padStart(2, '0')}` as GroupId;

export interface RandomDirectory {
  readonly users: readonly JsonObject[];
  readonly groups: readonly JsonObject[];
  /** For each group the users in it, by place. */
  readonly members: readonly (readonly number[])[];
}

export const randomDirectory: fc.Arbitrary<RandomDirectory> = fc.record({
  users: fc.array(attributesOf(userType), { minLength: 1, maxLength: 12, size: 'max' }),
  groups: fc.array(attributesOf(groupType), { minLength: 1, maxLength: 5, size: 'max' }),
  members: fc.array(fc.array(fc.nat(11), { maxLength: 6 }), { minLength: 5, maxLength: 5 }),
});

export const userFilters = fc.array(filterTextOf(userType), {
  minLength: 1,
  maxLength: 25,
  size: 'max',
});
export const groupFilters = fc.array(filterTextOf(groupType), {
  minLength: 1,
  maxLength: 25,
  size: 'max',
});
export const parsed = (type: ResourceType, text: string): Filter => parseFilter(type, text);

/** The directory's history: SCIM on, users, groups, members. */
export function factsOfDirectory(
  { users, groups, members }: RandomDirectory,
  organization: OrganizationId,
): readonly Fact[] {
  const fact = (stream: string, event: Fact['event']): Fact => ({ stream, organization, event });
  const provisioned = users.map((attributes, n) => {
    const { userName, active, ...profile } = attributes;
    const userId = userIdOf(n);
    return fact(`user-${organization}-${userId}`, {
      type: 'UserProvisioned',
      userId,
      active: active !== false,
      claimId: 'claim' as never,
      personal: { userName: userName as string, profile },
    });
  });
  const created = groups.flatMap(({ displayName, externalId = null }, n) => {
    const groupId = groupIdOf(n);
    const stream = `group-${organization}-${groupId}`;
    const added = membersOf({ users, groups, members }, n);
    return [
      fact(stream, {
        type: 'GroupCreated',
        groupId,
        displayName: displayName as string,
        externalId: externalId as string | null,
        claimId: null,
      }),
      fact(stream, { type: 'GroupMembersChanged', groupId, added, removed: [] }),
    ];
  });
  const enabled = { type: 'SyncEnabled', organization } as const;
  return [fact(`organization-${organization}`, enabled), ...provisioned, ...created];
}

/** The members of the group at that place. */
export function membersOf({ users, members }: RandomDirectory, group: number): readonly UserId[] {
  const places = new Set((members[group] ?? []).filter((place) => place < users.length));
  return [...places].map(userIdOf).sort();
}
