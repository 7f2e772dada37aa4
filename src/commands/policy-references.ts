import { Inject, Injectable } from '@nestjs/common';
import type { GroupId, JsonValue, OrganizationId } from '../domain/identifiers.js';
import type { ExistingOrganization, PolicyValues } from '../domain/organization.js';
import { ruleName } from '../domain/policies.js';
import { Rejection } from '../domain/rejection.js';
import { isList, isObject } from '../scim/json.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { ExistingUsers } from './existing-users.js';
import { GroupFolds } from './folds.js';
import { groupStream, isId, userIdOf, userStream } from './streams.js';
import { UniqueNames } from './unique-names.js';

/** Groups and users that policies name, as the ids that are recorded: names may change, what they meant does not. */
@Injectable()
export class PolicyReferences {
  constructor(
    private readonly names: UniqueNames,
    private readonly groups: GroupFolds,
    private readonly users: ExistingUsers,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * The values with rules bound to groups, where there are such groups, and with the ids of break-glass users. What
   * has no such shape is left to the domain, which refuses it.
   * @throws Rejection policy-value-invalid: no such user
   */
  async resolve(organization: ExistingOrganization, values: PolicyValues): Promise<PolicyValues> {
    const resolved = await Promise.all(
      Object.entries(values).map(
        async ([policy, value]) =>
          [policy, await this.resolveOne(organization, policy, value)] as const,
      ),
    );
    return Object.fromEntries(resolved);
  }

  private async resolveOne(
    organization: ExistingOrganization,
    policy: string,
    value: JsonValue,
  ): Promise<JsonValue> {
    if (!isList(value)) return value;
    switch (policy) {
      case 'licenseRules':
      case 'roleRules':
        return Promise.all(value.map((rule) => this.bound(organization.organization, rule)));
      case 'breakGlassUsers':
        return Promise.all(value.map((each) => this.userId(organization, each)));
      default:
        return value;
    }
  }

  /** Bound anew, except where it names the group by an id that is one. */
  private async bound(organization: OrganizationId, rule: JsonValue): Promise<JsonValue> {
    if (!isObject(rule) || typeof rule['group'] !== 'string') return rule;
    const { group, groupId } = rule;
    if (typeof groupId === 'string' && (await this.nameOf(organization, groupId)) !== undefined) {
      return rule;
    }
    const displayName = await this.nameOf(organization, group);
    if (displayName !== undefined)
      return { ...rule, group: ruleName(displayName) ?? group, groupId: group };
    return { ...rule, groupId: await this.groupNamed(organization, group) };
  }

  /** The displayName of the group of this id, whatever else the text may be; undefined when there is none. */
  private async nameOf(organization: OrganizationId, id: string): Promise<string | undefined> {
    if (!isId(id)) return undefined;
    const { state } = await this.groups.load(groupStream(organization, id));
    return state.status === 'existing' ? state.displayName : undefined;
  }

  /** Where several bear the name, the one that was created first. */
  private async groupNamed(organization: OrganizationId, name: string): Promise<GroupId | null> {
    const candidates = await this.lookup.groupsNamed(organization, name);
    for (const id of candidates) {
      if ((await this.nameOf(organization, id)) === name) return id;
    }
    return null;
  }

  private async userId(organization: ExistingOrganization, given: JsonValue): Promise<JsonValue> {
    if (typeof given !== 'string') return given;
    const { breakGlassUsers } = organization.policies;
    if (breakGlassUsers.some((id) => id === given)) return given;
    if (isId(given) && (await this.users.load(userStream(organization.organization, given)))) {
      return given;
    }
    const holder = await this.names.holder(organization, 'userName', given);
    if (holder !== null) return userIdOf(holder);
    throw new Rejection('policy-value-invalid', {
      policy: 'breakGlassUsers',
      found: JSON.stringify(given),
      expected: 'ids or userNames of users of this organization',
    });
  }
}
