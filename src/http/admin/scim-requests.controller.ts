import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { RequestLog } from '../../projections/scim-requests/request-log.js';
import {
  ScimRequestQueries,
  type LoggedRequest,
} from '../../projections/scim-requests/scim-requests.queries.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, Refuses } from './openapi.js';
import { pageOf, positionAt, type Page } from './page.js';
import { Needs } from './permissions.js';
import { QueryPipe } from './request-pipe.js';
import {
  AllScimRequestsQuery,
  ScimRequestPage,
  ScimRequestQuery,
  type ScimRequestDocument,
} from './scim-requests.contract.js';

const READS =
  'What each request held, how it was understood, what it changed, and why it was refused. Values are left out: they are personal data. Requests that other instances answered appear within a second.';

@AdminController('organizations/:organization/scim/requests', 'SCIM requests')
export class ScimRequestsController {
  constructor(
    private readonly log: RequestLog,
    private readonly requests: ScimRequestQueries,
  ) {}

  @Get()
  @Needs('requests:read')
  @ApiOperation({
    summary: 'Lists the SCIM requests to an organization, the newest first',
    description: READS,
  })
  @ApiOkResponse({ type: ScimRequestPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) query: ScimRequestQuery,
  ): Promise<ScimRequestPage> {
    return read(this.log, this.requests, query, organization);
  }
}

@AdminController('scim-requests', 'SCIM requests')
export class AllScimRequestsController {
  constructor(
    private readonly log: RequestLog,
    private readonly requests: ScimRequestQueries,
  ) {}

  @Get()
  @Needs('all-requests:read')
  @ApiOperation({
    summary: 'Lists the SCIM requests to all organizations, also to slugs that nobody has',
    description: READS,
  })
  @ApiOkResponse({ type: ScimRequestPage })
  @Refuses('request-invalid')
  async list(@Query(QueryPipe) query: AllScimRequestsQuery): Promise<ScimRequestPage> {
    return read(this.log, this.requests, query, query.organization);
  }
}

async function read(
  log: RequestLog,
  requests: ScimRequestQueries,
  { limit, cursor, outcome, method, resource, from, to, q }: ScimRequestQuery,
  organization: string | undefined,
): Promise<Page<ScimRequestDocument>> {
  const before = cursor === undefined ? undefined : positionAt(cursor);
  // What this instance answered before this request is seen by it.
  await log.flush();
  const rows = await requests.requests({
    limit: limit + 1,
    ...(before !== undefined && { before }),
    ...(organization !== undefined && { organization }),
    ...(outcome !== undefined && { outcome }),
    ...(method !== undefined && { method }),
    ...(resource !== undefined && { resourceType: resource }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(q !== undefined && { about: q }),
  });
  return pageOf(rows, limit, ({ sequence }) => sequence, presentRequest);
}

function presentRequest(request: LoggedRequest): ScimRequestDocument {
  const { id, count, organization, tokenId, method, resourceType, resourceIds } = request;
  const { status, outcome, correlationId, sourceIp, userAgent, durationMs } = request;
  const { received, matchedBy, coerced = [], ignored = [], changed = [] } = request.facts;
  const { refusal, diagnosis = [] } = request.facts;
  const [resourceId, ...others] = resourceIds;
  return {
    id,
    time: request.occurredAt,
    ...(count > 1 && { lastTime: request.lastAt }),
    count,
    ...(organization !== null && { organization }),
    ...(tokenId !== null && { tokenId }),
    method,
    ...(resourceType !== null && { resourceType }),
    ...(resourceId !== undefined && others.length === 0 && { resourceId }),
    status,
    outcome,
    correlationId,
    ...(sourceIp !== null && { sourceIp }),
    ...(userAgent !== null && { userAgent }),
    durationMs,
    ...(received && { received }),
    ...(matchedBy !== undefined && { matched: { by: matchedBy, ids: resourceIds } }),
    coerced,
    ignored,
    changed,
    ...(refusal && { refusal }),
    diagnosis,
  };
}
