import { All, Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ScimError } from '../../scim/errors.js';
import type { JsonObject } from '../../scim/json.js';
import {
  listResponse,
  resourceTypeResource,
  schemaResource,
  serviceProviderConfig,
} from '../../scim/messages.js';
import {
  resourceTypeNamed,
  resourceTypes,
  schemaDocuments,
  schemaNamed,
} from '../../scim/schema.js';
import { scimAddress } from '../scim-address.js';
import { organizationOf, Representation } from './representation.js';
import { sendScim } from './scim-response.js';

/** What the service can do, generated from the documents that requests are checked against. RFC 7644 §4 */
@Controller('scim/v2/:organization')
export class DiscoveryController {
  constructor(private readonly representation: Representation) {}

  @Get('ServiceProviderConfig')
  configuration(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    refuseFilter(request);
    const baseUrl = this.representation.baseUrl(request, organizationOf(request));
    sendScim(reply, 200, serviceProviderConfig({ baseUrl }));
  }

  @Get('ResourceTypes')
  resourceTypes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    refuseFilter(request);
    const base = this.representation.baseUrl(request, organizationOf(request));
    sendAll(
      reply,
      resourceTypes.map((type) => resourceTypeResource(type, base)),
    );
  }

  @Get('ResourceTypes/:name')
  resourceType(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    refuseFilter(request);
    const type = resourceTypeNamed(name);
    if (!type) throw new ScimError(404, undefined, 'no such resource type');
    const base = this.representation.baseUrl(request, organizationOf(request));
    sendScim(reply, 200, resourceTypeResource(type, base));
  }

  @Get('Schemas')
  schemas(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    refuseFilter(request);
    const base = this.representation.baseUrl(request, organizationOf(request));
    sendAll(
      reply,
      schemaDocuments.map((schema) => schemaResource(schema, base)),
    );
  }

  @Get('Schemas/:urn')
  schema(
    @Param('urn') urn: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    refuseFilter(request);
    const schema = schemaNamed(urn);
    if (!schema) throw new ScimError(404, undefined, 'no such schema');
    const base = this.representation.baseUrl(request, organizationOf(request));
    sendScim(reply, 200, schemaResource(schema, base));
  }
}

/** RFC 7644 §4: filters on these endpoints are forbidden. */
function refuseFilter(request: FastifyRequest): void {
  const names = Object.keys(request.query as object).map((name) => name.toLowerCase());
  if (names.includes('filter')) {
    throw new ScimError(403, undefined, 'filter: not permitted on discovery endpoints');
  }
}

function sendAll(reply: FastifyReply, resources: readonly JsonObject[]): void {
  const page = { resources, totalResults: resources.length, startIndex: 1 };
  sendScim(reply, 200, listResponse(page));
}

const ALLOWED: readonly (readonly [path: RegExp, methods: string])[] = [
  [/^(?:Users|Groups)$/i, 'GET, HEAD, POST'],
  [/^(?:Users|Groups)\/(?!\.search$)[^/]+$/i, 'GET, HEAD, PUT, PATCH, DELETE'],
  [/^ServiceProviderConfig$/i, 'GET, HEAD'],
  [/^(?:ResourceTypes|Schemas)(?:\/[^/]+)?$/i, 'GET, HEAD'],
];

/** Parts of the protocol that are advertised as unsupported: 501, as RFC 7644 §3.12 says. */
const UNSUPPORTED = /^(?:Bulk|Me|(?:(?:Users|Groups)\/)?\.search|)$/i;

/** What no other route answers: a method that the endpoint does not have, a part not supported, or nothing at all. */
@Controller('scim')
export class UnknownEndpointController {
  // Beside the general path, those that would be taken for the path of a user or a group.
  @All(['*', 'v2/:organization/Users/.search', 'v2/:organization/Groups/.search'])
  refuse(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const path = scimAddress(request.raw.url ?? '')?.path ?? 'unknown';
    const allowed = ALLOWED.find(([pattern]) => pattern.test(path))?.[1];
    if (allowed !== undefined && !allowed.split(', ').includes(request.method)) {
      void reply.header('allow', allowed);
      throw new ScimError(405, undefined, `${request.method}: expected one of ${allowed}`);
    }
    if (UNSUPPORTED.test(path))
      throw new ScimError(501, undefined, 'not supported by this service');
    throw new ScimError(404, undefined, 'no such endpoint');
  }
}
