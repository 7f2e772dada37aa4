import { Inject, Injectable } from '@nestjs/common';
import { group, type GroupState } from '../domain/group.js';
import { team, type TeamState } from '../domain/team.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.module.js';
import type { HalfLink } from './directory-lookup.js';
import { GroupFolds, TeamFolds } from './folds.js';
import { GroupBackfill } from './group-backfill.js';
import type { CommandContext } from './messages.js';
import { groupStream, teamStream } from './streams.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** Whose releases take back what was begun; those of anybody else part what was linked. */
const REPAIRER = 'system';

/**
 * Links that stand in one of their two streams: what a process leaves that dies between two appends, in a store that
 * appends one by one. What the dead one was asked for it has not acknowledged, so each is either completed or undone.
 */
@Injectable()
export class BrokenLinks {
  constructor(
    private readonly model: WriteModel,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    private readonly backfill: GroupBackfill,
    @Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'readStream'>,
  ) {}

  /** Makes both streams say the same; changes nothing where they do. */
  async mend(link: HalfLink, context: CommandContext): Promise<void> {
    const { organization: id, group: groupId, team: teamId } = link;
    await this.backfill.link(id, groupId, context, [teamId]);
    if (teamId.toString() === groupId) await this.backfill.adoptTeam(id, teamId, context);
    const stream = groupStream(id, groupId);
    await this.model.decide(stream, async () => {
      const feeding = await this.groups.load(stream);
      const fed = await this.teams.load(teamStream(id, teamId));
      const plan = await this.agreement(link, feeding, fed);
      if (plan) await this.model.commit(id, context, [plan]);
    });
  }

  /** What makes the stream of the one say what that of the other says; undefined where they agree. */
  private async agreement(
    link: HalfLink,
    feeding: Loaded<GroupState>,
    fed: Loaded<TeamState>,
  ): Promise<PlannedAppend | undefined> {
    const { group: groupId, team: teamId } = link;
    const current = feeding.state.status === 'existing' ? feeding.state : undefined;
    const target = fed.state.status === 'existing' ? fed.state : undefined;
    const said = { byGroup: current?.teamId === teamId, byTeam: target?.groups.includes(groupId) };
    if (target && said.byTeam && !said.byGroup) {
      const release = { type: 'Release', groupId, keep: [], then: 'stay' } as const;
      return { ...fed, events: team.decide(release, target) };
    }
    if (!current || !said.byGroup || said.byTeam) return undefined;
    const byChoice = await this.isParting(link);
    if (target && !target.archived && !byChoice) {
      return { ...fed, events: team.decide({ type: 'Feed', groupId }, target) };
    }
    return { ...feeding, events: group.decide({ type: 'Unlink', byChoice }, current) };
  }

  /**
   * Whether somebody has begun to part the two: the team was released last by another than this class, which releases
   * one whose group was not linked, or is so only since. A release gives and takes memberships of its own, so a team
   * that was released to part with its group is not fed again: whom it kept would stay when the group drops them, and
   * whom an administrator had excluded would come back. No policy does that either.
   */
  private async isParting({ organization, group: groupId, team: teamId }: HalfLink) {
    const recorded = await this.store.readStream(teamStream(organization, teamId));
    const last = recorded.findLast(
      ({ event }) => event.type === 'TeamReleased' && event.groupId === groupId,
    );
    return last !== undefined && last.metadata.actor !== REPAIRER;
  }
}
