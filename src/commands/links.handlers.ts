import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { group, requireGroup } from '../domain/group.js';
import { requireOrganization, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { GroupFolds, TeamFolds } from './folds.js';
import { Members } from './members.js';
import { LinkGroup, UnlinkGroup, type Position } from './messages.js';
import { Organizations } from './organizations.js';
import { groupStream, teamStream } from './streams.js';
import { existingTeam, TeamLinks } from './team-links.js';
import { WriteModel } from './write-model.js';

@CommandHandler(LinkGroup)
export class LinkGroupHandler implements ICommandHandler<LinkGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly groups: GroupFolds,
    private readonly teams: TeamFolds,
    private readonly members: Members,
    private readonly links: TeamLinks,
  ) {}

  /** The group takes over whom administrators put into the team: they are there when the identity provider looks. */
  async execute({
    organization: id,
    groupId,
    target,
    context,
  }: LinkGroup): Promise<Position | null> {
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async () => {
      requireGroupsToFeed(requireOrganization(await this.organizations.state(id)));
      const loaded = await this.groups.load(stream);
      requireGroup(loaded.state);
      if ('createTeam' in target) return this.links.link(id, loaded, 'new', [], context);
      const team = existingTeam(await this.teams.load(teamStream(id, target.teamId)));
      const seeds = await this.members.usersAmong(id, [...team.state.members]);
      return this.links.link(id, loaded, team, seeds, context);
    });
  }
}

/** @throws Rejection policy-conflict */
function requireGroupsToFeed({ policies }: ExistingOrganization): void {
  if (policies.teamSync === 'scim') return;
  const conflict = `a group feeds a team only while teamSync is scim; it is ${policies.teamSync}`;
  throw new Rejection('policy-conflict', { conflict });
}

@CommandHandler(UnlinkGroup)
export class UnlinkGroupHandler implements ICommandHandler<UnlinkGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly groups: GroupFolds,
    private readonly links: TeamLinks,
  ) {}

  /** Who is in the team stays in it, by a manual grant where only this group granted it. */
  async execute({ organization: id, groupId, context }: UnlinkGroup): Promise<Position | null> {
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async () => {
      const organization = requireOrganization(await this.organizations.state(id));
      const { state, revision } = await this.groups.load(stream);
      const current = requireGroup(state);
      const events = group.decide({ type: 'Unlink', byChoice: true }, current);
      if (events.length === 0) return null;
      const released = await this.links.release(organization, current, {
        then: 'stay',
        keepMembers: true,
      });
      const plans = [...released, { stream, revision, events }];
      return (await this.model.commit(id, context, plans)).position;
    });
  }
}
