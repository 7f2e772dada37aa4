import { Injectable } from '@nestjs/common';
import type { GroupId, JsonValue, OrganizationId } from '../domain/identifiers.js';
import {
  organization,
  type ExistingOrganization,
  type PolicyValues,
} from '../domain/organization.js';
import type { GroupRule, Policies } from '../domain/policies.js';
import type { CommandContext } from './messages.js';
import { organizationStream } from './streams.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

/** Rules that name a group which did not exist: they are bound to the id of the first that comes to bear the name. */
@Injectable()
export class GroupRules {
  constructor(private readonly model: WriteModel) {}

  /** The append that binds the rules; none where the store appends one by one, since `bind` follows there. */
  async plan(
    { organization: id, policies }: ExistingOrganization,
    groupId: GroupId,
    displayName: string,
  ): Promise<readonly PlannedAppend[]> {
    if (!this.model.isAtomic || !isAwaited(policies, displayName)) return [];
    return this.binding(id, groupId, displayName);
  }

  /** Does after the group's own append what `plan` could not do within it. */
  async bind(
    { organization: id, policies }: ExistingOrganization,
    groupId: GroupId,
    displayName: string,
    context: CommandContext,
  ): Promise<void> {
    if (this.model.isAtomic || !isAwaited(policies, displayName)) return;
    await this.model.decide(organizationStream(id), async () => {
      const plans = await this.binding(id, groupId, displayName);
      if (plans.length > 0) await this.model.commit(id, context, plans);
    });
  }

  private async binding(
    id: OrganizationId,
    groupId: GroupId,
    displayName: string,
  ): Promise<readonly PlannedAppend[]> {
    const stream = organizationStream(id);
    const { state, revision } = await this.model.load(organization, stream);
    if (state.status !== 'existing') return [];
    const values = bound(state.policies, groupId, displayName);
    const events = organization.decide({ type: 'SetPolicies', values }, state);
    return events.length > 0 ? [{ stream, revision, events }] : [];
  }
}

const awaits =
  (displayName: string) =>
  ({ groupId, group }: GroupRule): boolean =>
    groupId === null && group === displayName;

const isAwaited = ({ roleRules, licenseRules }: Policies, displayName: string): boolean =>
  [...roleRules, ...licenseRules].some(awaits(displayName));

function bound(
  { roleRules, licenseRules }: Policies,
  groupId: GroupId,
  displayName: string,
): PolicyValues {
  const awaiting = awaits(displayName);
  const bind = (rules: readonly GroupRule[]): JsonValue =>
    rules.map((rule) => ({ ...rule, ...(awaiting(rule) ? { groupId } : {}) }));
  return { roleRules: bind(roleRules), licenseRules: bind(licenseRules) };
}
