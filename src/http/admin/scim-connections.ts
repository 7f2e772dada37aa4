import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Policies } from '../../domain/policies.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { SettingsQueries } from '../../projections/roster/settings.queries.js';
import { RequestLog } from '../../projections/scim-requests/request-log.js';
import { ScimRequestQueries } from '../../projections/scim-requests/scim-requests.queries.js';
import { policiesOf } from '../policies.js';
import { PUBLIC_URL, publicUrl } from '../public-url.js';
import type {
  PreconditionDocument,
  ProvisioningDocument,
  ScimConnectionDocument,
} from './scim-connection.contract.js';

/** The state of an organization's SCIM connection, as the management API shows it. */
@Injectable()
export class ScimConnections {
  constructor(
    private readonly requests: ScimRequestQueries,
    private readonly log: RequestLog,
    private readonly settings: SettingsQueries,
    private readonly projector: Projector,
    @Inject(PUBLIC_URL) private readonly configuredUrl: string | undefined,
  ) {}

  async present(row: OrganizationRow, request: FastifyRequest): Promise<ScimConnectionDocument> {
    const { organization, syncEnabled, syncChangedAt } = row;
    const policies = policiesOf(row.policies);
    await this.projector.waitForHead('roster');
    const { paused } = await this.settings.settings(organization);
    return {
      enabled: syncEnabled,
      baseUrl: `${publicUrl(this.configuredUrl, request)}/scim/v2/${organization}`,
      provider: policies.provider,
      provisioning: await this.provisioning(row, policies),
      preconditions: preconditionsOf(policies),
      ...(paused !== null && policies.massRemovalLimit !== null && { paused }),
      ...(syncChangedAt !== null && {
        ...(!syncEnabled && { frozenAt: syncChangedAt }),
        changedAt: syncChangedAt,
      }),
    };
  }

  private async provisioning(
    { organization, syncEnabled, syncChangedAt }: OrganizationRow,
    { silentAfterMinutes }: Policies,
  ): Promise<ProvisioningDocument> {
    await this.log.flush();
    const heartbeat = await this.requests.heartbeat(organization);
    const { lastRequestAt, lastChangeAt = null } = heartbeat ?? {};
    const heard = [lastRequestAt, syncChangedAt].map((time) => Date.parse(time ?? '') || 0);
    const silentFrom = Math.max(...heard) + silentAfterMinutes * 60_000;
    return {
      ...(lastRequestAt !== undefined && { lastRequestAt }),
      ...(lastChangeAt !== null && { lastChangeAt }),
      silent: syncEnabled && silentFrom < Date.now(),
      silentAfterMinutes,
    };
  }
}

/** What SCIM cannot be turned on without; EnableSync refuses with the first that is not met. */
export function preconditionsOf(policies: Policies): readonly PreconditionDocument[] {
  const { entitled, ssoRequired, ssoProvider, ssoMatchesScim, provider } = policies;
  return [
    { name: 'entitlement', met: entitled },
    { name: 'sso', met: !ssoRequired || ssoProvider !== null },
    { name: 'sso-provider', met: !ssoMatchesScim || ssoProvider === provider },
  ];
}
