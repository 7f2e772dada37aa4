import { Body, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import {
  CommitTeamSyncMigration,
  MapTeamSync,
  PlanTeamSyncMigration,
  RollBackTeamSyncMigration,
  type CommandContext,
  type PlannedLink,
} from '../../commands/messages.js';
import type { OrganizationId, TeamId } from '../../domain/identifiers.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import {
  TeamSyncQueries,
  type MigrationEffects,
} from '../../projections/roster/team-sync.queries.js';
import { Caller } from './api-key.guard.js';
import { EffectiveChanges } from './effective.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { ListOrBodyPipe } from './request-pipe.js';
import {
  PlannedLinkDocument,
  TeamSyncMappingBody,
  TeamSyncMappingList,
  TeamSyncMigrationDocument,
} from './team-sync.contract.js';

@AdminController('organizations/:organization/team-sync', 'Team Sync')
export class TeamSyncController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly teamSync: TeamSyncQueries,
    private readonly projector: Projector,
    private readonly effective: EffectiveChanges,
  ) {}

  @Get('mappings')
  @Needs('team-sync:read')
  @ApiOperation({ summary: 'Shows into which teams the groups of sign-in claims lead' })
  @ApiOkResponse({ type: TeamSyncMappingList })
  async mappings(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
  ): Promise<TeamSyncMappingList> {
    await this.projector.waitForHead('roster');
    return { items: await this.teamSync.mappings(organization) };
  }

  @Put('mappings')
  @Needs('team-sync:change')
  @ApiOperation({
    summary: 'Replaces the mappings',
    description:
      'They count from the next sign-in on, on every instance when answered, while policy teamSync is sign-in. Also the import of the mappings of another product, before a migration.',
  })
  @ApiBody({
    schema: {
      oneOf: [
        { $ref: getSchemaPath(TeamSyncMappingList) },
        { type: 'array', items: { $ref: getSchemaPath(TeamSyncMappingBody) } },
      ],
    },
  })
  @ApiOkResponse({ type: TeamSyncMappingList })
  @Refuses(...BODY_PROBLEMS, 'organization-unknown', 'team-unknown', 'change-not-yet-effective')
  async map(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(ListOrBodyPipe) { items }: TeamSyncMappingList,
    @Caller() context: CommandContext,
  ): Promise<TeamSyncMappingList> {
    const mappings = items.map(({ externalGroup, teamId }) => ({
      externalGroup,
      teamId: teamId as TeamId,
    }));
    const position = await this.commands.execute(new MapTeamSync(organization, mappings, context));
    await this.effective.hold(position, ['roster']);
    return { items: mappings };
  }

  @Post('migration')
  @Needs('team-sync:read')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Plans the migration from Team Sync to pushed groups; changes nothing',
    description:
      'For each mapping: which pushed group would feed the team, and who would come into the team or leave it.',
  })
  @ApiOkResponse({ type: TeamSyncMigrationDocument })
  async plan(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
  ): Promise<TeamSyncMigrationDocument> {
    const { links, effects } = await this.planned(organization);
    return presentMigration(links, effects);
  }

  @Post('migration/commit')
  @Needs('team-sync:change')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Migrates as planned, in one recorded step',
    description:
      'Policy teamSync becomes scim and the groups feed their teams. What sign-ins granted rests until a rollback.',
  })
  @ApiOkResponse({
    type: TeamSyncMigrationDocument,
    description: 'What was planned, as it was done.',
  })
  @Refuses('migration-unavailable', 'change-not-yet-effective')
  async commit(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Caller() context: CommandContext,
  ): Promise<TeamSyncMigrationDocument> {
    // The effects can be told only while sign-ins still count.
    const { effects } = await this.planned(organization);
    const { links, position } = await this.commands.execute(
      new CommitTeamSyncMigration(organization, context),
    );
    await this.effective.hold(position, ['access', 'directory', 'roster']);
    return presentMigration(links, effects);
  }

  @Post('migration/rollback')
  @Needs('team-sync:change')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Undoes the last migration: memberships are what they were before',
    description: 'Policy teamSync becomes sign-in again, and the links of the migration end.',
  })
  @ApiOkResponse({
    type: TeamSyncMigrationDocument,
    description: 'What the migration would come to if it were committed again.',
  })
  @Refuses('migration-unavailable', 'change-not-yet-effective')
  async rollBack(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Caller() context: CommandContext,
  ): Promise<TeamSyncMigrationDocument> {
    const position = await this.commands.execute(
      new RollBackTeamSyncMigration(organization, context),
    );
    await this.effective.hold(position, ['access', 'directory', 'roster']);
    const { links, effects } = await this.planned(organization);
    return presentMigration(links, effects);
  }

  private async planned(
    organization: OrganizationId,
  ): Promise<{ readonly links: readonly PlannedLink[]; readonly effects: MigrationEffects }> {
    await this.projector.waitForHead('roster');
    const links = await this.queries.execute(new PlanTeamSyncMigration(organization));
    return { links, effects: await this.teamSync.migrationEffects(organization, links) };
  }
}

function presentMigration(
  links: readonly PlannedLink[],
  { teams, groupNames }: MigrationEffects,
): TeamSyncMigrationDocument {
  const planned = new Set<string>(links.map(({ teamId }) => teamId));
  const abandoned = teams.filter(({ team, lost }) => !planned.has(team.id) && lost.total > 0);
  return {
    links: links.map((link) => presentLink(link, { teams, groupNames })),
    abandoned: abandoned.map(({ team, lost }) => ({
      team,
      lost: lost.items,
      lostTotal: lost.total,
    })),
  };
}

function presentLink(
  { externalGroup, teamId, groupId, matchedBy }: PlannedLink,
  { teams, groupNames }: MigrationEffects,
): PlannedLinkDocument {
  const touched = teams.find(({ team }) => team.id === teamId);
  return {
    externalGroup,
    team: touched?.team ?? { id: teamId, name: '' },
    group: groupId === null ? null : { id: groupId, displayName: groupNames.get(groupId) ?? '' },
    matchedBy,
    gained: touched?.gained.items ?? [],
    gainedTotal: touched?.gained.total ?? 0,
    lost: touched?.lost.items ?? [],
    lostTotal: touched?.lost.total ?? 0,
  };
}
