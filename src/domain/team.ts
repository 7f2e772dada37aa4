import type { Decider, Recorded } from './decider.js';
import type { TeamEvent } from './events.js';
import type { GroupId, TeamId, UserId } from './identifiers.js';
import { MemberSet } from './member-set.js';
import { groupsFeedTeams, requireUnlocked, type ExistingOrganization } from './organization.js';
import { Rejection } from './rejection.js';

/** The most ids in one event: keeps it under every store's size limit. */
const MEMBERS_PER_EVENT = 5_000;

export interface ExistingTeam {
  readonly status: 'existing';
  readonly teamId: TeamId;
  readonly name: string;
  readonly archived: boolean;
  /** The groups that feed it; a team that any feeds is synced. */
  readonly groups: readonly GroupId[];
  /** Who is in it by a `manual` grant. */
  readonly members: MemberSet;
  /** Who is not in it although a group grants it. */
  readonly excluded: MemberSet;
  /** The name that its group states, where an administrator's stands in its place. */
  readonly overriddenName: string | null;
  /** Revision of the last event that changed its name. */
  readonly version: number;
  /** Where the last event stands that left it without a group: of its creation, or of its release. */
  readonly unfedSince: bigint;
}

export type TeamState = { readonly status: 'absent' | 'deleted' } | ExistingTeam;

/** What a group says about the team that it feeds. */
export interface GroupStatement {
  readonly groupId: GroupId;
  /** What the group is called, where the statement says so. */
  readonly name: string | null;
  /** What the group was called before. */
  readonly nameBefore: string;
  /** Everybody who is in the group, where the statement names all of them. */
  readonly all: MemberSet | null;
  /** Who joins the group, or is said again to be in it. */
  readonly named: readonly UserId[];
}

export type TeamCommand =
  | {
      readonly type: 'Create';
      readonly teamId: TeamId;
      readonly name: string;
      /** The group that it is made for. */
      readonly groupId: GroupId | null;
    }
  /** By an administrator. */
  | {
      readonly type: 'Rename';
      readonly organization: ExistingOrganization;
      readonly name: string;
      /** A group that feeds the team bears its name. */
      readonly stated: boolean;
    }
  /** By an administrator. */
  | { readonly type: 'Archive'; readonly organization: ExistingOrganization }
  | { readonly type: 'Restore' }
  /** By an administrator. */
  | { readonly type: 'Delete'; readonly organization: ExistingOrganization }
  | {
      readonly type: 'AddMember';
      readonly organization: ExistingOrganization;
      readonly userId: UserId;
    }
  | {
      readonly type: 'RemoveMember';
      readonly organization: ExistingOrganization;
      readonly userId: UserId;
      /** A group that feeds the team grants the membership. */
      readonly granted: boolean;
    }
  | { readonly type: 'Feed'; readonly groupId: GroupId }
  | {
      readonly type: 'Release';
      readonly groupId: GroupId;
      /** Those whom only this group kept in the team, and who are to stay. */
      readonly keep: readonly UserId[];
      /** What becomes of a team that no group feeds any more. */
      readonly then: 'stay' | 'archive' | 'delete';
    }
  | {
      readonly type: 'Follow';
      readonly organization: ExistingOrganization;
      readonly statement: GroupStatement;
    };

type Command<Type extends TeamCommand['type']> = Extract<TeamCommand, { type: Type }>;

/** @throws Rejection team-unknown */
export function requireTeam(state: TeamState): ExistingTeam {
  if (state.status !== 'existing') throw new Rejection('team-unknown');
  return state;
}

/** Whether the identity provider manages the team at present. */
export const isManaged = ({ groups }: ExistingTeam, organization: ExistingOrganization): boolean =>
  groupsFeedTeams(organization) && groups.length > 0;

/** Whether SCIM shows the team as an external group, which no group feeds and a write would link. */
export const isExternal = ({ groups, archived }: ExistingTeam): boolean =>
  groups.length === 0 && !archived;

