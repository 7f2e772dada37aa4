import { Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DisableSync, EnableSync, type CommandContext } from '../../commands/messages.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller } from './api-key.guard.js';
import { ScimConnectionDocument } from './contract.js';
import { AdminController, Refuses } from './openapi.js';
import { EffectiveChanges } from './effective.js';
import { KnownOrganization } from './known.pipe.js';

@AdminController('organizations/:organization/scim', 'SCIM connection')
export class ScimConnectionController {
  constructor(
    private readonly commands: CommandBus,
    private readonly effective: EffectiveChanges,
    private readonly known: KnownOrganization,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Shows whether SCIM is on, and the base URL for the identity provider' })
  @ApiOkResponse({ type: ScimConnectionDocument })
  read(
    @Param('organization', KnownOrganization) row: OrganizationRow,
    @Req() request: FastifyRequest,
  ): ScimConnectionDocument {
    return this.present(row, request);
  }

  @Post('enable')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Turns SCIM on; requests that begin after the answer are let in on every instance',
  })
  @ApiOkResponse({ type: ScimConnectionDocument })
  @Refuses('change-not-yet-effective')
  async enable(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
  ): Promise<ScimConnectionDocument> {
    const position = await this.commands.execute(new EnableSync(organization, context));
    await this.effective.hold(position, ['access', 'directory']);
    return this.present(await this.known.transform(organization), request);
  }

  @Post('disable')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Turns SCIM off; requests that begin after the answer are refused on every instance',
    description:
      'Users, groups and teams stay as they are. The directory stands still until SCIM is on again.',
  })
  @ApiOkResponse({ type: ScimConnectionDocument })
  @Refuses('change-not-yet-effective')
  async disable(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
  ): Promise<ScimConnectionDocument> {
    const position = await this.commands.execute(new DisableSync(organization, context));
    await this.effective.hold(position, ['access']);
    return this.present(await this.known.transform(organization), request);
  }

  private present(
    { organization, syncEnabled, syncChangedAt }: OrganizationRow,
    request: FastifyRequest,
  ): ScimConnectionDocument {
    return {
      enabled: syncEnabled,
      baseUrl: `${publicUrl(this.configuredUrl, request)}/scim/v2/${organization}`,
      ...(syncChangedAt !== null && {
        ...(!syncEnabled && { frozenAt: syncChangedAt }),
        changedAt: syncChangedAt,
      }),
    };
  }
}
