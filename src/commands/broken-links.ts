import { Injectable } from '@nestjs/common';
import { group, type GroupState } from '../domain/group.js';
import { team, type TeamState } from '../domain/team.js';
import type { HalfLink } from './directory-lookup.js';
import { GroupFolds, TeamFolds } from './folds.js';
import { GroupBackfill } from './group-backfill.js';
import type { CommandContext } from './messages.js';
import { groupStream, teamStream } from './streams.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

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
      const plan = agreement(link, feeding, fed);
      if (plan) await this.model.commit(id, context, [plan]);
    });
  }
}

/** What makes the stream of the one say what that of the other says; undefined where they agree. */
function agreement(
  { group: groupId, team: teamId }: HalfLink,
  feeding: Loaded<GroupState>,
  fed: Loaded<TeamState>,
): PlannedAppend | undefined {
  const current = feeding.state.status === 'existing' ? feeding.state : undefined;
  const target = fed.state.status === 'existing' ? fed.state : undefined;
  const said = { byGroup: current?.teamId === teamId, byTeam: target?.groups.includes(groupId) };
  if (target && said.byTeam && !said.byGroup) {
    const release = { type: 'Release', groupId, keep: [], then: 'stay' } as const;
    return { ...fed, events: team.decide(release, target) };
  }
  if (!current || !said.byGroup || said.byTeam) return undefined;
  if (target && !target.archived) {
    return { ...fed, events: team.decide({ type: 'Feed', groupId }, target) };
  }
  return { ...feeding, events: group.decide({ type: 'Unlink', byChoice: false }, current) };
}
