import { Injectable } from '@nestjs/common';
import type { ExistingGroup } from '../domain/group.js';
import type { JsonValue, OrganizationId } from '../domain/identifiers.js';
import {
  organization,
  type ExistingOrganization,
  type PolicyValues,
} from '../domain/organization.js';
import { ruleName, type GroupRule, type Policies } from '../domain/policies.js';
import type { CommandContext, Position } from './messages.js';
import { Organizations } from './organizations.js';
import { PolicyReferences } from './policy-references.js';
import { organizationStream } from './streams.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

type RuledGroup = Pick<ExistingGroup, 'groupId' | 'displayName'>;

/** Whether a group comes to bear a name, or is deleted. */
type Fate = 'named' | 'deleted';

/**
 * Rules that name a group which does not exist: they are bound to the id of the first that comes to bear the name, and
 * await the next one when that is deleted, since providers push a group anew under another id.
 */
@Injectable()
export class GroupRules {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly references: PolicyReferences,
  ) {}

  /** The append that binds or frees the rules; none where the store appends one by one. */
  async plan(
    { organization: id, policies }: ExistingOrganization,
    group: RuledGroup,
    fate: Fate,
  ): Promise<readonly PlannedAppend[]> {
    if (!this.model.isAtomic || !concerns(policies, group, fate)) return [];
    return this.change(id, group, fate);
  }

  /** To be called when the group's own append was made: does what `plan` could not do within it. */
  async follow(
    { organization: id, policies }: ExistingOrganization,
    group: RuledGroup,
    fate: Fate,
    context: CommandContext,
  ): Promise<void> {
    if (!concerns(policies, group, fate)) return;
    if (!this.model.isAtomic) {
      await this.model.decide(organizationStream(id), async () => {
        const plans = await this.change(id, group, fate);
        if (plans.length > 0) await this.model.commit(id, context, plans);
      });
    }
    this.organizations.changed(id);
  }

  /** Binds and frees all rules by the groups that there are: what `follow` left undone when its process died. */
  async rebind(id: OrganizationId, context: CommandContext): Promise<Position | null> {
    const stream = organizationStream(id);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(organization, stream);
      if (state.status !== 'existing') return null;
      const { roleRules, licenseRules } = state.policies;
      const rules = { roleRules: asJson(roleRules), licenseRules: asJson(licenseRules) };
      const values = await this.references.resolve(state, rules);
      const events = organization.decide({ type: 'SetPolicies', values }, state);
      if (events.length === 0) return null;
      const { position } = await this.model.commit(id, context, [{ stream, revision, events }]);
      this.organizations.changed(id);
      return position;
    });
  }

  private async change(
    id: OrganizationId,
    group: RuledGroup,
    fate: Fate,
  ): Promise<readonly PlannedAppend[]> {
    const stream = organizationStream(id);
    const { state, revision } = await this.model.load(organization, stream);
    if (state.status !== 'existing') return [];
    const values = changed(state.policies, group, fate);
    const events = organization.decide({ type: 'SetPolicies', values }, state);
    return events.length > 0 ? [{ stream, revision, events }] : [];
  }
}

const isAbout =
  ({ groupId, displayName }: RuledGroup, fate: Fate) =>
  (rule: GroupRule): boolean =>
    fate === 'deleted'
      ? rule.groupId === groupId
      : rule.groupId === null && rule.group === displayName;

const concerns = ({ roleRules, licenseRules }: Policies, group: RuledGroup, fate: Fate): boolean =>
  [...roleRules, ...licenseRules].some(isAbout(group, fate));

function changed(
  { roleRules, licenseRules }: Policies,
  group: RuledGroup,
  fate: Fate,
): PolicyValues {
  const applies = isAbout(group, fate);
  const after = (rule: GroupRule): GroupRule =>
    fate === 'named'
      ? { ...rule, groupId: group.groupId }
      : { ...rule, groupId: null, group: ruleName(group.displayName) ?? rule.group };
  const follow = (rules: readonly GroupRule[]): JsonValue =>
    asJson(rules.map((rule) => (applies(rule) ? after(rule) : rule)));
  return { roleRules: follow(roleRules), licenseRules: follow(licenseRules) };
}

const asJson = (rules: readonly GroupRule[]): JsonValue => rules.map((rule) => ({ ...rule }));