function decide(command: TeamCommand, state: TeamState): readonly TeamEvent[] {
  if (command.type === 'Create') return create(command);
  const team = requireTeam(state);
  const { teamId } = team;
  switch (command.type) {
    case 'Rename':
      return rename(team, command);
    case 'Archive':
      requireUnlockedTeam(team, command.organization);
      return team.archived ? [] : [{ type: 'TeamArchived', teamId }];
    case 'Restore':
      return team.archived ? [{ type: 'TeamRestored', teamId }] : [];
    case 'Delete':
      requireUnlockedTeam(team, command.organization);
      return [{ type: 'TeamDeleted', teamId }];
    case 'AddMember':
      return addMember(team, command);
    case 'RemoveMember':
      return removeMember(team, command);
    case 'Feed':
      return feed(team, command.groupId);
    case 'Release':
      return release(team, command);
    case 'Follow':
      return follow(team, command);
  }
}

function create({ teamId, name, groupId }: Command<'Create'>): readonly TeamEvent[] {
  return [
    { type: 'TeamCreated', teamId, name },
    ...(groupId ? [{ type: 'TeamSynced', teamId, groupId } as const] : []),
  ];
}

function requireUnlockedTeam(team: ExistingTeam, organization: ExistingOrganization): void {
  if (isManaged(team, organization)) requireUnlocked(organization, 'teams');
}

function rename(
  team: ExistingTeam,
  { name, organization, stated }: Command<'Rename'>,
): readonly TeamEvent[] {
  const { teamId, overriddenName } = team;
  if (name === team.name) return [];
  requireUnlockedTeam(team, organization);
  const overrides = isManaged(team, organization) && stated && overriddenName === null;
  return [
    ...(overrides ? [{ type: 'TeamNameOverridden', teamId } as const] : []),
    { type: 'TeamRenamed', teamId, name },
  ];
}

/** @throws Rejection team-archived, managed-by-identity-provider */
function addMember(
  team: ExistingTeam,
  { userId, organization }: Command<'AddMember'>,
): readonly TeamEvent[] {
  const { teamId, members, excluded } = team;
  if (team.archived) throw new Rejection('team-archived');
  if (members.has(userId) && !excluded.has(userId)) return [];
  const override = isManaged(team, organization);
  if (override) requireUnlocked(organization, 'memberships');
  return [{ type: 'TeamMembersAdded', teamId, users: [userId], override }];
}

/** @throws Rejection managed-by-identity-provider */
function removeMember(
  team: ExistingTeam,
  { userId, organization, granted }: Command<'RemoveMember'>,
): readonly TeamEvent[] {
  const { teamId, members, excluded } = team;
  const excludes = granted && !excluded.has(userId);
  if (!members.has(userId) && !excludes) return [];
  if (isManaged(team, organization)) requireUnlocked(organization, 'memberships');
  const users = [userId];
  return [
    ...(members.has(userId) ? [{ type: 'TeamMembersRemoved', teamId, users } as const] : []),
    ...(excludes ? [{ type: 'TeamMembersExcluded', teamId, users } as const] : []),
  ];
}

/** @throws Rejection team-archived */
function feed(team: ExistingTeam, groupId: GroupId): readonly TeamEvent[] {
  if (team.groups.includes(groupId)) return [];
  if (team.archived) throw new Rejection('team-archived');
  return [{ type: 'TeamSynced', teamId: team.teamId, groupId }];
}

function release(team: ExistingTeam, command: Command<'Release'>): readonly TeamEvent[] {
  const { teamId, groups, members, excluded } = team;
  const { groupId, keep, then } = command;
  if (!groups.includes(groupId)) return [];
  const last = groups.length === 1;
  const staying = keep.filter((userId) => !members.has(userId) && !excluded.has(userId));
  const released = { type: 'TeamReleased', teamId, groupId } as const;
  if (last && then === 'delete') return [released, { type: 'TeamDeleted', teamId }];
  return [
    released,
    ...chunks(staying).map((users): TeamEvent => ({
      type: 'TeamMembersAdded',
      teamId,
      users,
      override: false,
    })),
    ...(last && then === 'archive' && !team.archived
      ? [{ type: 'TeamArchived', teamId } as const]
      : []),
  ];
}

