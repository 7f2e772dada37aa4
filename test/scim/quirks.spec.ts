import type { JsonObject } from '../../src/scim/json.js';
import { applyPatch, patchSchema, readPatch } from '../../src/scim/patch.js';
import { quirkNames } from '../../src/scim/quirks/registry.js';
import { readResource } from '../../src/scim/resource.js';
import { groupType, userType, type ResourceType } from '../../src/scim/schema.js';

const U = 'urn:ietf:params:scim:schemas:core:2.0:User';
const G = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const E = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const marker = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';

/** The quirk, the request received and the request intended. */
type Fixture = readonly [name: string, type: ResourceType, received: object, intended: object];

const resources: Fixture[] = [
  [
    'microsoft-schema-marker',
    groupType,
    { schemas: [G, marker], displayName: 'g' },
    { schemas: [G], displayName: 'g' },
  ],
  [
    'collapsed-urn',
    userType,
    {
      schemas: [U, E.replace('2.0:User', '2.0User')],
      userName: 'b',
      [E.replace('2.0:User', '2.0User')]: { department: 'D' },
    },
    { schemas: [U, E], userName: 'b', [E]: { department: 'D' } },
  ],
  [
    'template-urn',
    userType,
    {
      schemas: ['urn:scim:schemas:core:2.0', 'urn:scim:schemas:extension:enterprise:2.0'],
      userName: 'b',
      'urn:scim:schemas:extension:enterprise:2.0': { department: 'D' },
    },
    { schemas: [U, E], userName: 'b', [E]: { department: 'D' } },
  ],
  [
    'template-urn',
    userType,
    { schemas: ['urn:scim:schemas:core:2.0:User'], userName: 'b' },
    { schemas: [U], userName: 'b' },
  ],
  [
    'legacy-core',
    userType,
    { schemas: ['urn:scim:schemas:core:1.0', U], userName: 'b' },
    { schemas: [U], userName: 'b' },
  ],
  [
    'string-boolean',
    userType,
    { schemas: [U], userName: 'b', active: 'False' },
    { schemas: [U], userName: 'b', active: false },
  ],
  [
    'string-boolean',
    userType,
    { schemas: [U], userName: 'b', emails: [{ value: 'x', primary: 'true' }] },
    { schemas: [U], userName: 'b', emails: [{ value: 'x', primary: true }] },
  ],
  [
    'bare-reference',
    userType,
    { schemas: [U], userName: 'b', [E]: { manager: '26118915' } },
    { schemas: [U], userName: 'b', [E]: { manager: { value: '26118915' } } },
  ],
  [
    'bare-reference',
    groupType,
    { schemas: [G], displayName: 'g', members: ['u1'] },
    { schemas: [G], displayName: 'g', members: [{ value: 'u1' }] },
  ],
  [
    'empty-string',
    userType,
    { schemas: [U], userName: 'b', title: '' },
    { schemas: [U], userName: 'b', title: null },
  ],
];

const operations: Fixture[] = [
  [
    'capitalized-operation',
    userType,
    { op: 'Replace', path: 'active', value: false },
    { op: 'replace', path: 'active', value: false },
  ],
  [
    'string-boolean',
    userType,
    { op: 'replace', path: 'active', value: 'False' },
    { op: 'replace', path: 'active', value: false },
  ],
  [
    'dotted-extension',
    userType,
    { op: 'add', path: `${E}.manager`, value: { value: 'm' } },
    { op: 'add', path: `${E}:manager`, value: { value: 'm' } },
  ],
  [
    'dotted-extension',
    userType,
    { op: 'add', value: { [`${E}.department`]: 'D' } },
    { op: 'add', value: { [E]: { department: 'D' } } },
  ],
  [
    'flat-keys',
    userType,
    { op: 'replace', value: { title: 'T', 'name.givenName': 'K' } },
    { op: 'replace', value: { title: 'T', name: { givenName: 'K' } } },
  ],
  [
    'wrapped-value',
    userType,
    { op: 'add', path: 'manager', value: [{ value: 'm' }] },
    { op: 'add', path: 'manager', value: { value: 'm' } },
  ],
  [
    'wrapped-value',
    userType,
    { op: 'replace', path: 'displayName', value: [{ $ref: null, value: 'D' }] },
    { op: 'replace', path: 'displayName', value: 'D' },
  ],
  [
    'wrapped-value',
    userType,
    { op: 'replace', path: 'active', value: [{ $ref: null, value: false }] },
    { op: 'replace', path: 'active', value: false },
  ],
  [
    'unwrapped-list',
    groupType,
    { op: 'add', path: 'members', value: { value: 'u9' } },
    { op: 'add', path: 'members', value: [{ value: 'u9' }] },
  ],
  [
    'bare-reference',
    userType,
    { op: 'add', path: 'manager', value: 'm' },
    { op: 'add', path: 'manager', value: { value: 'm' } },
  ],
  [
    'empty-string',
    userType,
    { op: 'replace', path: 'nickName', value: '' },
    { op: 'replace', path: 'nickName', value: null },
  ],
  [
    'valued-removal',
    groupType,
    { op: 'remove', path: 'members', value: [{ value: 'u1' }] },
    { op: 'remove', path: 'members[value eq "u1"]' },
  ],
];

const states: Record<string, JsonObject> = {
  User: { userName: 'b', nickName: 'B', active: true },
  Group: { displayName: 'g', members: [{ value: 'u1' }, { value: 'u2' }] },
};

function patched(
  type: ResourceType,
  operation: object,
  onQuirk: (name: string) => void,
): JsonObject {
  const body = { schemas: [patchSchema], Operations: [operation] };
  return applyPatch(type, states[type.name]!, readPatch(type, body, onQuirk), { id: 'x' });
}

const titled = (
  fixtures: readonly Fixture[],
): readonly (readonly [string, string, string, Fixture])[] =>
  fixtures.map((fixture) => [
    fixture[0],
    JSON.stringify(fixture[2]),
    JSON.stringify(fixture[3]),
    fixture,
  ]);

describe('quirks of a POST or PUT', () => {
  it.each(titled(resources))('%s: %s means %s', (name, _received, _intended, fixture) => {
    const [, type, received, intended] = fixture;
    const fired: string[] = [];
    const silent: string[] = [];
    expect(readResource(type, received, (quirk) => fired.push(quirk))).toEqual(
      readResource(type, intended, (quirk) => silent.push(quirk)),
    );
    expect([...new Set(fired)]).toEqual([name]);
    expect(silent).toEqual([]);
  });
});

describe('quirks of a PATCH', () => {
  it.each(titled(operations))('%s: %s means %s', (name, _received, _intended, fixture) => {
    const [, type, received, intended] = fixture;
    const fired: string[] = [];
    const silent: string[] = [];
    const state = patched(type, received, (quirk) => fired.push(quirk));
    expect(state).toEqual(patched(type, intended, (quirk) => silent.push(quirk)));
    expect(state).not.toEqual(states[type.name]);
    expect(fired).toContain(name);
    expect(silent).toEqual([]);
  });

  it.each(quirkNames)('%s has a fixture', (name) => {
    expect([...resources, ...operations].map(([fixture]) => fixture)).toContain(name);
  });
});
