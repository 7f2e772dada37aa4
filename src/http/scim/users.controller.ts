import { Controller, Delete, Get, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CreateUser,
  CurrentUser,
  DeleteUser,
  PatchUser,
  ReplaceUser,
  type WrittenUser,
} from '../../commands/messages.js';
import { DirectoryQueries } from '../../projections/directory/directory.queries.js';
import { ScimError } from '../../scim/errors.js';
import { projectResource, type Projection } from '../../scim/projection.js';
import { userType } from '../../scim/schema.js';
import { callerOf } from './authentication.js';
import { ListTurns } from './list-turns.js';
import { listRequest, sendList } from './listing.js';
import { ReadYourWrites } from './read-your-writes.js';
import { expectedVersions, projectionOf, Representation, sendResource } from './representation.js';
import { RequestReader } from './request-reader.js';
import { contextOf } from './scim-context.js';

/** Users. RFC 7644 §3.3 to §3.6 */
@Controller('scim/v2/:organization/Users')
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly directory: DirectoryQueries,
    private readonly writes: ReadYourWrites,
    private readonly representation: Representation,
    private readonly turns: ListTurns,
    private readonly reader: RequestReader,
  ) {}

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(userType, request);
    const attributes = this.reader.resource(userType, request);
    const command = new CreateUser(organization, attributes, contextOf(request));
    const user = await this.writes.outcome('', this.commands.execute(command));
    await this.writes.hold(user.id, user.position);
    const base = this.representation.baseUrl(request, organization);
    sendResource(reply, 201, userType, this.representation.user(base, user, []), projection);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(userType, request);
    const base = this.representation.baseUrl(request, organization);
    const listing = listRequest(userType, request, base);
    await this.writes.seesAll();
    const page = await this.turns.run(organization, listing, () =>
      this.directory.users(organization, listing),
    );
    const resources = page.resources.map((user) =>
      projectResource(userType, this.representation.user(base, user, user.groups), projection),
    );
    sendList(reply, resources, page.total, listing);
  }

  @Get(':id')
  async read(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(userType, request);
    const base = this.representation.baseUrl(request, organization);
    if (this.writes.isLate(id)) {
      const user = await this.queries.execute(new CurrentUser(organization, id));
      return this.sendWritten(request, reply, user, projection);
    }
    // Its groups are part of it, and a late write of one is remembered by the group's id.
    await this.writes.seesAll();
    const user = await this.directory.user(organization, id);
    if (!user) throw new ScimError(404, undefined, 'no such user');
    const resource = this.representation.user(base, user, user.groups);
    sendResource(reply, 200, userType, resource, projection);
  }

  @Put(':id')
  async replace(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(userType, request);
    const attributes = this.reader.resource(userType, request);
    const command = new ReplaceUser(
      organization,
      id,
      attributes,
      expectedVersions(request),
      contextOf(request),
    );
    const user = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(user.id, user.position);
    await this.sendWritten(request, reply, user, projection);
  }

  @Patch(':id')
  async patch(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(userType, request);
    const operations = this.reader.operations(userType, request);
    const command = new PatchUser(
      organization,
      id,
      operations,
      expectedVersions(request),
      contextOf(request),
    );
    const user = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(user.id, user.position);
    await this.sendWritten(request, reply, user, projection);
  }

  @Delete(':id')
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const command = new DeleteUser(organization, id, expectedVersions(request), contextOf(request));
    const position = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(id, position);
    void reply.code(204).send();
  }

  private async sendWritten(
    request: FastifyRequest,
    reply: FastifyReply,
    user: WrittenUser,
    projection: Projection | undefined,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const groups = await this.directory.groupsShownOf(organization, user.id);
    const base = this.representation.baseUrl(request, organization);
    const resource = this.representation.user(base, user, groups);
    sendResource(reply, 200, userType, resource, projection);
  }
}
