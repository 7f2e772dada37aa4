import { Body, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { LinkGroup, UnlinkGroup, type CommandContext } from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { LinkQueries, type GroupLink } from '../../projections/roster/links.queries.js';
import { Caller } from './api-key.guard.js';
import { TEAM_ID } from './examples.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { GroupLinkDocument, GroupLinkPage, LinkDecision } from './links.contract.js';
import { AdminController, BODY_PROBLEMS, idParameter, Refuses } from './openapi.js';
import { pageOf, positionAt } from './page.js';
import { Needs } from './permissions.js';
import { Problem } from './problem.js';
import { BodyPipe, QueryPipe } from './request-pipe.js';
import { PageQuery } from './requests.js';
import { VisibleChanges } from './visible.js';

const DECISIONS = {
  existing: { summary: 'A team that exists', value: { teamId: TEAM_ID } },
  created: { summary: "A new team of the group's name", value: { createTeam: true } },
} as const;

const groupParameter = { ...idParameter('group'), name: 'groupId' } as const;

@AdminController('organizations/:organization/group-links', 'Group links')
export class LinksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly links: LinkQueries,
    private readonly projector: Projector,
    private readonly visible: VisibleChanges,
  ) {}

  @Get()
  @Needs('group-links:read')
  @ApiOperation({
    summary: 'Lists the pushed groups in the order of their creation, and which team each feeds',
    description: 'Those that wait for a decision come with the teams that it could be for.',
  })
  @ApiOkResponse({ type: GroupLinkPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) { limit, cursor }: PageQuery,
  ): Promise<GroupLinkPage> {
    const after = cursor === undefined ? '0' : positionAt(cursor);
    await this.projector.waitForHead('roster');
    const links = await this.links.links(organization, after, limit + 1);
    return pageOf(links, limit, ({ sequence }) => sequence, presentLink);
  }

  @Post(':groupId')
  @Needs('group-links:change')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Lets a group feed a team, or a new team of its name',
    description: "The team keeps its id; its members stay, and join the group's.",
  })
  @ApiParam(groupParameter)
  @ApiBody({ type: LinkDecision, examples: DECISIONS })
  @ApiOkResponse({ type: GroupLinkDocument })
  @Refuses(
    ...BODY_PROBLEMS,
    'organization-unknown',
    'group-unknown',
    'team-unknown',
    'link-conflict',
    'team-archived',
    'policy-conflict',
  )
  async link(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('groupId', new ResourceId('group-unknown')) groupId: string,
    @Body(BodyPipe) decision: LinkDecision,
    @Caller() context: CommandContext,
  ): Promise<GroupLinkDocument> {
    const target = targetOf(decision);
    await this.visible.hold(
      await this.commands.execute(new LinkGroup(organization, groupId, target, context)),
    );
    return this.present(organization, groupId);
  }

  @Delete(':groupId')
  @Needs('group-links:change')
  @ApiOperation({
    summary: 'Ends that a group feeds its team; no policy links it again',
    description: 'Who was in the team by the group stays in it, from here on by hand.',
  })
  @ApiParam(groupParameter)
  @ApiOkResponse({ type: GroupLinkDocument })
  @Refuses('organization-unknown', 'group-unknown')
  async unlink(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('groupId', new ResourceId('group-unknown')) groupId: string,
    @Caller() context: CommandContext,
  ): Promise<GroupLinkDocument> {
    await this.visible.hold(
      await this.commands.execute(new UnlinkGroup(organization, groupId, context)),
    );
    return this.present(organization, groupId);
  }

  /** @throws Rejection group-unknown */
  private async present(organization: OrganizationId, groupId: string): Promise<GroupLinkDocument> {
    const link = await this.links.link(organization, groupId);
    if (!link) throw new Rejection('group-unknown');
    return presentLink(link);
  }
}

/** @throws Problem request-invalid: neither or both */
function targetOf({ teamId, createTeam }: LinkDecision): LinkGroup['target'] {
  if (teamId !== undefined && createTeam === undefined) return { teamId };
  if (teamId === undefined && createTeam) return { createTeam };
  const found = teamId === undefined ? 'neither' : 'both';
  throw new Problem('request-invalid', `body: expected teamId or createTeam, found ${found}`);
}

function presentLink(link: GroupLink): GroupLinkDocument {
  const { groupId, displayName, externalId, state, team, candidates, joining, leaving } = link;
  return {
    groupId,
    displayName,
    ...(externalId !== null && { externalId }),
    state,
    ...(team !== null && { team }),
    ...(candidates.length > 0 && { candidates }),
    joining: joining.items,
    joiningTotal: joining.total,
    leaving: leaving.items,
    leavingTotal: leaving.total,
  };
}
