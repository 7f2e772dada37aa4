import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import type { TeamLink, TeamSyncMapping } from '../domain/events.js';
import { group, type ExistingGroup } from '../domain/group.js';
import type { GroupId, OrganizationId, TeamId } from '../domain/identifiers.js';
import {
  organization,
  requireOrganization,
  type ExistingOrganization,
  type OrganizationCommand,
} from '../domain/organization.js';
import { team } from '../domain/team.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { GroupFolds, TeamFolds } from './folds.js';
import {
  CommitTeamSyncMigration,
  MapTeamSync,
  PlanTeamSyncMigration,
  RollBackTeamSyncMigration,
  type CommandContext,
  type PlannedLink,
  type Position,
} from './messages.js';
import { groupStream, organizationStream, teamStream } from './streams.js';
import { existingTeam, TeamLinks } from './team-links.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

@CommandHandler(MapTeamSync)
export class MapTeamSyncHandler implements ICommandHandler<MapTeamSync> {
  constructor(
    private readonly model: WriteModel,
    private readonly teams: TeamFolds,
  ) {}

  async execute({ organization: id, mappings, context }: MapTeamSync): Promise<Position | null> {
    const stream = organizationStream(id);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(organization, stream);
      const events = organization.decide({ type: 'MapTeamSync', mappings }, state);
      for (const teamId of new Set(mappings.map((mapping) => mapping.teamId))) {
        existingTeam(await this.teams.load(teamStream(id, teamId)));
      }
      if (events.length === 0) return null;
      return (await this.model.commit(id, context, [{ stream, revision, events }])).position;
    });
  }
}

/** Which groups take over from the external groups that sign-ins claimed. */
@Injectable()
export class MigrationPlanner {
  constructor(
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /** One link for each mapping whose team exists; a group that feeds another team, or is to, is none to choose. */
  async plan(existing: ExistingOrganization): Promise<readonly PlannedLink[]> {
    const { organization: id, teamSyncMappings } = existing;
    const taken = new Map<GroupId, TeamId>();
    const plan: PlannedLink[] = [];
    for (const { externalGroup, teamId } of teamSyncMappings) {
      const { state } = await this.teams.load(teamStream(id, teamId));
      if (state.status !== 'existing') continue;
      const match = state.archived ? undefined : await this.match(id, externalGroup);
      const feeds = match && (taken.get(match.group.groupId) ?? match.group.teamId);
      if (match && (feeds === null || feeds === teamId)) {
        taken.set(match.group.groupId, teamId);
        const { matchedBy } = match;
        plan.push({ externalGroup, teamId, groupId: match.group.groupId, matchedBy });
      } else plan.push({ externalGroup, teamId, groupId: null, matchedBy: null });
    }
    return plan;
  }

  /** The one group of that externalId, else the one of that name: among several nobody guesses. */
  private async match(
    id: OrganizationId,
    externalGroup: TeamSyncMapping['externalGroup'],
  ): Promise<
    { readonly group: ExistingGroup; readonly matchedBy: 'externalId' | 'displayName' } | undefined
  > {
    const byId = await this.existing(id, await this.lookup.groupsWithExternalId(id, externalGroup));
    const identified = byId.filter(({ externalId }) => externalId === externalGroup);
    const [only, ...others] = identified;
    if (only) return others.length === 0 ? { group: only, matchedBy: 'externalId' } : undefined;
    const byName = await this.existing(id, await this.lookup.groupsNamed(id, externalGroup));
    const [named, ...more] = byName.filter(({ displayName }) => displayName === externalGroup);
    return named && more.length === 0 ? { group: named, matchedBy: 'displayName' } : undefined;
  }

  private async existing(
    id: OrganizationId,
    groups: readonly GroupId[],
  ): Promise<readonly ExistingGroup[]> {
    const loaded = await Promise.all(groups.map((each) => this.groups.load(groupStream(id, each))));
    return loaded.flatMap(({ state }) => (state.status === 'existing' ? [state] : []));
  }
}

@QueryHandler(PlanTeamSyncMigration)
export class PlanTeamSyncMigrationHandler implements IQueryHandler<PlanTeamSyncMigration> {
  constructor(
    private readonly model: WriteModel,
    private readonly planner: MigrationPlanner,
  ) {}

  async execute({ organization: id }: PlanTeamSyncMigration): Promise<readonly PlannedLink[]> {
    const { state } = await this.model.load(organization, organizationStream(id));
    return this.planner.plan(requireOrganization(state));
  }
}

@CommandHandler(CommitTeamSyncMigration)
export class CommitTeamSyncMigrationHandler implements ICommandHandler<CommitTeamSyncMigration> {
  constructor(
    private readonly model: WriteModel,
    private readonly planner: MigrationPlanner,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    private readonly links: TeamLinks,
  ) {}

