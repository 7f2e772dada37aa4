import { Inject, Injectable } from '@nestjs/common';
import type { GroupId, OrganizationId, TeamId } from '../domain/identifiers.js';
import {
  groupsFeedTeams,
  organization,
  type ExistingOrganization,
  type OrganizationState,
} from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { isExternal, type ExistingTeam } from '../domain/team.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.module.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { ExternalGroups } from './external-groups.js';
import { GroupFolds, TeamFolds } from './folds.js';
import { Members } from './members.js';
import type { CommandContext, Position } from './messages.js';
import { groupStream, organizationStream, teamStream } from './streams.js';
import { TeamLinks } from './team-links.js';
import { WriteModel, type Loaded } from './write-model.js';

const PAGE = 1_000;
const AT_ONCE = 8;
/** How many are linked before others have their turn. */
const MOST_AT_A_TIME = 1_000;

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

  /**
   * Links stored groups as the policies say, and as a migration does that broke off: a thousand at most, the policy
   * reactor comes back for the others. @returns null when none was
   */
  async run(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const known = await this.load(id);
    if (!backfills(known.state)) return null;
    const half = await this.lookup.halfLinksOf(id);
    return eachOnce(
      (limit) => this.lookup.unlinkedGroups(id, limit),
      (groupId) => {
        const begun = half.filter(({ group }) => group === groupId).map(({ team }) => team);
        const may = (state: OrganizationState): state is ExistingOrganization =>
          backfills(state, groupId);
        return this.decideLink(id, groupId, context, may, begun, known);
      },
    );
  }

  /**
   * Makes a linked group of every external team that stood when all was adopted. The log tells which: when SCIM is
   * enabled, the directory has yet to see what happened before. @returns null when there was none
   */
  async adopt(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const known = await this.load(id);
    const { state } = known;
    if (!adopts(state)) return null;
    const teams = await this.teamsBefore(id, state.adoptedThrough);
    return eachOnce(
      (limit) => Promise.resolve(teams.slice(0, limit)),
      (teamId) => this.adoptTeam(id, teamId, context, known),
    );
  }

  /** Goes on with an adoption that broke off, by the directory's list of teams: a log is too long to be read again. */
  async resumeAdoption(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const known = await this.load(id);
    return eachOnce(
      (limit) => this.lookup.teamsToAdopt(id, limit),
      (teamId) => this.adoptTeam(id, teamId, context, known),
    );
  }

  /**
   * Links one group as the policies say, or to a team that says already that the group feeds it.
   * @param begun such teams, as far as is known
   * @returns null when it is linked, is kept apart, or waits for a decision
   */
  link(
    id: OrganizationId,
    groupId: GroupId,
    context: CommandContext,
    begun: readonly TeamId[] = [],
  ): Promise<Position | null> {
    return this.decideLink(id, groupId, context, isFeeding, begun);
  }

  /** @param may whether the policies link the group: asked for each, since they may change before the last one's turn */
  private async decideLink(
    id: OrganizationId,
    groupId: GroupId,
    context: CommandContext,
    may: (state: OrganizationState) => state is ExistingOrganization,
    begun: readonly TeamId[],
    known?: Loaded<OrganizationState>,
  ): Promise<Position | null> {
    const stream = groupStream(id, groupId);
    const candidates = [...begun];
    return this.model.decide(stream, async () => {
      const loaded = await this.groups.load(stream);
      const { state } = loaded;
      if (state.status !== 'existing' || state.teamId || state.keptApart) return null;
      const { state: current } = await this.load(id, known);
      if (!may(current)) return null;
      const target =
        (await this.links.begun(id, groupId, candidates)) ??
        (await this.ownTeam(current, groupId)) ??
        (await this.links.target(current, groupId, state.displayName));
      if (!target) return null;
      if (target === 'new') return this.links.link(id, loaded, target, [], context);
      const { teamId, members } = target.state;
      candidates.push(teamId);
      const isOwn = teamId.toString() === groupId;
      const seeds = isOwn ? await this.members.usersAmong(id, [...members]) : [];
      return this.links.link(id, loaded, target, seeds, context);
    });
  }

  /** The external team of the group's id: the group was written to it while no group fed teams. */
  private async ownTeam(
    current: ExistingOrganization,
    groupId: GroupId,
  ): Promise<Loaded<ExistingTeam> | null> {
    const loaded = await this.teams.load(teamStream(current.organization, groupId));
    const { state } = loaded;
    return state.status === 'existing' && isExternal(state) ? { ...loaded, state } : null;
  }

  /** Makes a linked group of one such team. @returns null when that is done, or it is none of them */
  async adoptTeam(
    id: OrganizationId,
    teamId: TeamId,
    context: CommandContext,
    known?: Loaded<OrganizationState>,
  ): Promise<Position | null> {
    const stream = groupStream(id, teamId);
    try {
      return await this.model.decide(stream, async (attempt) => {
        const { state: current } = await this.load(id, known);
        if (!adopts(current)) return null;
        const loaded = await this.groups.load(stream);
        if (loaded.state.status !== 'absent') return null;
        const { state } = await this.externals.require(id, teamId);
        if (state.unfedSince >= current.adoptedThrough) return null;
        const { committed } = await this.externals.adopt({
          organization: current,
          loaded,
          id: teamId,
          expected: null,
          decided: true,
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
  private load(
    id: OrganizationId,
    known?: Loaded<OrganizationState>,
  ): Promise<Loaded<OrganizationState>> {
    return this.model.load(organization, organizationStream(id), known);
  }
}

const isFeeding = (state: OrganizationState): state is ExistingOrganization =>
  state.status === 'existing' && groupsFeedTeams(state);

/** Whether stored groups are linked without anybody's decision: all of them, or those of a migration. */
function backfills(state: OrganizationState, groupId?: GroupId): state is ExistingOrganization {
  if (!isFeeding(state)) return false;
  const { policies, teamSync } = state;
  if (policies.groupMapping === 'create' || policies.groupMapping === 'link-by-name') return true;
  const migrated = teamSync.migrated?.links ?? [];
  return groupId === undefined
    ? migrated.length > 0
    : migrated.some((link) => link.groupId === groupId);
}

const adopts = (
  state: OrganizationState,
): state is ExistingOrganization & { readonly adoptedThrough: Position } =>
  isFeeding(state) && state.adoptedThrough !== null;

/** Another group bears the team's name, or the team was linked, archived or deleted meanwhile. */
const leavesExternal: ReadonlySet<string> = new Set(['name-already-claimed', 'group-unknown']);

/**
 * Works on everything that a read model lists, each once: the list may be behind, and still name what is done. Ends
 * early when much was done, so that neither a request nor other organizations wait for all of a large one.
 * @returns the latest position
 */
async function eachOnce<Id>(
  list: (limit: number) => Promise<readonly Id[]>,
  work: (id: Id) => Promise<Position | null>,
): Promise<Position | null> {
  const seen = new Set<Id>();
  let done = 0;
  let latest: Position | null = null;
  while (done < MOST_AT_A_TIME) {
    const found = (await list(seen.size + PAGE)).filter((id) => !seen.has(id));
    if (found.length === 0) break;
    for (const id of found) seen.add(id);
    for (let from = 0; from < found.length && done < MOST_AT_A_TIME; from += AT_ONCE) {
      const positions = await Promise.all(found.slice(from, from + AT_ONCE).map(work));
      for (const position of positions) {
        if (position === null) continue;
        done += 1;
        if (latest === null || position > latest) latest = position;
      }
    }
  }
  return latest;
}
