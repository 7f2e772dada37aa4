import fc from 'fast-check';
import { groupAttributes, patchedGroup, statedGroup } from '../../src/commands/scim-translation.js';
import { membershipChange, type ExistingGroup, type StatedGroup } from '../../src/domain/group.js';
import type { GroupId, UserId } from '../../src/domain/identifiers.js';
import { MemberSet } from '../../src/domain/member-set.js';
import { ScimError } from '../../src/scim/errors.js';
import type { JsonObject } from '../../src/scim/json.js';
import { applyPatch, patchSchema, readPatch, type PatchOperation } from '../../src/scim/patch.js';
import { groupType } from '../../src/scim/schema.js';

const id = '00000000-0000-7000-8000-000000000001' as GroupId;
const member = fc.constantFrom('a', 'b', 'c', 'A', 'x"y', 'd');
const value = fc.array(
  member.map((each) => ({ value: each, type: 'User' })),
  { maxLength: 3 },
);
const equal = member.map((each) => `value eq ${JSON.stringify(each)}`);
const filter = fc.oneof(
  equal,
  fc.tuple(equal, equal).map(([a, b]) => `${a} or ${b}`),
  fc.tuple(equal, equal).map(([a, b]) => `${a} and ${b}`),
  equal.map((each) => `not (${each})`),
  fc.constantFrom('value sw "a"', 'value ne "a"', 'value pr', 'type eq "User"', 'value gt "a"'),
);
const op = fc.constantFrom('add', 'replace', 'remove');
const operation = fc.oneof(
  fc.record({ op, path: fc.constantFrom('members', 'MEMBERS'), value }),
  fc.record({ op: fc.constant('remove'), path: fc.constant('members') }),
  fc.record({ op: fc.constant('remove'), path: filter.map((each) => `members[${each}]`) }),
  fc.record({
    op: fc.constantFrom('add', 'replace'),
    path: filter.map((each) => `members[${each}]`),
    value: member.map((each) => ({ value: each, type: 'User' })),
  }),
  fc.record({ op, path: filter.map((each) => `members[${each}].value`), value: member }),
  fc.record({ op: fc.constantFrom('add', 'replace'), value: fc.record({ members: value }) }),
  fc.record({
    op,
    path: fc.constantFrom('displayName', 'externalId'),
    value: fc.constantFrom('Engineers', 'Builders', null),
  }),
  fc.record({
    op: fc.constant('replace'),
    value: fc.record({ id: fc.constantFrom<string>(id, 'other'), displayName: fc.constant('One') }),
  }),
) as fc.Arbitrary<JsonObject>;

const readable = fc
  .array(operation, { minLength: 1, maxLength: 5 })
  .map((given): readonly PatchOperation[] | undefined => {
    try {
      return readPatch(groupType, { schemas: [patchSchema], Operations: given });
    } catch (error) {
      if (error instanceof ScimError) return undefined;
      throw error;
    }
  })
  .filter((operations) => operations !== undefined);

const present = fc.uniqueArray(member, { maxLength: 5 });

const groupOf = (members: readonly string[]): ExistingGroup => ({
  status: 'existing',
  groupId: id,
  displayName: 'Engineers',
  externalId: null,
  claimId: null,
  teamId: null,
  timesLinked: 0,
  keptApart: false,
  members: MemberSet.empty.with(members as readonly UserId[], []),
  version: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  modifiedAt: '2026-01-01T00:00:00.000Z',
});

/** What the group comes to, or the kind of refusal. */
function outcome(current: ExistingGroup, state: () => StatedGroup) {
  try {
    const { membership, displayName, externalId } = state();
    const { added, removed } = membershipChange(current.members, membership);
    const members = [...current.members.with(added, removed)].sort();
    return { displayName, externalId, members };
  } catch (error) {
    if (error instanceof ScimError) return { refused: error.scimType };
    throw error;
  }
}

describe('a patched group', () => {
  it('is what the patch engine makes of the whole list of members', () => {
    fc.assert(
      fc.property(present, readable, (members, operations) => {
        const current = groupOf(members);
        const listed = [...current.members].sort().map((each) => ({ value: each, type: 'User' }));
        const attributes = {
          ...groupAttributes(current),
          ...(listed.length > 0 && { members: listed }),
        };
        const expected = outcome(current, () =>
          statedGroup(applyPatch(groupType, attributes, operations, { id })),
        );
        expect(outcome(current, () => patchedGroup(current, operations))).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gains a member without a look at the 100,000 that it has', () => {
    const many = groupOf(Array.from({ length: 100_000 }, (_, i) => `member-${i}`));
    const [operations] = [
      readPatch(groupType, {
        schemas: [patchSchema],
        Operations: [{ op: 'add', path: 'members', value: [{ value: 'new' }] }],
      }),
    ];
    expect(patchedGroup(many, operations).membership).toEqual([{ op: 'add', members: ['new'] }]);
  });
});
