import type { ExistingGroup, MembershipEdit, StatedGroup } from '../domain/group.js';
import type { UserId } from '../domain/identifiers.js';
import type { ProvisionedUser, StatedUser } from '../domain/user.js';
import type { Filter } from '../scim/filter.js';
import { isList, isObject, type JsonValue } from '../scim/json.js';
import { applyPatch, type PatchOperation } from '../scim/patch.js';
import type { Attributes } from '../scim/resource.js';
import { groupType } from '../scim/schema.js';

/*
 * Where the words of SCIM become the words of the domain and back. The schema has made sure of the types: what is no
 * text here was never stated.
 */

export function statedUser(attributes: Attributes): StatedUser {
  const { userName, active, ...profile } = attributes;
  return { userName: textOf(userName) ?? '', active: active !== false, profile };
}

export function userAttributes({ userName, active, profile }: ProvisionedUser): Attributes {
  return { userName, active, ...profile };
}

export function statedGroup(attributes: Attributes): StatedGroup {
  const members = memberIds(attributes['members']);
  return { ...named(attributes), membership: [{ op: 'replace', members }] };
}

/** What a request says of a group by itself; everything else it leaves as it is. */
export interface GroupScope {
  readonly name: boolean;
  /** Everybody who is in the group. */
  readonly all: boolean;
  /** Who is in the group, whoever else is. */
  readonly named: readonly UserId[];
}

/** What PUT speaks about. RFC 7644 §3.5.1 */
export const wholeGroup: GroupScope = { name: true, all: true, named: [] };

/** What a PATCH speaks about: to replace all members, or to remove all, says who is in the group. */
export function patchedScope(operations: readonly PatchOperation[]): GroupScope {
  const about = (name: string): readonly PatchOperation[] =>
    operations.filter(({ path }) => path.target.attribute.name === name);
  const members = about('members').filter(
    ({ path }) => path.filter === undefined && path.target.subAttribute === undefined,
  );
  return {
    name: about('displayName').length > 0,
    all: members.some(({ op }) => op !== 'add'),
    named: members.flatMap(({ op, value }) => (op === 'add' ? memberIds(value) : [])),
  };
}

/** Without members, which are not copied for an answer that may not need them. */
export function groupAttributes({ displayName, externalId }: ExistingGroup): Attributes {
  return { ...(externalId === null ? {} : { externalId }), displayName };
}

/**
 * What the group is to be after the operations. Members are edited as a set, without building the list of them: a
 * group of 100,000 gains one as fast as an empty one. Operations that look into members otherwise see the whole list.
 */
export function patchedGroup(
  current: ExistingGroup,
  operations: readonly PatchOperation[],
): StatedGroup {
  const membership: MembershipEdit[] = [];
  const others: PatchOperation[] = [];
  for (const operation of operations) {
    if (operation.path.target.attribute.name !== 'members') {
      others.push(operation);
      continue;
    }
    const edit = membershipEdit(operation);
    if (!edit) return patchedWithMembers(current, operations);
    membership.push(edit);
  }
  const attributes = groupAttributes(current);
  const context = { id: current.groupId };
  return { ...named(applyPatch(groupType, attributes, others, context)), membership };
}

function patchedWithMembers(
  current: ExistingGroup,
  operations: readonly PatchOperation[],
): StatedGroup {
  const members = [...current.members].sort().map((value) => ({ value, type: 'User' }));
  const attributes = { ...groupAttributes(current), ...(members.length > 0 ? { members } : {}) };
  return statedGroup(applyPatch(groupType, attributes, operations, { id: current.groupId }));
}

/** @returns undefined for an operation that needs to see the members */
function membershipEdit({ op, path, value }: PatchOperation): MembershipEdit | undefined {
  const { filter, target } = path;
  if (target.subAttribute) return undefined;
  if (op !== 'remove') return filter ? undefined : { op, members: memberIds(value) };
  if (!filter) return { op: 'replace', members: [] };
  const members = idsNamed(filter);
  return members && { op, members };
}

/** The ids in `value eq "a"` or `value eq "a" or value eq "b" …`; undefined for any other filter. */
function idsNamed(filter: Filter): readonly UserId[] | undefined {
  if (filter.kind === 'or') {
    const ids = filter.operands.map(idsNamed);
    return ids.every((each) => each !== undefined) ? ids.flat() : undefined;
  }
  const named =
    filter.kind === 'compare' &&
    filter.operator === 'eq' &&
    filter.path.attribute.name === 'value' &&
    !filter.path.subAttribute;
  return named ? [String(filter.value) as UserId] : undefined;
}

function memberIds(members: JsonValue | undefined): readonly UserId[] {
  if (!isList(members)) return [];
  return members.flatMap((member) => {
    const id = isObject(member) ? textOf(member['value']) : undefined;
    return id === undefined ? [] : [id as UserId];
  });
}

function named(attributes: Attributes): Omit<StatedGroup, 'membership'> {
  const { displayName, externalId } = attributes;
  return { displayName: textOf(displayName) ?? '', externalId: textOf(externalId) ?? null };
}

const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