  /**
   * The change of the policy and all links are one append. Where the appends come one by one the organization comes
   * first, and its record of the links is what they are completed by: here, or by the policy reactor.
   */
  async execute({ organization: id, context }: CommitTeamSyncMigration) {
    const stream = organizationStream(id);
    const { planned, links, position } = await this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(organization, stream);
      const planned = await this.planner.plan(requireOrganization(state));
      const { links, plans } = await this.linking(id, planned);
      const events = organization.decide({ type: 'MigrateTeamSync', links }, state);
      const step = { stream, revision, events };
      const whole = this.model.isAtomic ? [step, ...plans] : [step];
      const { position } = await this.model.commit(id, context, whole);
      return { planned, links, position };
    });
    const completed = this.model.isAtomic ? null : await this.complete(id, links, context);
    return { links: planned, position: completed ?? position };
  }

  /** The links that come to be, and their appends: nobody is put into a group by them. */
  private async linking(
    id: OrganizationId,
    planned: readonly PlannedLink[],
  ): Promise<{ readonly links: readonly TeamLink[]; readonly plans: readonly PlannedAppend[] }> {
    const links: TeamLink[] = [];
    const plans = new Map<string, PlannedAppend>();
    for (const { groupId, teamId } of planned) {
      if (groupId === null) continue;
      const { stream, state, revision } = await this.groups.load(groupStream(id, groupId));
      const events = group.decide({ type: 'Link', teamId, members: [] }, state);
      if (events.length === 0 || plans.has(stream)) continue;
      links.push({ groupId, teamId });
      plans.set(stream, { stream, revision, events });
      const fed = existingTeam(await this.teams.load(teamStream(id, teamId)));
      append(plans, this.links.fed(fed, groupId).append);
    }
    return { links, plans: [...plans.values()].filter(({ events }) => events.length > 0) };
  }

  private async complete(
    id: OrganizationId,
    links: readonly TeamLink[],
    context: CommandContext,
  ): Promise<Position | null> {
    let latest: Position | null = null;
    for (const { groupId, teamId } of links) {
      const stream = groupStream(id, groupId);
      const linked = await this.model.decide(stream, async () => {
        const loaded = await this.groups.load(stream);
        const fed = existingTeam(await this.teams.load(teamStream(id, teamId)));
        return this.links.link(id, loaded, fed, [], context);
      });
      latest = linked ?? latest;
    }
    return latest;
  }
}

@CommandHandler(RollBackTeamSyncMigration)
export class RollBackTeamSyncMigrationHandler implements ICommandHandler<RollBackTeamSyncMigration> {
  constructor(
    private readonly model: WriteModel,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
  ) {}

  /** Where the appends come one by one the organization goes last: repeating what broke off completes it. */
  async execute({ organization: id, context }: RollBackTeamSyncMigration): Promise<Position> {
    const stream = organizationStream(id);
    const rollBack: OrganizationCommand = { type: 'RollBackTeamSync' };
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(organization, stream);
      const events = organization.decide(rollBack, state);
      const { migrated } = requireOrganization(state).teamSync;
      const plans = await this.unlinking(id, migrated?.links ?? []);
      const step = { stream, revision, events };
      return (await this.model.commit(id, context, [...plans, step])).position;
    });
  }

  /** Nobody stays in a team by what the migration granted: the grants by sign-in count again. */
  private async unlinking(
    id: OrganizationId,
    links: readonly TeamLink[],
  ): Promise<readonly PlannedAppend[]> {
    const teams = new Map<string, PlannedAppend>();
    const groups: PlannedAppend[] = [];
    for (const { groupId, teamId } of links) {
      const { stream, state, revision } = await this.groups.load(groupStream(id, groupId));
      if (state.status !== 'existing' || state.teamId !== teamId) continue;
      const unlink = { type: 'Unlink', byChoice: state.keptApart } as const;
      groups.push({ stream, revision, events: group.decide(unlink, state) });
      const fed = await this.teams.load(teamStream(id, teamId));
      if (fed.state.status !== 'existing') continue;
      const release = { type: 'Release', groupId, keep: [], then: 'stay' } as const;
      append(teams, { ...fed, events: team.decide(release, fed.state) });
    }
    return [...teams.values(), ...groups].filter(({ events }) => events.length > 0);
  }
}

/** Adds events to what is planned for their stream: none of these depends on what another comes to. */
function append(
  plans: Map<string, PlannedAppend>,
  { stream, revision, events }: PlannedAppend,
): void {
  const known = plans.get(stream)?.events ?? [];
  plans.set(stream, { stream, revision, events: [...known, ...events] });
}
