import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  group,
  membershipChange,
  requireGroup,
  type ExistingGroup,
  type GroupState,
  type StatedGroup,
} from '../domain/group.js';
import type { GroupEvent } from '../domain/events.js';
import type { GroupId, OrganizationId, TeamId, UserId } from '../domain/identifiers.js';
import { grantsCount, groupsFeedTeams, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import {
  isExternal,
  team,
  type ExistingTeam,
  type GroupStatement,
  type TeamState,
} from '../domain/team.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { GroupFolds, TeamFolds } from './folds.js';
import type { CommandContext, Position } from './messages.js';
import type { GroupScope } from './scim-translation.js';
import { groupStream, teamIdOf, teamStream } from './streams.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** The team that a group is to feed: one that exists, or a new one. */
export type LinkTarget = Loaded<ExistingTeam> | 'new';

/** What becomes of a team whose group leaves it, and of those whom only this group kept in it. */
export interface Departure {
  readonly then: 'stay' | 'archive' | 'delete';
  readonly keepMembers: boolean;
}

/** A group that gives nothing to its team leaves it to those who do. */
const resting: Departure = { then: 'stay', keepMembers: false };

/**
 * What groups and the teams that they feed tell each other. A link stands in both streams. Where the appends come one
 * by one the team goes first: its revision decides which of several groups is the one of its name. What breaks off is
 * completed by repeating it, or else by the policy reactor: see broken-links.ts.
 */
@Injectable()
export class TeamLinks {
  constructor(
    private readonly model: WriteModel,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /** Where a group leads by policy; null: nowhere, or an administrator is to decide. */
  async target(
    organization: ExistingOrganization,
    groupId: GroupId,
    displayName: string,
  ): Promise<LinkTarget | null> {
    if (!groupsFeedTeams(organization)) return null;
    const migrated = organization.teamSync.migrated?.links.find((link) => link.groupId === groupId);
    if (migrated) return this.open(organization.organization, migrated.teamId);
    const { groupMapping } = organization.policies;
    switch (groupMapping) {
      case 'create':
        return 'new';
      case 'strict':
        return null;
      case 'ask': {
        const [clash] = await this.externalNamed(organization.organization, displayName);
        return clash ? null : 'new';
      }
      case 'link-by-name': {
        const [only, second] = await this.externalNamed(organization.organization, displayName);
        return second ? null : (only ?? 'new');
      }
    }
  }

  /** The team, of those that may say already that the group feeds them, to which a link is to be completed. */
  async begun(
    organization: OrganizationId,
    groupId: GroupId,
    candidates: readonly TeamId[],
  ): Promise<Loaded<ExistingTeam> | undefined> {
    const teams = await Promise.all(candidates.map((id) => this.open(organization, id)));
    return teams.find((each) => each?.state.groups.includes(groupId)) ?? undefined;
  }

  /** Links the group. @returns null when it is linked already */
  async link(
    organization: OrganizationId,
    loaded: Loaded<GroupState>,
    target: LinkTarget,
    seeds: readonly UserId[],
    context: CommandContext,
  ): Promise<Position | null> {
    const current = requireGroup(loaded.state);
    const fed =
      target === 'new'
        ? await this.newTeam(organization, current)
        : this.fed(target, current.groupId);
    const events = linked(current, fed.teamId, seeds, fed.append.events.length > 0);
    const grouped = { stream: loaded.stream, revision: loaded.revision, events };
    const plans = [fed.append, grouped].filter((plan) => plan.events.length > 0);
    if (plans.length === 0) return null;
    const committed = await this.model.commit(organization, context, plans, current.modifiedAt);
    this.groups.keep(this.model.advance(group, loaded, events, committed));
    return committed.position;
  }

  /** The append by which a team that exists is fed by the group. @throws Rejection team-archived */
  fed(
    { stream, revision, state }: Loaded<ExistingTeam>,
    groupId: GroupId,
  ): { readonly teamId: TeamId; readonly append: PlannedAppend } {
    const events = team.decide({ type: 'Feed', groupId }, state);
    return { teamId: state.teamId, append: { stream, revision, events } };
  }

  /** What a statement of the group changes in the team that it feeds: often nothing. */
  async follow(
    organization: ExistingOrganization,
    current: ExistingGroup,
    stated: StatedGroup,
    scope: GroupScope,
  ): Promise<readonly PlannedAppend[]> {
    const { teamId, groupId } = current;
    if (!teamId || !groupsFeedTeams(organization)) return [];
    if (!scope.name && stated.membership.length === 0) return [];
    const loaded = await this.teams.load(teamStream(organization.organization, teamId));
    const { state, stream, revision } = loaded;
    // One that somebody has begun to part with the group is its team no more: see broken-links.ts.
    if (state.status !== 'existing' || !state.groups.includes(groupId)) return [];
    const statement = groupStatement(current, stated, scope);
    const events = team.decide({ type: 'Follow', organization, statement }, state);
    return events.length > 0 ? [{ stream, revision, events }] : [];
  }

  /** The append by which the group feeds its team no more; none where it feeds none. */
  async release(
    organization: ExistingOrganization,
    { groupId, teamId, members }: ExistingGroup,
    departure: Departure,
  ): Promise<readonly PlannedAppend[]> {
    if (!teamId) return [];
    const id = organization.organization;
    const loaded = await this.teams.load(teamStream(id, teamId));
    const { state, stream, revision } = loaded;
    if (state.status !== 'existing') return [];
    const others = await this.feeding(id, state, groupId);
    // Of several groups one that is deleted takes along what it granted, unless teams are to stay as they are.
    const { then, keepMembers } = grantsCount(organization, 'scim') ? departure : resting;
    const keeps = keepMembers && (then === 'stay' || others.length === 0);
    const keep = keeps
      ? [...members].filter((member) => !others.some((other) => other.members.has(member)))
      : [];
    const events = team.decide({ type: 'Release', groupId, keep, then }, state);
    return events.length > 0 ? [{ stream, revision, events }] : [];
  }

  /** The groups that feed the team, as their streams tell it, but for one. */
  async feeding(
    organization: OrganizationId,
    { teamId, groups }: ExistingTeam,
    but?: GroupId,
  ): Promise<readonly ExistingGroup[]> {
    const loaded = await Promise.all(
      groups
        .filter((groupId) => groupId !== but)
        .map((groupId) => this.groups.load(groupStream(organization, groupId))),
    );
    return loaded.flatMap(({ state }) =>
      state.status === 'existing' && state.teamId === teamId ? [state] : [],
    );
  }

  /** The team, if a group may feed it. */
  private async open(
    organization: OrganizationId,
    teamId: TeamId,
  ): Promise<Loaded<ExistingTeam> | null> {
    const loaded = await this.teams.load(teamStream(organization, teamId));
    const { state } = loaded;
    return state.status === 'existing' && !state.archived ? { ...loaded, state } : null;
  }

  private async externalNamed(
    organization: OrganizationId,
    displayName: string,
  ): Promise<readonly Loaded<ExistingTeam>[]> {
    const name = displayName.trim();
    const candidates = await this.lookup.externalTeamsNamed(organization, name);
    const found = await Promise.all(candidates.map((id) => this.open(organization, id)));
    return found.flatMap((each) =>
      each && isExternal(each.state) && each.state.name.trim() === name ? [each] : [],
    );
  }

  /**
   * The id follows from the group and how often it was linked: where the group's own append did not come to pass,
   * repeating it finds the team that was made for it, unless an administrator has put it to another use since.
   */
  private async newTeam(
    organization: OrganizationId,
    { groupId, displayName, timesLinked }: ExistingGroup,
  ): Promise<{ readonly teamId: TeamId; readonly append: PlannedAppend }> {
    for (let made = 0; ; made += 1) {
      const teamId = derivedTeamId(groupId, timesLinked, made);
      const loaded = await this.teams.load(teamStream(organization, teamId));
      const { stream, state, revision } = loaded;
      if (state.status === 'absent') {
        const events = team.decide({ type: 'Create', teamId, name: displayName, groupId }, state);
        return { teamId, append: { stream, revision, events } };
      }
      if (state.status === 'existing' && isLeftFor(state, groupId)) {
        return this.fed({ ...loaded, state }, groupId);
      }
    }
  }
}

/**
 * The events by which the group comes to feed the team.
 * @param anew the team did not say so: if the group did, it says so again, which whoever is about to part them notices
 */
function linked(
  current: ExistingGroup,
  teamId: TeamId,
  members: readonly UserId[],
  anew: boolean,
): readonly GroupEvent[] {
  const link = { type: 'Link', teamId, members } as const;
  if (!anew || current.teamId !== teamId) return group.decide(link, current);
  const unlink = { type: 'Unlink', byChoice: current.keptApart } as const;
  return [...group.decide(unlink, current), ...group.decide(link, { ...current, teamId: null })];
}

/** Whether a team that was made for the group still waits for it. */
const isLeftFor = (state: ExistingTeam, groupId: GroupId): boolean =>
  isExternal(state) || (state.groups.includes(groupId) && !state.archived);

/** What the statement about the group tells its team. */
export function groupStatement(
  { groupId, displayName, members }: ExistingGroup,
  stated: StatedGroup,
  { name, all, named }: GroupScope,
): GroupStatement {
  return {
    groupId,
    name: name ? stated.displayName : null,
    nameBefore: displayName,
    all: all ? membersAfter(members, stated) : null,
    named,
  };
}

function membersAfter(members: ExistingGroup['members'], { membership }: StatedGroup) {
  const { added, removed } = membershipChange(members, membership);
  return members.with(added, removed);
}

/** @throws Rejection team-unknown, naming its id */
export function existingTeam({ stream, state, revision }: Loaded<TeamState>): Loaded<ExistingTeam> {
  if (state.status !== 'existing') throw new Rejection('team-unknown', { found: teamIdOf(stream) });
  return { stream, state, revision };
}

/** A UUID of version 7 that keeps the time of the group's. RFC 9562 §5.7 */
function derivedTeamId(groupId: GroupId, timesLinked: number, made: number): TeamId {
  const digest = createHash('sha256').update(`${groupId} ${timesLinked} ${made}`).digest('hex');
  const [a, b, c] = [digest.slice(0, 3), digest.slice(3, 6), digest.slice(6, 18)];
  return `${groupId.slice(0, 13)}-7${a}-8${b}-${c}` as TeamId;
}
