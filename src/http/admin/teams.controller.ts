import {
  Body,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CreateTeam, DeleteTeam, EditTeam, type CommandContext } from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { RosterQueries, type RosterTeam } from '../../projections/roster/roster.queries.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller } from './api-key.guard.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, idParameter, locationHeader, Refuses } from './openapi.js';
import { pageOf, positionAt } from './page.js';
import { Needs } from './permissions.js';
import { BodyPipe, QueryPipe } from './request-pipe.js';
import { PageQuery } from './requests.js';
import {
  ChangedTeamDocument,
  NewTeam,
  TeamChangesBody,
  TeamDocument,
  TeamPage,
} from './teams.contract.js';
import { createdUnseen, VisibleChanges } from './visible.js';
import { warningsOf } from './warning.js';

@AdminController('organizations/:organization/teams', 'Teams')
export class TeamsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly roster: RosterQueries,
    private readonly projector: Projector,
    private readonly visible: VisibleChanges,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Get()
  @Needs('teams:read')
  @ApiOperation({ summary: 'Lists teams in the order of their creation' })
  @ApiOkResponse({ type: TeamPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) { limit, cursor }: PageQuery,
  ): Promise<TeamPage> {
    const after = cursor === undefined ? '0' : positionAt(cursor);
    await this.projector.waitForHead('roster');
    const { teams, total } = await this.roster.teams(organization, after, limit + 1);
    return {
      ...pageOf(
        teams,
        limit,
        ({ sequence }) => sequence,
        (team) => presentTeam(team),
      ),
      total,
    };
  }

  @Get(':id')
  @Needs('teams:read')
  @ApiOperation({ summary: 'Shows a team and the groups that feed it' })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: TeamDocument })
  @Refuses('organization-unknown', 'team-unknown')
  async read(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
  ): Promise<TeamDocument> {
    await this.projector.waitForHead('roster');
    return this.present(organization, id);
  }

  @Post()
  @Needs('teams:change')
  @ApiOperation({
    summary: 'Creates a team; SCIM shows it as a group without members until a group feeds it',
  })
  @ApiCreatedResponse({ type: TeamDocument, headers: locationHeader })
  @Refuses(...BODY_PROBLEMS, 'change-not-yet-effective')
  async create(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(BodyPipe) { name }: NewTeam,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TeamDocument> {
    const created = await this.commands.execute(new CreateTeam(organization, name, context));
    await this.visible.hold(created.position);
    const base = publicUrl(this.configuredUrl, request);
    void reply.header('location', `${base}/api/organizations/${organization}/teams/${created.id}`);
    const team = await this.roster.team(organization, created.id);
    if (!team) throw createdUnseen('team');
    return presentTeam(team);
  }

  @Patch(':id')
  @Needs('teams:change')
  @ApiOperation({
    summary: 'Renames or archives a team',
    description:
      'A team that a group feeds: refused or answered with warnings, as policy manualUpdates says.',
  })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: ChangedTeamDocument })
  @Refuses(...BODY_PROBLEMS, 'organization-unknown', 'team-unknown', 'managed-by-identity-provider')
  async change(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Body(BodyPipe) { name, archived }: TeamChangesBody,
    @Caller() context: CommandContext,
  ): Promise<ChangedTeamDocument> {
    const changes = { ...(name !== undefined && { name }), ...(archived && { archived }) };
    return this.edit(organization, id, changes, context);
  }

  @Post(':id/restore')
  @Needs('teams:change')
  @HttpCode(200)
  @ApiOperation({ summary: 'Restores an archived team: its members have its access again' })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: ChangedTeamDocument })
  @Refuses('organization-unknown', 'team-unknown')
  async restore(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Caller() context: CommandContext,
  ): Promise<ChangedTeamDocument> {
    return this.edit(organization, id, { archived: false }, context);
  }

  @Delete(':id')
  @Needs('teams:change')
  @HttpCode(204)
  @ApiOperation({ summary: 'Deletes a team; the groups that feed it stay, unlinked' })
  @ApiParam(idParameter('team'))
  @ApiNoContentResponse({ description: 'The team is deleted.' })
  @Refuses('organization-unknown', 'team-unknown', 'managed-by-identity-provider')
  async remove(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
    @Caller() context: CommandContext,
  ): Promise<void> {
    await this.visible.hold(await this.commands.execute(new DeleteTeam(organization, id, context)));
  }

  private async edit(
    organization: OrganizationId,
    id: string,
    changes: EditTeam['changes'],
    context: CommandContext,
  ): Promise<ChangedTeamDocument> {
    const { position, overridden } = await this.commands.execute(
      new EditTeam(organization, id, changes, context),
    );
    await this.visible.hold(position);
    return this.present(organization, id, overridden);
  }

  /** @throws Rejection team-unknown */
  private async present(
    organization: OrganizationId,
    id: string,
    overrides: readonly string[] = [],
  ): Promise<ChangedTeamDocument> {
    const team = await this.roster.team(organization, id);
    if (!team) throw new Rejection('team-unknown');
    return presentTeam(team, overrides);
  }
}

function presentTeam(team: RosterTeam, overrides: readonly string[] = []): ChangedTeamDocument {
  const { id, name, synced, overridden, archived, groups, memberCount, createdAt } = team;
  return {
    id,
    name,
    synced,
    ...(overridden && { overridden }),
    archived,
    groups,
    memberCount,
    createdAt,
    ...warningsOf(overrides),
  };
}
