import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListRequest } from '../../projections/directory/directory.queries.js';
import { parseFilter } from '../../scim/filter.js';
import type { JsonObject } from '../../scim/json.js';
import { listResponse, readListQuery, type QueryParameters } from '../../scim/messages.js';
import type { ResourceType } from '../../scim/schema.js';
import { resolveSort } from '../../scim/sort.js';
import { callerOf } from './authentication.js';
import { recordOf } from './request-record.js';
import { sendScim } from './scim-response.js';

/** @throws ScimError invalidFilter, invalidValue */
export function listRequest(
  type: ResourceType,
  request: FastifyRequest,
  baseUrl: string,
): ListRequest {
  const query = readListQuery(request.query as QueryParameters);
  const filter = query.filter === undefined ? undefined : parseFilter(type, query.filter);
  recordOf(request).queryReceived(request.query as QueryParameters, filter);
  const path = query.sortBy === undefined ? undefined : resolveSort(type, query.sortBy);
  return {
    ...(filter && { filter }),
    ...(path && { sort: { path, descending: query.sortOrder === 'descending' } }),
    startIndex: query.startIndex,
    count: query.count,
    reader: callerOf(request).tokenId,
    baseUrl,
  };
}

export function sendList(
  reply: FastifyReply,
  resources: readonly JsonObject[],
  totalResults: number,
  { filter, startIndex }: ListRequest,
): void {
  recordOf(reply.request).listed(resources, totalResults, filter);
  sendScim(reply, 200, listResponse({ resources, totalResults, startIndex }));
}
