import type { Decider, Recorded } from './decider.js';
import type { GroupEvent } from './events.js';
import type { ClaimId, GroupId, Instant, TeamId, UserId } from './identifiers.js';
import { MemberSet } from './member-set.js';
import { Rejection } from './rejection.js';

/** The most ids in one GroupMembersChanged: keeps an event under every store's size limit. */
const MEMBERS_PER_EVENT = 5_000;

export interface ExistingGroup {
  readonly status: 'existing';
  readonly groupId: GroupId;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly claimId: ClaimId | null;
  /** The team that it feeds. */
  readonly teamId: TeamId | null;
  /** How often it was linked to a team so far. */
  readonly timesLinked: number;
  /** An administrator unlinked it: no policy links it again. Also while a decision links it, for the day that is undone. */
  readonly keptApart: boolean;
  readonly members: MemberSet;
  /** Revision of the last event that changed what is seen of the group. */
  readonly version: number;
  readonly createdAt: Instant;
  readonly modifiedAt: Instant;
}

export type GroupState = { readonly status: 'absent' | 'deleted' } | ExistingGroup;

/** One step of a statement about members; steps apply in order. */
export type MembershipEdit = {
  readonly op: 'add' | 'remove' | 'replace';
  readonly members: readonly UserId[];
};

export interface StatedGroup {
  readonly displayName: string;
  readonly externalId: string | null;
  readonly membership: readonly MembershipEdit[];
}

export type GroupCommand =
  | {
      readonly type: 'Create';
      readonly groupId: GroupId;
      readonly claimId: ClaimId | null;
      readonly teamId: TeamId | null;
      readonly stated: StatedGroup;
    }
  /** `claimId` is the claim of the stated displayName: the present one unless the name is another. */
  | {
      readonly type: 'Synchronize';
      readonly claimId: ClaimId | null;
      readonly stated: StatedGroup;
    }
  /** `members` are those of the team who are to be in the group from now on. */
  | { readonly type: 'Link'; readonly teamId: TeamId; readonly members: readonly UserId[] }
  | { readonly type: 'Unlink'; readonly byChoice: boolean }
  /** Of those who are no users any more. */
  | { readonly type: 'DropMembers'; readonly members: readonly UserId[] }
  | { readonly type: 'Delete' }
  | { readonly type: 'FenceClaim'; readonly claimId: ClaimId };

/** @throws Rejection group-unknown */
export function requireGroup(state: GroupState): ExistingGroup {
  if (state.status !== 'existing') throw new Rejection('group-unknown');
  return state;
}

/** What the edits come to: who joins and who leaves, each named once. */
export function membershipChange(
  members: MemberSet,
  edits: readonly MembershipEdit[],
): { readonly added: readonly UserId[]; readonly removed: readonly UserId[] } {
  let replaced = false;
  let touched = new Map<UserId, boolean>();
  for (const { op, members: named } of edits) {
    if (op === 'replace') {
      replaced = true;
      touched = new Map();
    }
    for (const member of named) touched.set(member, op !== 'remove');
  }
  const added: UserId[] = [];
  const removed: UserId[] = [];
  for (const [member, present] of touched) {
    if (present && !members.has(member)) added.push(member);
    if (!present && !replaced && members.has(member)) removed.push(member);
  }
  if (replaced) {
    for (const member of members) if (touched.get(member) !== true) removed.push(member);
  }
  return { added, removed };
}

function decide(command: GroupCommand, state: GroupState): readonly GroupEvent[] {
  switch (command.type) {
    case 'Create':
      return create(command);
    case 'Synchronize':
      return synchronize(requireGroup(state), command.claimId, command.stated);
    case 'Link':
      return link(requireGroup(state), command);
    case 'Unlink': {
      const { groupId, teamId } = requireGroup(state);
      const { byChoice } = command;
      return teamId ? [{ type: 'GroupUnlinked', groupId, teamId, byChoice }] : [];
    }
    case 'DropMembers':
      return state.status === 'existing'
        ? membershipEvents(state, [{ op: 'remove', members: command.members }])
        : [];
    case 'Delete':
      return [{ type: 'GroupDeleted', groupId: requireGroup(state).groupId }];
    case 'FenceClaim':
      return [{ type: 'ClaimFenced', claimId: command.claimId }];
  }
}

