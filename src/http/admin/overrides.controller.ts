import { Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { OverrideQueries } from '../../projections/roster/overrides.queries.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController } from './openapi.js';
import { OverrideList } from './overrides.contract.js';
import { Needs } from './permissions.js';

@AdminController('organizations/:organization/overrides', 'Overrides')
export class OverridesController {
  constructor(
    private readonly overrides: OverrideQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
  @Needs('overrides:read')
  @ApiOperation({
    summary: 'Lists what was changed by hand beside the identity provider',
    description:
      'Each stands until the next statement of the identity provider about it, whatever policy manualUpdates says now.',
  })
  @ApiOkResponse({ type: OverrideList })
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
  ): Promise<OverrideList> {
    await this.projector.waitForHead('roster');
    return this.overrides.overrides(organization);
  }
}
