import { Inject, Injectable } from '@nestjs/common';
import type { GroupId, OrganizationId, TeamId } from '../domain/identifiers.js';
import {
  groupsFeedTeams,
  organization,
  type ExistingOrganization,
} from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { isExternal, type ExistingTeam } from '../domain/team.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.module.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { ExternalGroups } from './external-groups.js';
import { GroupFolds, TeamFolds } from './group-folds.js';
import { Members } from './members.js';
import type { CommandContext, Position } from './messages.js';
import { groupStream, organizationStream, teamStream } from './streams.js';
import { TeamLinks } from './team-links.js';
import { WriteModel, type Loaded } from './write-model.js';

const PAGE = 1_000;
const AT_ONCE = 8;

/**
 * What policies bring about for what existed before them: teams for stored groups, groups for teams that are adopted.
 * Each is decided by its own streams, so that it may be repeated, at once from several processes too.
 */
@Injectable()
export class GroupBackfill {
  constructor(
    private readonly model: WriteModel,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    private readonly members: Members,
    private readonly links: TeamLinks,
    private readonly externals: ExternalGroups,
    @Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'readOrganization'>,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /** Links stored groups as the policies say, and as a migration does that broke off. @returns null when none was */
  async run(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const current = await this.current(id);
    if (!current || !groupsFeedTeams(current)) return null;
    const { groupMapping } = current.policies;
    const maps = groupMapping === 'create' || groupMapping === 'link-by-name';
    if (!maps && !current.teamSync.migrated) return null;
    const migrated = new Set(current.teamSync.migrated?.links.map(({ groupId }) => groupId));
    return eachOnce(
      (limit) => this.lookup.unlinkedGroups(id, limit),
      async (groupId) =>
        maps || migrated.has(groupId) ? this.link(current, groupId, context) : null,
    );
  }

  /**
   * Makes a linked group of every external team that stood when all was adopted. The log tells which: when SCIM is
   * enabled, the directory has yet to see what happened before. @returns null when there was none
   */
  async adopt(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const current = await this.current(id);
    if (!current || !groupsFeedTeams(current) || current.adoptedThrough === null) return null;
    const teams = await this.teamsBefore(id, current.adoptedThrough);
    return eachOnce(
      (limit) => Promise.resolve(teams.slice(0, limit)),
      (teamId) => this.adoptTeam(current, teamId, context),
    );
  }

  /** Links one group as the policies say. @returns null when it is linked, is kept apart, or waits for a decision */
  async link(
    current: ExistingOrganization,
    groupId: GroupId,
    context: CommandContext,
  ): Promise<Position | null> {
    const id = current.organization;
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async () => {
      const loaded = await this.groups.load(stream);
      const { state } = loaded;
      if (state.status !== 'existing' || state.teamId || state.keptApart) return null;
      const own = await this.ownTeam(current, groupId);
      if (own) {
        const seeds = await this.members.usersAmong(id, [...own.state.members]);
        return this.links.link(id, loaded, own, seeds, context);
      }
      const target = await this.links.target(current, groupId, state.displayName);
      return target && this.links.link(id, loaded, target, [], context);
    });
  }

  /** The external team of the group's id: the group was written to it while no group fed teams. */
  private async ownTeam(
    current: ExistingOrganization,
    groupId: GroupId,
  ): Promise<Loaded<ExistingTeam> | null> {
    if (!groupsFeedTeams(current)) return null;
    const loaded = await this.teams.load(teamStream(current.organization, groupId));
    const { state } = loaded;
    return state.status === 'existing' && isExternal(state) ? { ...loaded, state } : null;
  }

  private async adoptTeam(
    current: ExistingOrganization,
    teamId: TeamId,
    context: CommandContext,
  ): Promise<Position | null> {
    const id = current.organization;
    const stream = groupStream(id, teamId);
    try {
      return await this.model.decide(stream, async (attempt) => {
        const loaded = await this.groups.load(stream);
        if (loaded.state.status !== 'absent') return null;
        const { state } = await this.externals.require(id, teamId);
        if (state.unfedSince >= (current.adoptedThrough ?? 0n)) return null;
        const { committed } = await this.externals.adopt({
          organization: current,
          loaded,
          id: teamId,
          expected: null,
          state: ({ displayName, externalId }) => ({
            stated: { displayName, externalId, membership: [] },
            scope: { name: false, all: false, named: [] },
          }),
          context,
          attempt,
        });
        return committed.position;
      });
    } catch (error) {
      if (error instanceof Rejection && leavesExternal.has(error.reason)) return null;
      throw error;
    }
  }

  private async teamsBefore(id: OrganizationId, position: Position): Promise<readonly TeamId[]> {
    const teams = new Set<TeamId>();
    for await (const page of this.store.readOrganization(id, 0n, position)) {
      for (const { event } of page) {
        if (event.type === 'TeamCreated') teams.add(event.teamId);
        if (event.type === 'TeamSynced' || event.type === 'TeamDeleted') teams.delete(event.teamId);
        if (event.type === 'TeamReleased') teams.add(event.teamId);
      }
    }
    return [...teams];
  }

  /** Not as it was leased a moment ago: what is backfilled follows from the change that was just made. */
  private async current(id: OrganizationId): Promise<ExistingOrganization | null> {
    const { state } = await this.model.load(organization, organizationStream(id));
    return state.status === 'existing' ? state : null;
  }
}

/** Another group bears the team's name, or the team was linked, archived or deleted meanwhile. */
const leavesExternal: ReadonlySet<string> = new Set(['name-already-claimed', 'group-unknown']);

/**
 * Works on everything that a read model lists, each once: the list may be behind, and still name what is done.
 * @returns the latest position
 */
async function eachOnce<Id>(
  list: (limit: number) => Promise<readonly Id[]>,
  work: (id: Id) => Promise<Position | null>,
): Promise<Position | null> {
  const seen = new Set<Id>();
  let latest: Position | null = null;
  for (;;) {
    const found = (await list(seen.size + PAGE)).filter((id) => !seen.has(id));
    if (found.length === 0) return latest;
    for (const id of found) seen.add(id);
    for (let from = 0; from < found.length; from += AT_ONCE) {
      const positions = await Promise.all(found.slice(from, from + AT_ONCE).map(work));
      for (const position of positions) {
        if (position !== null && (latest === null || position > latest)) latest = position;
      }
    }
  }
}
