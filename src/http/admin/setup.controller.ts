import { Get, Inject, Param, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { policiesOf } from '../policies.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { QueryPipe } from './request-pipe.js';
import { ProviderList, SetupDocument, SetupQuery } from './setup.contract.js';
import { guideFor, guides } from './setup/guides.js';

@AdminController('organizations/:organization/scim/setup', 'SCIM connection')
export class SetupController {
  constructor(@Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined) {}

  @Get()
  @Needs('scim:read')
  @ApiOperation({
    summary:
      'Tells how to connect an identity provider, screen by screen, with the values to paste',
    description: 'Holds no secret: the token is shown once, when it is issued.',
  })
  @ApiOkResponse({ type: SetupDocument })
  @Refuses('request-invalid')
  read(
    @Param('organization', KnownOrganization) row: OrganizationRow,
    @Query(QueryPipe) query: SetupQuery,
    @Req() request: FastifyRequest,
  ): SetupDocument {
    const { organization } = row;
    const { provider, matchingKey } = policiesOf(row.policies);
    const ownUrl = publicUrl(this.configuredUrl, request);
    const baseUrl = `${ownUrl}/scim/v2/${organization}`;
    const { steps, ...guide } = guideFor(query.provider ?? provider, baseUrl, matchingKey);
    return {
      ...guide,
      baseUrl,
      token: {
        issue: `POST ${ownUrl}/api/organizations/${organization}/scim/tokens`,
        hint: 'It is shown once, when it is issued: paste it into the provider at once. Issue a second one before the first is revoked, to replace it without a gap.',
      },
      steps: steps.map((step, index) => ({ number: index + 1, ...step })),
    };
  }
}

@AdminController('providers', 'SCIM connection')
export class ProvidersController {
  @Get()
  @Needs('providers:read', { confines: true })
  @ApiOperation({ summary: 'Lists the kinds of identity providers, and how well each is known' })
  @ApiOkResponse({ type: ProviderList })
  list(): ProviderList {
    const items = Object.values(guides).map(({ provider, name, maturity, summary }) => ({
      kind: provider,
      name,
      maturity,
      summary,
    }));
    return { items };
  }
}
