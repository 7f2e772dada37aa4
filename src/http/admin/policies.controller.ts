import { Body, Get, Param, Patch } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, PartialType } from '@nestjs/swagger';
import { SetPolicies, type CommandContext } from '../../commands/messages.js';
import type { JsonObject, JsonValue } from '../../domain/identifiers.js';
import { defaultPolicies, withPolicy } from '../../domain/policies.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Caller } from './api-key.guard.js';
import { PoliciesDocument } from './contract.js';
import { AdminController, BODY_PROBLEMS, Refuses } from './openapi.js';
import { EffectiveChanges } from './effective.js';
import { KnownOrganization } from './known.pipe.js';
import { ObjectBodyPipe } from './request-pipe.js';

class PoliciesPatch extends PartialType(PoliciesDocument) {}

@AdminController('organizations/:organization/policies', 'Policies')
export class PoliciesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly effective: EffectiveChanges,
    private readonly known: KnownOrganization,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Shows all policies, those never set with their defaults' })
  @ApiOkResponse({ type: PoliciesDocument })
  read(@Param('organization', KnownOrganization) row: OrganizationRow): PoliciesDocument {
    return presentPolicies(row);
  }

  /** The members of the body are checked by the domain, which alone knows the policies and their values. */
  @Patch()
  @ApiOperation({ summary: 'Sets the given policies; effective on every instance when answered' })
  @ApiBody({ type: PoliciesPatch })
  @ApiOkResponse({ type: PoliciesDocument })
  @Refuses(...BODY_PROBLEMS, 'policy-unknown', 'policy-value-invalid', 'change-not-yet-effective')
  async change(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(ObjectBodyPipe) values: JsonObject,
    @Caller() context: CommandContext,
  ): Promise<PoliciesDocument> {
    const position = await this.commands.execute(new SetPolicies(organization, values, context));
    await this.effective.hold(position, ['access']);
    return presentPolicies(await this.known.transform(organization));
  }
}

function presentPolicies({ policies }: OrganizationRow): PoliciesDocument {
  return Object.entries(policies).reduce(
    (all, [name, value]) => withPolicy(all, name, value as JsonValue),
    defaultPolicies,
  );
}
