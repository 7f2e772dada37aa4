import { Injectable } from '@nestjs/common';
import { group, type ExistingGroup, type GroupState, type StatedGroup } from '../domain/group.js';
import type { GroupId, OrganizationId } from '../domain/identifiers.js';
import { MemberSet } from '../domain/member-set.js';
import { groupsFeedTeams, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { isExternal, team, type ExistingTeam } from '../domain/team.js';
import { GroupFolds, TeamFolds } from './folds.js';
import { GroupNames } from './group-names.js';
import { GroupRules } from './group-rules.js';
import { Members } from './members.js';
import type { CommandContext, ExpectedVersions } from './messages.js';
import type { GroupScope } from './scim-translation.js';
import { teamStream } from './streams.js';
import { groupStatement } from './team-links.js';
import { checkVersion } from './unique-names.js';
import { WriteModel, type Committed, type Loaded, type PlannedAppend } from './write-model.js';

/** What a request makes of a group, and what of that it says by itself. */
export interface Statement {
  readonly stated: StatedGroup;
  readonly scope: GroupScope;
}

export interface AdoptionRequest {
  readonly organization: ExistingOrganization;
  /** The stream of the group that comes to be. */
  readonly loaded: Loaded<GroupState>;
  readonly id: string;
  readonly expected: ExpectedVersions;
  readonly state: (current: ExistingGroup) => Statement;
  /** An administrator wants the group to feed the team; else that is so unless groupMapping is strict. */
  readonly decided: boolean;
  readonly context: CommandContext;
  readonly attempt: number;
}

/**
 * Teams that no group feeds: SCIM shows them as groups, and the first write makes each a group of the same id. When that
 * group is deleted its id stays gone, also where the team stays. RFC 7644 §3.6
 */
@Injectable()
export class ExternalGroups {
  constructor(
    private readonly model: WriteModel,
    private readonly names: GroupNames,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    private readonly members: Members,
    private readonly rules: GroupRules,
  ) {}

  /** @throws Rejection group-unknown: there is no team either, or it has a group, or is archived */
  async require(organization: OrganizationId, id: string): Promise<Loaded<ExistingTeam>> {
    const loaded = await this.teams.load(teamStream(organization, id));
    const { state } = loaded;
    if (state.status !== 'existing' || !isFree(state)) throw new Rejection('group-unknown');
    return { ...loaded, state };
  }

  /**
   * Makes the team's group, linked, with the team's manual members, and has it follow the statement.
   * @throws Rejection group-unknown, name-already-claimed
   */
  async adopt(
    request: AdoptionRequest,
  ): Promise<{ readonly loaded: Loaded<GroupState>; readonly committed: Committed }> {
    const { organization, id, expected, context, attempt } = request;
    const found = await this.require(organization.organization, id);
    checkVersion(expected, found.state.version);
    const strict = organization.policies.groupMapping === 'strict' && !request.decided;
    const links = groupsFeedTeams(organization) && !strict;
    const current = await this.shown(organization, found.state, links);
    const { groupId } = current;
    const statement = request.state(current);
    const { displayName } = statement.stated;
    await this.members.requireUsers(organization.organization, statement.stated);
    const owner = request.loaded.stream;
    const named = { organization, name: displayName, owner, context, attempt };
    const claimed = await this.names.claim(named);
    const claimId = claimed?.claimId ?? null;
    const seeds = [{ op: 'replace', members: [...current.members] } as const];
    const stated = { ...statement.stated, membership: [...seeds, ...statement.stated.membership] };
    const { teamId } = current;
    const events = group.decide(
      { type: 'Create', groupId, claimId, teamId, stated },
      group.initial,
    );
    const plans: PlannedAppend[] = [
      ...(claimed ? [claimed.append] : []),
      ...(teamId ? this.fed(organization, found, current, statement) : []),
      { stream: owner, revision: request.loaded.revision, events },
      ...(await this.rules.plan(organization, { groupId, displayName }, 'named')),
    ];
    const committed = await this.model.commit(organization.organization, context, plans);
    const loaded = this.model.advance(group, request.loaded, events, committed);
    this.groups.keep(loaded);
    await this.rules.follow(organization, { groupId, displayName }, 'named', context);
    return { loaded, committed };
  }

  /** The team as the group that it becomes; members are disclosed only to a group that feeds it. */
  private async shown(
    organization: ExistingOrganization,
    { teamId, name, members, version }: ExistingTeam,
    links: boolean,
  ): Promise<ExistingGroup> {
    const seeds = links
      ? await this.members.usersAmong(organization.organization, [...members])
      : [];
    return {
      status: 'existing',
      groupId: groupIdOf(teamId),
      displayName: name,
      externalId: null,
      claimId: null,
      teamId: links ? teamId : null,
      timesLinked: 0,
      keptApart: false,
      members: MemberSet.empty.with(seeds, []),
      version,
      createdAt: '',
      modifiedAt: '',
    };
  }

  private fed(
    organization: ExistingOrganization,
    { stream, revision, state }: Loaded<ExistingTeam>,
    current: ExistingGroup,
    { stated, scope }: Statement,
  ): readonly PlannedAppend[] {
    const statement = groupStatement(current, stated, scope);
    const events = [
      ...team.decide({ type: 'Feed', groupId: current.groupId }, state),
      ...team.decide({ type: 'Follow', organization, statement }, state),
    ];
    return events.length > 0 ? [{ stream, revision, events }] : [];
  }
}

const groupIdOf = (id: string): GroupId => id as GroupId;

/** Fed by nothing, or by the very group that is about to be made: a creation that broke off is resumed. */
function isFree(state: ExistingTeam): boolean {
  const { groups, archived, teamId } = state;
  const resumed = groups.length === 1 && groups[0] === groupIdOf(teamId) && !archived;
  return isExternal(state) || resumed;
}
