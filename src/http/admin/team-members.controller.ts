import { Delete, Get, HttpStatus, Param, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AddTeamMember, RemoveTeamMember, type CommandContext } from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { RosterQueries, type TeamMember } from '../../projections/roster/roster.queries.js';
import { Caller } from './api-key.guard.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { AdminController, idParameter, Refuses } from './openapi.js';
import { pageOf, positionAt } from './page.js';
import { Needs } from './permissions.js';
import { QueryPipe } from './request-pipe.js';
import { PageQuery } from './requests.js';
import { ChangedTeamMemberDocument, TeamMemberPage, WarningsDocument } from './teams.contract.js';
import { presentUser } from './user-document.js';
import { VisibleChanges } from './visible.js';
import { warningsOf } from './warning.js';

const userParameter = { ...idParameter('user'), name: 'userId' } as const;

@AdminController('organizations/:organization/teams/:id/members', 'Teams')
export class TeamMembersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly roster: RosterQueries,
    private readonly projector: Projector,
    private readonly visible: VisibleChanges,
  ) {}

  @Get()
  @Needs('teams:read')
  @ApiOperation({ summary: 'Lists the members of a team in the order of their creation' })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: TeamMemberPage })
  @Refuses('request-invalid', 'organization-unknown', 'team-unknown')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Query(QueryPipe) { limit, cursor }: PageQuery,
  ): Promise<TeamMemberPage> {
    const after = cursor === undefined ? '0' : positionAt(cursor);
    await this.projector.waitForHead('roster');
    const [team, members] = await Promise.all([
      this.roster.team(organization, id),
      this.roster.members(organization, id, after, limit + 1),
    ]);
    if (!team) throw new Rejection('team-unknown');
    return pageOf(
      members,
      limit,
      ({ sequence }) => sequence,
      (member) => presentMember(member),
    );
  }

  @Put(':userId')
  @Needs('teams:change')
  @ApiOperation({
    summary: 'Adds a user to a team by hand',
    description:
      'Of a team that a group feeds: refused or answered with warnings, as policy manualUpdates says.',
  })
  @ApiParam(idParameter('team'))
  @ApiParam(userParameter)
  @ApiOkResponse({ type: ChangedTeamMemberDocument })
  @Refuses(
    'organization-unknown',
    'team-unknown',
    'user-unknown',
    'team-archived',
    'managed-by-identity-provider',
  )
  async add(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Param('userId', new ResourceId('user-unknown')) userId: string,
    @Caller() context: CommandContext,
  ): Promise<ChangedTeamMemberDocument> {
    const { position, overridden } = await this.commands.execute(
      new AddTeamMember(organization, id, userId, context),
    );
    await this.visible.hold(position);
    const member = await this.roster.member(organization, id, userId);
    return member
      ? presentMember(member, overridden)
      : this.presentAbsent(organization, userId, overridden);
  }

  @Delete(':userId')
  @Needs('teams:change')
  @ApiOperation({
    summary: 'Takes a user out of a team, whatever the grant',
    description:
      'Of a team that a group feeds: refused or answered with warnings, as policy manualUpdates says. What a sign-in grants ends until the next sign-in.',
  })
  @ApiParam(idParameter('team'))
  @ApiParam(userParameter)
  @ApiNoContentResponse({ description: 'The user is not in the team.' })
  @ApiOkResponse({
    type: WarningsDocument,
    description: 'The user is not in the team until the identity provider states otherwise.',
  })
  @Refuses('organization-unknown', 'team-unknown', 'user-unknown', 'managed-by-identity-provider')
  async remove(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Param('userId', new ResourceId('user-unknown')) userId: string,
    @Caller() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WarningsDocument | undefined> {
    const { position, overridden } = await this.commands.execute(
      new RemoveTeamMember(organization, id, userId, context),
    );
    await this.visible.hold(position);
    const { warnings } = warningsOf(overridden);
    if (warnings) return { warnings };
    void reply.status(HttpStatus.NO_CONTENT);
    return undefined;
  }

  /** Whoever was removed from the organization is shown without grants: none counts until a reactivation. */
  private async presentAbsent(
    organization: OrganizationId,
    userId: string,
    overridden: readonly string[],
  ): Promise<ChangedTeamMemberDocument> {
    const user = await this.roster.user(organization, userId);
    if (!user) throw new Rejection('user-unknown');
    const { userName, status } = presentUser(user);
    return { id: userId, userName, status, grants: [], ...warningsOf(overridden) };
  }
}

function presentMember(
  member: TeamMember,
  overridden: readonly string[] = [],
): ChangedTeamMemberDocument {
  const { id, userName, status, grants, override } = member;
  return { id, userName, status, grants, ...(override && { override }), ...warningsOf(overridden) };
}
