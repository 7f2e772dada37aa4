import {
  Body,
  Delete,
  Get,
  Headers,
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
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  EditUser,
  RegisterUser,
  RemoveUser,
  type CommandContext,
  type UserChanges,
} from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { RosterQueries } from '../../projections/roster/roster.queries.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { Caller } from './api-key.guard.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, idParameter, locationHeader, Refuses } from './openapi.js';
import { pageOf, positionAt } from './page.js';
import { Needs } from './permissions.js';
import { Problem, shown } from './problem.js';
import { BodyPipe, QueryPipe } from './request-pipe.js';
import { UserListQuery } from './requests.js';
import { readUserAttributes } from './user-attributes.js';
import { presentUser } from './user-document.js';
import {
  ChangedUserDocument,
  NewUser,
  UserChangesBody,
  UserDocument,
  UserPage,
} from './users.contract.js';
import { createdUnseen, VisibleChanges } from './visible.js';

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

@AdminController('organizations/:organization/users', 'Users')
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly roster: RosterQueries,
    private readonly projector: Projector,
    private readonly visible: VisibleChanges,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  @Get()
  @Needs('users:read')
  @ApiOperation({ summary: 'Lists users in the order of their creation' })
  @ApiOkResponse({ type: UserPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) { limit, cursor, synced, status, origin, q }: UserListQuery,
  ): Promise<UserPage> {
    const after = cursor === undefined ? '0' : positionAt(cursor);
    await this.projector.waitForHead('roster');
    const { users, total, counts } = await this.roster.users(organization, {
      after,
      limit: limit + 1,
      ...(synced !== undefined && { synced }),
      ...(status !== undefined && { status }),
      ...(origin !== undefined && { origin }),
      ...(q !== undefined && { q }),
    });
    return {
      ...pageOf(
        users,
        limit,
        ({ sequence }) => sequence,
        (user) => presentUser(user),
      ),
      total,
      counts,
    };
  }

  @Get(':id')
  @Needs('users:read')
  @ApiOperation({ summary: 'Shows a user, also one that was removed' })
  @ApiParam(idParameter('user'))
  @ApiOkResponse({ type: UserDocument })
  @Refuses('organization-unknown', 'user-unknown')
  async read(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('user-unknown')) id: string,
  ): Promise<UserDocument> {
    await this.projector.waitForHead('roster');
    return this.present(organization, id);
  }

  @Post()
  @Needs('users:change')
  @ApiOperation({
    summary: 'Adds a user whom the identity provider does not manage',
    description:
      'Refused while SCIM is on, where policy appCreatedUsers says so. The user comes under the identity provider when that recognises it.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Repeated with the same key, the request adds nobody and answers the user of the first time. At most 255 characters.',
    schema: { type: 'string', maxLength: 255 },
  })
  @ApiCreatedResponse({ type: UserDocument, headers: locationHeader })
  @Refuses(
    ...BODY_PROBLEMS,
    'name-already-claimed',
    'managed-by-identity-provider',
    'seat-limit-reached',
    'change-not-yet-effective',
  )
  async create(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(BodyPipe) body: NewUser,
    @Headers('idempotency-key') key: string | undefined,
    @Caller() context: CommandContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDocument> {
    const { role, origin } = body;
    const user = {
      ...readUserAttributes(body),
      userName: body.userName,
      ...(typeof role === 'string' && { role }),
    };
    const idempotencyKey = idempotencyKeyOf(key);
    const { id, position } = await this.commands.execute(
      new RegisterUser(organization, user, origin ?? 'manual', idempotencyKey, context),
    );
    await this.visible.hold(position);
    const base = publicUrl(this.configuredUrl, request);
    void reply.header('location', `${base}/api/organizations/${organization}/users/${id}`);
    const added = await this.roster.user(organization, id);
    if (!added) throw createdUnseen('user');
    return presentUser(added);
  }

  @Patch(':id')
  @Needs('users:change')
  @ApiOperation({
    summary: 'Changes the given attributes of a user',
    description:
      'Of a user whom the identity provider manages: refused or answered with warnings, as policy manualUpdates says.',
  })
  @ApiParam(idParameter('user'))
  @ApiOkResponse({ type: ChangedUserDocument })
  @Refuses(
    ...BODY_PROBLEMS,
    'organization-unknown',
    'user-unknown',
    'name-already-claimed',
    'managed-by-identity-provider',
    'protected-user',
    'seat-limit-reached',
  )
  async change(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('user-unknown')) id: string,
    @Body(BodyPipe) body: UserChangesBody,
    @Caller() context: CommandContext,
  ): Promise<ChangedUserDocument> {
    const { active, role } = body;
    const changes: UserChanges = {
      ...readUserAttributes(body),
      ...(active !== undefined && { active }),
      ...(role !== undefined && { role }),
    };
    const { position, overridden } = await this.commands.execute(
      new EditUser(organization, id, changes, context),
    );
    await this.visible.hold(position);
    return this.present(organization, id, overridden);
  }

  @Delete(':id')
  @Needs('users:change')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Deletes a user; the userName is free again, for another user',
    description:
      'Of a user whom the identity provider manages: refused while SCIM is on, unless policy manualDelete allows it. The identity provider then finds the old id no more.',
  })
  @ApiParam(idParameter('user'))
  @ApiNoContentResponse({ description: 'The user is deleted.' })
  @Refuses('organization-unknown', 'user-unknown', 'managed-by-identity-provider', 'protected-user')
  async remove(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('user-unknown')) id: string,
    @Caller() context: CommandContext,
  ): Promise<void> {
    await this.visible.hold(await this.commands.execute(new RemoveUser(organization, id, context)));
  }

  /** @throws Rejection user-unknown */
  private async present(
    organization: OrganizationId,
    id: string,
    overridden: readonly string[] = [],
  ): Promise<ChangedUserDocument> {
    const user = await this.roster.user(organization, id);
    if (!user) throw new Rejection('user-unknown');
    return presentUser(user, overridden);
  }
}

/** @throws Problem request-invalid */
function idempotencyKeyOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (IDEMPOTENCY_KEY.test(header)) return header;
  const detail = `Idempotency-Key: found ${shown(header)}, expected 1 to 255 printable characters of ASCII`;
  throw new Problem('request-invalid', detail);
}
