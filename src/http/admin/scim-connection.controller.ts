import { Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  DisableSync,
  EnableSync,
  ResumeRemovals,
  type CommandContext,
} from '../../commands/messages.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { PreviewQueries } from '../../projections/roster/preview.queries.js';
import { policiesOf } from '../policies.js';
import { Caller } from './api-key.guard.js';
import { presentEffects } from './effects-document.js';
import { EffectiveChanges } from './effective.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { QueryPipe } from './request-pipe.js';
import { DryRunQuery } from './requests.js';
import { ScimConnectionDocument, ScimPreviewDocument } from './scim-connection.contract.js';
import { preconditionsOf, ScimConnections } from './scim-connections.js';
import { VisibleChanges } from './visible.js';

@AdminController('organizations/:organization/scim', 'SCIM connection')
export class ScimConnectionController {
  constructor(
    private readonly commands: CommandBus,
    private readonly connections: ScimConnections,
    private readonly effective: EffectiveChanges,
    private readonly visible: VisibleChanges,
    private readonly known: KnownOrganization,
    private readonly previews: PreviewQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
  @Needs('scim:read')
  @ApiOperation({ summary: 'Shows whether SCIM is on, and the base URL for the identity provider' })
  @ApiOkResponse({ type: ScimConnectionDocument })
  read(
    @Param('organization', KnownOrganization) row: OrganizationRow,
    @Req() request: FastifyRequest,
  ): Promise<ScimConnectionDocument> {
    return this.connections.present(row, request);
  }

  @Post('enable')
  @Needs('scim:configure')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Turns SCIM on; requests that begin after the answer are let in on every instance',
    description:
      'Refused with the first precondition that is not met. `dryRun=true` answers whom and what it would put under the identity provider instead.',
  })
  @ApiExtraModels(ScimConnectionDocument, ScimPreviewDocument)
  @ApiOkResponse({
    description: 'The connection; or the preview.',
    schema: {
      oneOf: [
        { $ref: getSchemaPath(ScimConnectionDocument) },
        { $ref: getSchemaPath(ScimPreviewDocument) },
      ],
    },
  })
  @Refuses(
    'request-invalid',
    'entitlement-missing',
    'sso-missing',
    'sso-mismatch',
    'change-not-yet-effective',
  )
  async enable(
    @Param('organization', KnownOrganization) row: OrganizationRow,
    @Query(QueryPipe) { dryRun }: DryRunQuery,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
  ): Promise<ScimConnectionDocument | ScimPreviewDocument> {
    if (dryRun) return this.preview(row);
    const { organization } = row;
    const position = await this.commands.execute(new EnableSync(organization, context));
    await this.effective.hold(position, ['access', 'directory', 'roster']);
    return this.connections.present(await this.known.transform(organization), request);
  }

  @Post('disable')
  @Needs('scim:configure')
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
    return this.connections.present(await this.known.transform(organization), request);
  }

  @Post('resume')
  @Needs('scim:configure')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Lets the identity provider remove users again',
    description:
      'After policy massRemovalLimit paused removals, as `paused` of the connection tells. Counting begins anew.',
  })
  @ApiOkResponse({ type: ScimConnectionDocument })
  async resume(
    @Param('organization', KnownOrganization) row: OrganizationRow,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
  ): Promise<ScimConnectionDocument> {
    await this.visible.hold(
      await this.commands.execute(new ResumeRemovals(row.organization, context)),
    );
    return this.connections.present(row, request);
  }

  private async preview({ organization, policies }: OrganizationRow): Promise<ScimPreviewDocument> {
    await this.projector.waitForHead('roster');
    const effects = await this.previews.enableEffects(organization);
    return {
      preconditions: preconditionsOf(policiesOf(policies)),
      effects: presentEffects(effects),
    };
  }
}
