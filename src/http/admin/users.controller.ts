import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { Rejection } from '../../domain/rejection.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { RosterQueries, type RosterUser } from '../../projections/roster/roster.queries.js';
import { isList, isObject } from '../../scim/json.js';
import { UserDocument, UserPage } from './contract.js';
import { AdminController, idParameter, Refuses } from './openapi.js';
import { KnownOrganization, ResourceId } from './known.pipe.js';
import { pageOf, positionAt } from './page.js';
import { QueryPipe } from './request-pipe.js';
import { UserListQuery } from './requests.js';

@AdminController('organizations/:organization/users', 'Users')
export class UsersController {
  constructor(
    private readonly roster: RosterQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists users in the order of their creation' })
  @ApiOkResponse({ type: UserPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) { limit, cursor, synced, status, origin, q }: UserListQuery,
  ): Promise<UserPage> {
    const after = cursor === undefined ? '0' : positionAt(cursor);
    await this.projector.waitForHead('roster');
    const { users, total } = await this.roster.users(organization, {
      after,
      limit: limit + 1,
      ...(synced !== undefined && { synced }),
      ...(status !== undefined && { status }),
      ...(origin !== undefined && { origin }),
      ...(q !== undefined && { q }),
    });
    return { ...pageOf(users, limit, ({ sequence }) => sequence, presentUser), total };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a user, also one that was removed' })
  @ApiParam(idParameter('user'))
  @ApiOkResponse({ type: UserDocument })
  @Refuses('organization-unknown', 'user-unknown')
  async read(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Param('id', new ResourceId('user-unknown')) id: string,
  ): Promise<UserDocument> {
    await this.projector.waitForHead('roster');
    const user = await this.roster.user(organization, id);
    if (!user) throw new Rejection('user-unknown');
    return presentUser(user);
  }
}

function presentUser(user: RosterUser): UserDocument {
  const { id, resource, status, synced, origin, teams, createdAt, modifiedAt } = user;
  const { userName, externalId, displayName, name, emails } = resource;
  return {
    id,
    userName: typeof userName === 'string' ? userName : '',
    ...(typeof externalId === 'string' && { externalId }),
    ...(typeof displayName === 'string' && { displayName }),
    ...(name !== undefined && isObject(name) && { name }),
    emails: isList(emails) ? emails : [],
    status,
    synced,
    origin,
    teams,
    createdAt,
    modifiedAt,
  };
}
