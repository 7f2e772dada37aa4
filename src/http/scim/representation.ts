import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExpectedVersions } from '../../commands/messages.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { GroupOfUser } from '../../projections/directory/directory.queries.js';
import { includesVersion, parseEntityTags } from '../../scim/etag.js';
import type { JsonObject } from '../../scim/json.js';
import type { QueryParameters } from '../../scim/messages.js';
import {
  parseProjection,
  projectResource,
  type Projection,
  type ProjectionParameters,
} from '../../scim/projection.js';
import { renderResource, type Attributes } from '../../scim/resource.js';
import { groupType, userType, type ResourceType } from '../../scim/schema.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { recordOf } from './request-record.js';
import { sendScim } from './scim-response.js';

/** A resource on its way out, before it knows its URLs. */
export interface Outgoing {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly attributes: Attributes;
  /** A team that no group feeds, shown as a group. */
  readonly external?: boolean;
}

/** Gives resources their URLs, entity tags and derived attributes. */
@Injectable()
export class Representation {
  constructor(@Inject(PUBLIC_URL) private readonly configured: string | undefined) {}

  baseUrl(request: FastifyRequest, organization: string): string {
    return `${publicUrl(this.configured, request)}/scim/v2/${organization}`;
  }

  user(base: string, user: Outgoing, groups: readonly GroupOfUser[]): JsonObject {
    const shown = groups.map(({ value, display }) => ({
      value,
      $ref: `${base}/Groups/${value}`,
      display,
      type: 'direct',
    }));
    const version = userTag(user.version, groups);
    const derived = shown.length > 0 ? { groups: shown } : undefined;
    return renderResource(
      userType,
      user.attributes,
      identity(userType, base, user, version),
      derived,
    );
  }

  /** @param members undefined where the answer does not show them */
  group(base: string, group: Outgoing, members: Iterable<string> | undefined): JsonObject {
    const shown = [...(members ?? [])]
      .sort()
      .map((value) => ({ value, $ref: `${base}/Users/${value}`, type: 'User' }));
    const derived = shown.length > 0 ? { members: shown } : undefined;
    // The group that a write makes of a team begins its own count of versions.
    const version = `W/"${group.version}${group.external ? '.team' : ''}"`;
    return renderResource(
      groupType,
      group.attributes,
      identity(groupType, base, group, version),
      derived,
    );
  }
}

/**
 * The tag of a user: its version, and where it is in groups a digest of them. `groups` belongs to the representation
 * (RFC 7644 §3.14) but not to the user's stream, so that pushing a group of 10,000 does not write 10,000 users.
 */
function userTag(version: number, groups: readonly GroupOfUser[]): string {
  if (groups.length === 0) return `W/"${version}"`;
  const digest = createHash('sha1').update(JSON.stringify(groups)).digest('hex').slice(0, 12);
  return `W/"${version}.${digest}"`;
}

function identity(type: ResourceType, base: string, outgoing: Outgoing, version: string) {
  const { id, createdAt, modifiedAt } = outgoing;
  const location = `${base}${type.endpoint}/${id}`;
  return { id, created: createdAt, lastModified: modifiedAt, version, location };
}

/**
 * The versions that the request's If-Match accepts; what stands behind the dot of a user's tag does not count.
 * None where If-None-Match demands that the resource does not exist. RFC 9110 §13.1.2
 */
export function expectedVersions({ headers }: FastifyRequest): ExpectedVersions {
  if (headers['if-none-match']?.trim() === '*') return [];
  const header = headers['if-match'];
  if (header === undefined) return null;
  const tags = parseEntityTags(header);
  if (tags === '*') return null;
  return tags.map((tag) => (/^\d{1,9}(?:\.|$)/.test(tag) ? Number.parseInt(tag, 10) : -1));
}

export function projectionOf(type: ResourceType, request: FastifyRequest): Projection | undefined {
  const given: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(request.query as QueryParameters)) {
    if (value !== undefined) given[name.toLowerCase()] = value;
  }
  const { attributes, excludedattributes: excludedAttributes } = given;
  const parameters: ProjectionParameters = {
    ...(attributes !== undefined && { attributes }),
    ...(excludedAttributes !== undefined && { excludedAttributes }),
  };
  return parseProjection(type, parameters);
}

/** Sends one resource with its tag; 304 when a reader has this very representation. RFC 7644 §3.14 */
export function sendResource(
  reply: FastifyReply,
  status: number,
  type: ResourceType,
  resource: JsonObject,
  projection: Projection | undefined,
): void {
  const { version, location } = resource['meta'] as { version: string; location: string };
  recordOf(reply.request).answered(resource['id'] as string);
  // RFC 7643 §3.1 asks for Content-Location; the answers that RFC 7644 shows have Location, whatever the status.
  void reply.headers({ etag: version, location, 'content-location': location });
  const { method, headers } = reply.request;
  const known = headers['if-none-match'];
  if ((method === 'GET' || method === 'HEAD') && known !== undefined) {
    if (includesVersion(parseEntityTags(known), version)) {
      void reply.code(304).send();
      return;
    }
  }
  sendScim(reply, status, projectResource(type, resource, projection));
}

export const organizationOf = (request: FastifyRequest): OrganizationId =>
  (request.params as { readonly organization: OrganizationId }).organization;
