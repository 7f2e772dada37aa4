import { Injectable } from '@nestjs/common';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { GroupRule, ManualUpdates, Policies } from '../../domain/policies.js';
import { Projector } from '../../projections/projector.js';
import { GroupNameQueries } from '../../projections/roster/group-names.queries.js';
import type { PoliciesDocument } from './policies.contract.js';

/** Policies as the management API shows them: each rule with what its group is called now. */
@Injectable()
export class PolicyDocuments {
  constructor(
    private readonly groups: GroupNameQueries,
    private readonly projector: Projector,
  ) {}

  async present(organization: OrganizationId, policies: Policies): Promise<PoliciesDocument> {
    const { manualUpdates, licenseRules, roleRules } = policies;
    const ids = [...licenseRules, ...roleRules].flatMap(({ groupId }) => groupId ?? []);
    if (ids.length > 0) await this.projector.waitForHead('roster');
    const names = await this.groups.names(organization, ids);
    const named = <Rule extends GroupRule>(rule: Rule): Rule => {
      const name = rule.groupId === null ? undefined : names.get(rule.groupId);
      return name === undefined ? rule : { ...rule, group: name };
    };
    return {
      ...policies,
      manualUpdates: collapsed(manualUpdates),
      licenseRules: licenseRules.map(named),
      roleRules: roleRules.map(named),
    };
  }
}

function collapsed(updates: ManualUpdates): PoliciesDocument['manualUpdates'] {
  const { users, teams, memberships } = updates;
  return users === teams && teams === memberships ? users : updates;
}