function create(command: Extract<GroupCommand, { type: 'Create' }>): readonly GroupEvent[] {
  const { groupId, claimId, teamId, stated } = command;
  const { displayName, externalId, membership } = stated;
  return [
    { type: 'GroupCreated', groupId, displayName, externalId, claimId },
    ...(teamId ? [{ type: 'GroupLinked', groupId, teamId } as const] : []),
    ...membershipEvents({ groupId, members: MemberSet.empty }, membership),
  ];
}

/** @throws Rejection link-conflict: a group feeds one team */
function link(
  group: ExistingGroup,
  { teamId, members }: Extract<GroupCommand, { type: 'Link' }>,
): readonly GroupEvent[] {
  const { groupId } = group;
  if (group.teamId === teamId) return [];
  if (group.teamId) throw new Rejection('link-conflict', { team: group.teamId });
  return [
    { type: 'GroupLinked', groupId, teamId },
    ...membershipEvents(group, [{ op: 'add', members }]),
  ];
}

function synchronize(
  group: ExistingGroup,
  claimId: ClaimId | null,
  stated: StatedGroup,
): readonly GroupEvent[] {
  const { groupId } = group;
  const { displayName, externalId, membership } = stated;
  const events: GroupEvent[] = [];
  if (displayName !== group.displayName) {
    events.push({ type: 'GroupRenamed', groupId, displayName, claimId });
  }
  if (externalId !== group.externalId) {
    events.push({ type: 'GroupExternalIdChanged', groupId, externalId });
  }
  return [...events, ...membershipEvents(group, membership)];
}

function membershipEvents(
  group: Pick<ExistingGroup, 'groupId' | 'members'>,
  edits: readonly MembershipEdit[],
): readonly GroupEvent[] {
  const { groupId } = group;
  const { added, removed } = membershipChange(group.members, edits);
  const events: GroupEvent[] = [];
  let [nextAdded, nextRemoved] = [0, 0];
  while (nextAdded < added.length || nextRemoved < removed.length) {
    const leaving = removed.slice(nextRemoved, nextRemoved + MEMBERS_PER_EVENT);
    const joining = added.slice(nextAdded, nextAdded + MEMBERS_PER_EVENT - leaving.length);
    nextRemoved += leaving.length;
    nextAdded += joining.length;
    events.push({ type: 'GroupMembersChanged', groupId, added: joining, removed: leaving });
  }
  return events;
}

function evolve(state: GroupState, event: GroupEvent, recorded: Recorded): GroupState {
  if (event.type === 'GroupCreated') {
    const { groupId, displayName, externalId, claimId } = event;
    return {
      status: 'existing',
      groupId,
      displayName,
      externalId,
      claimId,
      teamId: null,
      timesLinked: 0,
      keptApart: false,
      members: MemberSet.empty,
      version: recorded.revision,
      createdAt: recorded.occurredAt,
      modifiedAt: recorded.occurredAt,
    };
  }
  if (event.type === 'ClaimFenced' || state.status !== 'existing') return state;
  const seen = { ...state, version: recorded.revision, modifiedAt: recorded.occurredAt };
  switch (event.type) {
    case 'GroupRenamed':
      return { ...seen, displayName: event.displayName, claimId: event.claimId };
    case 'GroupExternalIdChanged':
      return { ...seen, externalId: event.externalId };
    case 'GroupMembersChanged':
      return { ...seen, members: state.members.with(event.added, event.removed) };
    case 'GroupLinked':
      return { ...state, teamId: event.teamId, timesLinked: state.timesLinked + 1 };
    case 'GroupUnlinked':
      return { ...state, teamId: null, keptApart: event.byChoice };
    case 'GroupDeleted':
      return { status: 'deleted' };
  }
}

export const group: Decider<GroupState, GroupCommand, GroupEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
