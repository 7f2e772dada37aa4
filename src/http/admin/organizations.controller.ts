import { Body, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CreateOrganization, type CommandContext } from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import {
  AccessQueries,
  type KeyAccess,
  type OrganizationRow,
} from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller, CallerKey } from './api-key.guard.js';
import {
  AdminController,
  BODY_PROBLEMS,
  organizationParameter,
  locationHeader,
  Refuses,
} from './openapi.js';
import { Needs } from './permissions.js';
import { KnownOrganization } from './known.pipe.js';
import { nameAt, pageOf } from './page.js';
import { BodyPipe, QueryPipe } from './request-pipe.js';
import {
  NewOrganization,
  OrganizationDocument,
  OrganizationPage,
} from './organizations.contract.js';
import { PageQuery, SLUG } from './requests.js';
import { Problem } from './problem.js';

@AdminController('organizations', 'Organizations')
export class OrganizationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly access: AccessQueries,
    private readonly projector: Projector,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Post()
  @Needs('organizations:create')
  @ApiOperation({ summary: 'Creates an organization; its SCIM is off at first' })
  @ApiCreatedResponse({ type: OrganizationDocument, headers: locationHeader })
  @Refuses(...BODY_PROBLEMS, 'organization-already-exists')
  async create(
    @Body(BodyPipe) { slug, displayName, preset }: NewOrganization,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OrganizationDocument> {
    const id = slug as OrganizationId;
    const position = await this.commands.execute(
      new CreateOrganization(id, displayName, { ...(preset && { preset }) }, context),
    );
    await this.projector.waitFor('access', position);
    const row = await this.access.organization(id);
    if (!row) throw new Problem('change-not-yet-effective', 'the organization was created');
    const base = publicUrl(this.configuredUrl, request);
    void reply.header('location', `${base}/api/organizations/${id}`);
    return presentOrganization(row);
  }

  @Get()
  @Needs('organizations:read', { confines: true })
  @ApiOperation({
    summary: 'Lists organizations by slug',
    description: 'A key of one organization sees that one only.',
  })
  @ApiOkResponse({ type: OrganizationPage })
  @Refuses('request-invalid')
  async list(
    @Query(QueryPipe) { limit, cursor }: PageQuery,
    @CallerKey() { organization: only }: KeyAccess,
  ): Promise<OrganizationPage> {
    const after = cursor === undefined ? '' : nameAt(cursor, SLUG);
    await this.projector.waitForHead('access');
    const rows = await this.access.organizations(only, after, limit + 1);
    return pageOf(rows, limit, ({ organization }) => organization, presentOrganization);
  }

  @Get(':organization')
  @Needs('organizations:read')
  @ApiOperation({ summary: 'Shows an organization' })
  @ApiParam(organizationParameter)
  @ApiOkResponse({ type: OrganizationDocument })
  @Refuses('organization-unknown')
  read(@Param('organization', KnownOrganization) row: OrganizationRow): OrganizationDocument {
    return presentOrganization(row);
  }
}

function presentOrganization(row: OrganizationRow): OrganizationDocument {
  const { organization, displayName, syncEnabled, createdAt } = row;
  return { slug: organization, displayName, scimEnabled: syncEnabled, createdAt };
}
