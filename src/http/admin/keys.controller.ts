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
import {
  IssueApiKey,
  RevokeApiKey,
  type CommandContext,
  type IssuedApiKey,
} from '../../commands/messages.js';
import type { ApiKeyScope } from '../../domain/api-key.js';
import type { ApiKeyId, OrganizationId } from '../../domain/identifiers.js';
import { Rejection } from '../../domain/rejection.js';
import {
  AccessQueries,
  type ApiKeyRow,
  type KeyAccess,
} from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller, CallerKey, OF_ANOTHER_ORGANIZATION } from './api-key.guard.js';
import { EffectiveChanges } from './effective.js';
import { ApiKeyDocument, ApiKeyList, IssuedApiKeyDocument, NewApiKey } from './keys.contract.js';
import { isUuid } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, idParameter, locationHeader, Refuses } from './openapi.js';
import { covers, Needs } from './permissions.js';
import { Problem, shown } from './problem.js';
import { BodyPipe } from './request-pipe.js';

@AdminController('keys', 'API keys')
export class KeysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly access: AccessQueries,
    private readonly projector: Projector,
    private readonly effective: EffectiveChanges,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Post()
  @Needs('keys:manage', { confines: true })
  @ApiOperation({
    summary: 'Issues an API key, which is shown in this answer and never again',
    description:
      'A key issues only keys that can do no more than it can itself: an owner any; an administrator those of administrators, auditors and applications, one of one organization those of its organization only. Several keys are valid at a time. To rotate, issue a second, use it, and revoke the first.',
  })
  @ApiCreatedResponse({ type: IssuedApiKeyDocument, headers: locationHeader })
  @Refuses(...BODY_PROBLEMS)
  async issue(
    @Body(BodyPipe) wanted: NewApiKey,
    @CallerKey() caller: KeyAccess,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedApiKeyDocument> {
    const scope = scopeOf(wanted);
    if (!covers(caller, scope)) {
      const detail = 'a key issues only keys that can do no more than it can itself';
      throw new Problem('forbidden', detail);
    }
    const { id, key, createdAt, position } = await this.record(wanted.name, scope, context);
    if (position !== null) await this.projector.waitFor('access', position);
    void reply.header('location', `${publicUrl(this.configuredUrl, request)}/api/keys/${id}`);
    void reply.header('cache-control', 'no-store');
    const row = { ...scope, id, name: wanted.name, createdAt, createdBy: context.actor };
    return Object.assign(presentKey(row), { key });
  }

  @Get()
  @Needs('keys:read', { confines: true })
  @ApiOperation({
    summary: 'Lists the API keys that are not revoked, the oldest first',
    description: 'A key of one organization sees the keys of that organization.',
  })
  @ApiOkResponse({ type: ApiKeyList })
  async list(@CallerKey() { organization }: KeyAccess): Promise<ApiKeyList> {
    await this.projector.waitForHead('access');
    const rows = await this.access.apiKeys(organization);
    return { items: rows.map(presentKey) };
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('keys:manage', { confines: true })
  @ApiOperation({
    summary: 'Revokes an API key; no instance accepts it when answered',
    description:
      'A key revokes only keys that can do no more than it can itself. The key of ROLLCALL_ADMIN_KEY is valid again after the next start; without that, a start at which no owner has a key makes and prints one.',
  })
  @ApiParam(idParameter('API key'))
  @ApiNoContentResponse({ description: 'The key is revoked, by this request or an earlier one.' })
  @Refuses('api-key-unknown', 'change-not-yet-effective')
  async revoke(
    @Param('id') id: string,
    @CallerKey() caller: KeyAccess,
    @Caller() context: CommandContext,
  ): Promise<void> {
    const { id: keyId } = await this.knownTo(caller, id);
    const position = await this.commands.execute(new RevokeApiKey(keyId, context));
    await this.effective.hold(position, ['access']);
  }

  /** @throws Problem request-invalid: there is no such organization */
  private async record(
    name: string,
    scope: ApiKeyScope,
    context: CommandContext,
  ): Promise<IssuedApiKey> {
    try {
      return await this.commands.execute(new IssueApiKey(name, scope, context));
    } catch (error) {
      if (!(error instanceof Rejection) || error.reason !== 'organization-unknown') throw error;
      throw wrongOrganization(scope.organization, 'the slug of an organization');
    }
  }

  /** @throws Problem api-key-unknown, forbidden */
  private async knownTo(caller: KeyAccess, id: string): Promise<ApiKeyRow> {
    await this.projector.waitForHead('access');
    const key = isUuid(id) ? await this.access.apiKey(id as ApiKeyId) : undefined;
    if (caller.organization !== null && key?.organization !== caller.organization) {
      throw new Problem('forbidden', OF_ANOTHER_ORGANIZATION);
    }
    if (!key) throw new Problem('api-key-unknown', 'path: expected the id of an API key');
    if (!covers(caller, key)) {
      throw new Problem('forbidden', `the key is of role ${key.role}, which can do more`);
    }
    return key;
  }
}

/** @throws Problem request-invalid: a role of the whole installation with an organization */
function scopeOf({ role, organization }: NewApiKey): ApiKeyScope {
  const only = (organization ?? null) as OrganizationId | null;
  if (role !== 'owner' && role !== 'operator') return { role, organization: only };
  if (only !== null) throw wrongOrganization(only, `none with the role ${role}`);
  return { role, organization: null };
}

function wrongOrganization(found: string | null, expected: string): Problem {
  const detail = `organization: found ${shown(found)}, expected ${expected}`;
  return new Problem('request-invalid', detail, [{ pointer: '#/organization', detail }]);
}

function presentKey(row: ApiKeyRow): ApiKeyDocument {
  const { id, name, role, organization, createdAt, createdBy } = row;
  return { id, name, role, ...(organization !== null && { organization }), createdAt, createdBy };
}