/** The team follows its group's name while it bears the name that the group had. */
function follow(
  team: ExistingTeam,
  { organization, statement }: Command<'Follow'>,
): readonly TeamEvent[] {
  const { teamId, overriddenName } = team;
  const { groupId, name, nameBefore } = statement;
  const followed = name !== null && (overriddenName ?? team.name) === nameBefore ? name : null;
  const restated = followed !== null && overriddenName !== null;
  const dropped = chunks(droppedBy(team, organization, statement));
  const readmitted = chunks(readmittedBy(team, statement));
  const replacements = Math.max(dropped.length, readmitted.length, restated ? 1 : 0);
  return [
    ...(followed !== null && followed !== team.name
      ? [{ type: 'TeamRenamed', teamId, name: followed } as const]
      : []),
    ...Array.from({ length: replacements }, (_, index): TeamEvent => ({
      type: 'TeamOverridesReplaced',
      teamId,
      groupId,
      dropped: dropped[index] ?? [],
      readmitted: readmitted[index] ?? [],
      name: restated && index === 0,
    })),
  ];
}

/** A statement of everybody ends the manual grants of those whom it does not name. */
function droppedBy(
  { members }: ExistingTeam,
  { policies }: ExistingOrganization,
  { all }: GroupStatement,
): readonly UserId[] {
  if (!all || policies.manualMembers === 'keep') return [];
  return [...members].filter((userId) => !all.has(userId));
}

/** Of several groups each speaks for those whom it names; the only one speaks for everybody. */
function readmittedBy(
  { excluded, groups }: ExistingTeam,
  { all, named }: GroupStatement,
): readonly UserId[] {
  if (!all) return [...new Set(named)].filter((userId) => excluded.has(userId));
  return [...excluded].filter((userId) => all.has(userId) || groups.length === 1);
}

function chunks(users: readonly UserId[]): readonly (readonly UserId[])[] {
  const result: (readonly UserId[])[] = [];
  for (let from = 0; from < users.length; from += MEMBERS_PER_EVENT) {
    result.push(users.slice(from, from + MEMBERS_PER_EVENT));
  }
  return result;
}

function evolve(state: TeamState, event: TeamEvent, recorded: Recorded): TeamState {
  if (event.type === 'TeamCreated') return created(event, recorded);
  if (state.status !== 'existing') return state;
  const { members, excluded, groups } = state;
  switch (event.type) {
    case 'TeamRenamed':
      return { ...state, name: event.name, version: recorded.revision };
    case 'TeamNameOverridden':
      return { ...state, overriddenName: state.name };
    case 'TeamArchived':
      return { ...state, archived: true };
    case 'TeamRestored':
      return { ...state, archived: false };
    case 'TeamSynced':
      return { ...state, groups: [...groups, event.groupId] };
    case 'TeamReleased':
      return released(state, event.groupId, recorded);
    case 'TeamMembersAdded':
      return {
        ...state,
        members: members.with(event.users, []),
        excluded: excluded.with([], event.users),
      };
    case 'TeamMembersRemoved':
      return { ...state, members: members.with([], event.users) };
    case 'TeamMembersExcluded':
      return { ...state, excluded: excluded.with(event.users, []) };
    case 'TeamOverridesReplaced':
      return {
        ...state,
        members: members.with([], event.dropped),
        excluded: excluded.with([], event.readmitted),
        overriddenName: event.name ? null : state.overriddenName,
      };
    case 'TeamDeleted':
      return { status: 'deleted' };
  }
}

/** Without a group that states them there is nothing to override. */
function released(state: ExistingTeam, groupId: GroupId, { position }: Recorded): ExistingTeam {
  const groups = state.groups.filter((each) => each !== groupId);
  if (groups.length > 0) return { ...state, groups };
  const excluded = MemberSet.empty;
  return { ...state, groups, excluded, overriddenName: null, unfedSince: position };
}

function created(
  { teamId, name }: Extract<TeamEvent, { type: 'TeamCreated' }>,
  { revision, position }: Recorded,
): ExistingTeam {
  return {
    status: 'existing',
    teamId,
    name,
    archived: false,
    groups: [],
    members: MemberSet.empty,
    excluded: MemberSet.empty,
    overriddenName: null,
    version: revision,
    unfedSince: position,
  };
}

export const team: Decider<TeamState, TeamCommand, TeamEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
