import { Body, Get, Param, Patch, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import ipaddr from 'ipaddr.js';
import { PreviewPolicies, SetPolicies, type CommandContext } from '../../commands/messages.js';
import type { JsonObject, JsonValue, OrganizationId } from '../../domain/identifiers.js';
import type { KeyAccess, OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { PreviewQueries } from '../../projections/roster/preview.queries.js';
import { isList } from '../../scim/json.js';
import { policiesOf } from '../policies.js';
import { Caller, CallerKey } from './api-key.guard.js';
import { EffectiveChanges } from './effective.js';
import { presentEffects } from './effects-document.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { PolicyDocuments } from './policy-documents.js';
import { PoliciesDocument, PolicyChanges, PolicyPreviewDocument } from './policies.contract.js';
import { Problem, shown } from './problem.js';
import { ObjectBodyPipe, QueryPipe } from './request-pipe.js';
import { DryRunQuery } from './requests.js';

const PATCH_EXAMPLES = {
  some: {
    summary: 'Some policies',
    value: {
      manualUpdates: { users: 'locked' },
      ipAllowlist: [],
      seatLimit: 250,
      licenseRules: [{ group: 'Analysts', license: 'analyst' }],
    },
  },
  preset: {
    summary: 'A preset, and what differs from it',
    value: { preset: 'grafana', groupMapping: 'link-by-name' },
  },
} as const;

@AdminController('organizations/:organization/policies', 'Policies')
export class PoliciesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly effective: EffectiveChanges,
    private readonly known: KnownOrganization,
    private readonly documents: PolicyDocuments,
    private readonly previews: PreviewQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
  @Needs('policies:read')
  @ApiOperation({ summary: 'Shows all policies, those never set with their defaults' })
  @ApiOkResponse({ type: PoliciesDocument })
  read(
    @Param('organization', KnownOrganization) { organization, policies }: OrganizationRow,
  ): Promise<PoliciesDocument> {
    return this.documents.present(organization, policiesOf(policies));
  }

  /** The members of the body are checked by the domain, which alone knows the policies and their values. */
  @Patch()
  @Needs('policies:change')
  @ApiOperation({
    summary:
      'Sets the given policies, or all of a preset; effective on every instance when answered',
    description:
      'Policies that cannot stand together are refused with the reason. `entitled` and `seatLimit` follow from the plan: a key of one organization cannot set them. `dryRun=true` answers what would be affected instead.',
  })
  @ApiBody({ type: PolicyChanges, examples: PATCH_EXAMPLES })
  @ApiExtraModels(PoliciesDocument, PolicyPreviewDocument)
  @ApiOkResponse({
    description: 'All policies; or the preview.',
    schema: {
      oneOf: [
        { $ref: getSchemaPath(PoliciesDocument) },
        { $ref: getSchemaPath(PolicyPreviewDocument) },
      ],
    },
  })
  @Refuses(
    ...BODY_PROBLEMS,
    'policy-unknown',
    'policy-value-invalid',
    'policy-conflict',
    'team-sync-conflict',
    'sso-missing',
    'sso-mismatch',
    'change-not-yet-effective',
  )
  async change(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) { dryRun }: DryRunQuery,
    @Body(ObjectBodyPipe) values: JsonObject,
    @Caller() context: CommandContext,
    @CallerKey() key: KeyAccess,
  ): Promise<PoliciesDocument | PolicyPreviewDocument> {
    requirePlanAuthority(key, values);
    requireCidrBlocks(values['ipAllowlist']);
    if (dryRun) return this.preview(organization, values);
    const position = await this.commands.execute(new SetPolicies(organization, values, context));
    await this.effective.hold(position, ['access', 'directory', 'roster']);
    const { policies } = await this.known.transform(organization);
    return this.documents.present(organization, policiesOf(policies));
  }

  private async preview(
    organization: OrganizationId,
    values: JsonObject,
  ): Promise<PolicyPreviewDocument> {
    const { before, after } = await this.queries.execute(new PreviewPolicies(organization, values));
    await this.projector.waitForHead('roster');
    const [policies, effects] = await Promise.all([
      this.documents.present(organization, after),
      this.previews.policyEffects(organization, before, after),
    ]);
    return { policies, effects: presentEffects(effects) };
  }
}

/** What the customer's plan includes: for who sells it, not for the customer's own administrators. */
const OF_THE_PLAN = ['entitled', 'seatLimit'] as const;

/** @throws Problem forbidden */
function requirePlanAuthority({ organization }: KeyAccess, values: JsonObject): void {
  const found = OF_THE_PLAN.find((policy) => Object.hasOwn(values, policy));
  if (organization === null || found === undefined) return;
  throw new Problem('forbidden', `${found}: expected a key that is not of one organization`);
}

/** What is no text is left to the domain. @throws Problem policy-value-invalid */
function requireCidrBlocks(allowlist: JsonValue | undefined): void {
  if (!isList(allowlist)) return;
  for (const [index, block] of allowlist.entries()) {
    if (typeof block !== 'string' || ipaddr.isValidCIDR(block)) continue;
    const detail = `ipAllowlist[${index}]: found ${shown(block)}, expected a CIDR block such as 203.0.113.0/24`;
    throw new Problem('policy-value-invalid', detail, [
      { pointer: `#/ipAllowlist/${index}`, detail },
    ]);
  }
}
