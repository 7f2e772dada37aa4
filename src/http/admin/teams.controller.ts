import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import {
  RosterQueries,
  type RosterTeam,
  type TeamMember,
} from '../../projections/roster/roster.queries.js';
import { TeamDocument, TeamMemberDocument, TeamMemberPage, TeamPage } from './contract.js';
import { AdminController, idParameter, Refuses } from './openapi.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { pageOf, positionAt } from './page.js';
import { QueryPipe } from './request-pipe.js';
import { PageQuery } from './requests.js';

@AdminController('organizations/:organization/teams', 'Teams')
export class TeamsController {
  constructor(
    private readonly roster: RosterQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
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
    return { ...pageOf(teams, limit, ({ sequence }) => sequence, presentTeam), total };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a team and the groups that feed it' })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: TeamDocument })
  @Refuses('organization-unknown', 'team-unknown')
  async read(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('team-unknown')) id: string,
  ): Promise<TeamDocument> {
    await this.projector.waitForHead('roster');
    const team = await this.roster.team(organization, id);
    if (!team) throw new Rejection('team-unknown');
    return presentTeam(team);
  }

  @Get(':id/members')
  @ApiOperation({ summary: 'Lists the members of a team in the order of their creation' })
  @ApiParam(idParameter('team'))
  @ApiOkResponse({ type: TeamMemberPage })
  @Refuses('request-invalid', 'organization-unknown', 'team-unknown')
  async members(
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
    return pageOf(members, limit, ({ sequence }) => sequence, presentMember);
  }
}

function presentTeam(team: RosterTeam): TeamDocument {
  const { id, name, synced, archived, groups, memberCount, createdAt } = team;
  return { id, name, synced, archived, groups, memberCount, createdAt };
}

function presentMember({ id, userName, status, grants }: TeamMember): TeamMemberDocument {
  return { id, userName, status, grants };
}
