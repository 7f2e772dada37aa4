import { Controller, Delete, Get, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CreateGroup,
  CurrentGroup,
  DeleteGroup,
  PatchGroup,
  ReplaceGroup,
  type WrittenGroup,
} from '../../commands/messages.js';
import { DirectoryQueries } from '../../projections/directory/directory.queries.js';
import { ScimError } from '../../scim/errors.js';
import { projectionIncludes, projectResource, type Projection } from '../../scim/projection.js';
import { groupType } from '../../scim/schema.js';
import { callerOf } from './authentication.js';
import { ListTurns } from './list-turns.js';
import { listRequest, sendList } from './listing.js';
import { ReadYourWrites } from './read-your-writes.js';
import { expectedVersions, projectionOf, Representation, sendResource } from './representation.js';
import { RequestReader } from './request-reader.js';
import { recordOf } from './request-record.js';
import { contextOf } from './scim-context.js';

/**
 * A PATCH of a group with more members answers 204, unless the client says which attributes it wants: RFC 7644
 * §3.5.2 allows both, and nobody who adds one member wants to read ten thousand.
 */
const MOST_MEMBERS_ANSWERED = 200;

/** Groups. RFC 7644 §3.3 to §3.6 */
@Controller('scim/v2/:organization/Groups')
export class GroupsController {
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
    const projection = projectionOf(groupType, request);
    const attributes = this.reader.resource(groupType, request);
    const command = new CreateGroup(organization, attributes, contextOf(request));
    const group = await this.writes.outcome('', this.commands.execute(command));
    await this.writes.hold(group.id, group.position);
    await this.sendWritten(request, reply, group, projection, 201);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { organization, servesGroups } = callerOf(request);
    const projection = projectionOf(groupType, request);
    const withMembers = projectionIncludes(projection, 'members');
    const base = this.representation.baseUrl(request, organization);
    const listing = listRequest(groupType, request, base);
    if (!servesGroups) {
      recordOf(request).groupsOff();
      return sendList(reply, [], 0, listing);
    }
    await this.writes.seesAll();
    const page = await this.turns.run(organization, listing, () =>
      this.directory.groups(organization, listing, withMembers),
    );
    const resources = page.resources.map((group) =>
      projectResource(groupType, this.representation.group(base, group, group.members), projection),
    );
    sendList(reply, resources, page.total, listing);
  }

  @Get(':id')
  async read(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization, servesGroups } = callerOf(request);
    const projection = projectionOf(groupType, request);
    if (!servesGroups) {
      recordOf(request).groupsOff();
      throw new ScimError(404, undefined, 'no such group');
    }
    if (this.writes.isLate(id)) {
      const group = await this.queries.execute(new CurrentGroup(organization, id));
      return this.sendWritten(request, reply, group, projection, 200);
    }
    const withMembers = projectionIncludes(projection, 'members');
    const group = await this.directory.group(organization, id, withMembers);
    if (!group) throw new ScimError(404, undefined, 'no such group');
    const base = this.representation.baseUrl(request, organization);
    const resource = this.representation.group(base, group, group.members);
    sendResource(reply, 200, groupType, resource, projection);
  }

  @Put(':id')
  async replace(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(groupType, request);
    const attributes = this.reader.resource(groupType, request);
    const command = new ReplaceGroup(
      organization,
      id,
      attributes,
      expectedVersions(request),
      contextOf(request),
    );
    const group = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(group.id, group.position);
    await this.sendWritten(request, reply, group, projection, 200);
  }

  @Patch(':id')
  async patch(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const projection = projectionOf(groupType, request);
    const operations = this.reader.operations(groupType, request);
    const command = new PatchGroup(
      organization,
      id,
      operations,
      expectedVersions(request),
      contextOf(request),
    );
    const group = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(group.id, group.position);
    if (!projection && group.members.size > MOST_MEMBERS_ANSWERED) {
      void reply.code(204).header('etag', `W/"${group.version}"`).send();
      return;
    }
    await this.sendWritten(request, reply, group, projection, 200);
  }

  @Delete(':id')
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const command = new DeleteGroup(
      organization,
      id,
      expectedVersions(request),
      contextOf(request),
    );
    const position = await this.writes.outcome(id, this.commands.execute(command));
    await this.writes.hold(id, position);
    void reply.code(204).send();
  }

  private async sendWritten(
    request: FastifyRequest,
    reply: FastifyReply,
    group: WrittenGroup,
    projection: Projection | undefined,
    status: 200 | 201,
  ): Promise<void> {
    const { organization } = callerOf(request);
    const members = projectionIncludes(projection, 'members') ? group.members : undefined;
    const base = this.representation.baseUrl(request, organization);
    const resource = this.representation.group(base, group, members);
    sendResource(reply, status, groupType, resource, projection);
  }
}
