import { Body, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IssueToken, RevokeToken, type CommandContext } from '../../commands/messages.js';
import {
  AccessQueries,
  type OrganizationRow,
  type TokenRow,
} from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller } from './api-key.guard.js';
import { AdminController, BODY_PROBLEMS, idParameter, locationHeader, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { EffectiveChanges } from './effective.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { BodyPipe } from './request-pipe.js';
import { IssuedTokenDocument, NewToken, TokenDocument, TokenList } from './tokens.contract.js';

@AdminController('organizations/:organization/scim/tokens', 'SCIM tokens')
export class TokensController {
  constructor(
    private readonly commands: CommandBus,
    private readonly access: AccessQueries,
    private readonly projector: Projector,
    private readonly effective: EffectiveChanges,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Post()
  @Needs('tokens:manage')
  @ApiOperation({
    summary: 'Issues a token, which is shown in this answer and never again',
    description:
      'Several tokens are valid at a time. To rotate, issue a second, give it to the identity provider, and revoke the first when its `lastUsedAt` stands still.',
  })
  @ApiCreatedResponse({ type: IssuedTokenDocument, headers: locationHeader })
  @Refuses(...BODY_PROBLEMS, 'token-expiry-in-the-past', 'name-already-claimed')
  async issue(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(BodyPipe) { name, expiresAt }: NewToken,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedTokenDocument> {
    const until = expiresAt ? new Date(expiresAt).toISOString() : null;
    const issued = await this.commands.execute(new IssueToken(organization, name, until, context));
    const { id, token, createdAt, position } = issued;
    await this.projector.waitFor('access', position);
    const base = publicUrl(this.configuredUrl, request);
    void reply.header('location', `${base}/api/organizations/${organization}/scim/tokens/${id}`);
    void reply.header('cache-control', 'no-store');
    return { id, name, token, createdAt, ...(until !== null && { expiresAt: until }) };
  }

  @Get()
  @Needs('tokens:read')
  @ApiOperation({ summary: 'Lists the tokens that are not revoked, the oldest first' })
  @ApiOkResponse({ type: TokenList })
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
  ): Promise<TokenList> {
    const rows = await this.access.tokensOf(organization);
    return { items: rows.map(presentToken) };
  }

  @Delete(':id')
  @Needs('tokens:manage')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revokes a token; no instance accepts it when answered' })
  @ApiParam(idParameter('token'))
  @ApiNoContentResponse({ description: 'The token is revoked, by this request or an earlier one.' })
  @Refuses('organization-unknown', 'token-unknown', 'change-not-yet-effective')
  async revoke(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('token-unknown')) id: string,
    @Caller() context: CommandContext,
  ): Promise<void> {
    const position = await this.commands.execute(new RevokeToken(organization, id, context));
    await this.effective.hold(position, ['access']);
  }
}

function presentToken(row: TokenRow): TokenDocument {
  const { id, name, createdAt, createdBy, expiresAt, lastUsedAt, lastUsedBy } = row;
  return {
    id,
    name,
    createdAt,
    createdBy,
    ...(expiresAt !== null && { expiresAt }),
    ...(lastUsedAt !== null && { lastUsedAt }),
    ...(lastUsedBy !== null && { lastUsedBy }),
  };
}
