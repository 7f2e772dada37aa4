import type {
  DirectoryLookup,
  FormerMember,
  HalfLink,
} from '../../src/commands/directory-lookup.js';
import type { Decider } from '../../src/domain/decider.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { group } from '../../src/domain/group.js';
import type { GroupId, OrganizationId, TeamId, UserId } from '../../src/domain/identifiers.js';
import { groupsFeedTeams, organization } from '../../src/domain/organization.js';
import { isExternal, team } from '../../src/domain/team.js';
import { user } from '../../src/domain/user.js';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import { isList, isObject } from '../../src/scim/json.js';

/** Looks into the streams: a directory that is never behind. */
export class StreamLookup implements DirectoryLookup {
  former: readonly FormerMember[] = [];
  /** Groups that a directory which is behind still lists as unlinked. */
  behind: readonly GroupId[] = [];
  /** The organization whose backlog is told. */
  only: OrganizationId | undefined;

  constructor(private readonly store: EventStore) {}

  usersAmong(): Promise<ReadonlySet<UserId>> {
    return Promise.resolve(new Set());
  }

  formerMembers(): Promise<readonly FormerMember[]> {
    return Promise.resolve(this.former);
  }

  async groupsOf(id: OrganizationId, member: UserId): Promise<readonly GroupId[]> {
    return (await this.groups(id))
      .filter(({ members }) => members.has(member))
      .map(({ groupId }) => groupId);
  }

  async usersMatching(
    id: OrganizationId,
    key: 'externalId' | 'emails.value',
    value: string,
  ): Promise<readonly UserId[]> {
    return (await this.users(id))
      .filter(({ profile }) => {
        if (key === 'externalId') return profile['externalId'] === value;
        const { emails } = profile;
        const addresses = isList(emails) ? emails.filter(isObject) : [];
        return addresses.some(
          (each) =>
            JSON.stringify(each['value']).toLowerCase() === JSON.stringify(value).toLowerCase(),
        );
      })
      .map(({ userId }) => userId);
  }

  async groupsNamed(id: OrganizationId, displayName: string): Promise<readonly GroupId[]> {
    return (await this.groups(id))
      .filter((each) => each.displayName === displayName)
      .map(({ groupId }) => groupId);
  }

  async groupsWithExternalId(id: OrganizationId, externalId: string): Promise<readonly GroupId[]> {
    return (await this.groups(id))
      .filter((each) => each.externalId === externalId)
      .map(({ groupId }) => groupId);
  }

  async externalTeamsNamed(id: OrganizationId, name: string): Promise<readonly TeamId[]> {
    return (await this.teams(id))
      .filter((each) => isExternal(each) && each.name.trim() === name)
      .map(({ teamId }) => teamId);
  }

  async teamsToAdopt(id: OrganizationId, limit: number): Promise<readonly TeamId[]> {
    return (await this.teams(id))
      .filter(isExternal)
      .map(({ teamId }) => teamId)
      .slice(0, limit);
  }

  async unlinkedGroups(id: OrganizationId, limit: number): Promise<readonly GroupId[]> {
    return (await this.groups(id))
      .filter(({ teamId, keptApart }) => teamId === null && !keptApart)
      .map(({ groupId }) => groupId)
      .concat(this.behind)
      .slice(0, limit);
  }

  async organizationsToBackfill(): Promise<readonly OrganizationId[]> {
    const [current] = await this.organizations();
    if (!current || !groupsFeedTeams(current)) return [];
    const { groupMapping } = current.policies;
    const maps = groupMapping === 'create' || groupMapping === 'link-by-name';
    const unlinked = await this.unlinkedGroups(current.organization, 1);
    return maps && unlinked.length > 0 ? [current.organization] : [];
  }

  async organizationsToAdopt(): Promise<readonly OrganizationId[]> {
    const [current] = await this.organizations();
    if (!current || !groupsFeedTeams(current) || current.adoptedThrough === null) return [];
    return [current.organization];
  }

  async halfLinksOf(organization: OrganizationId): Promise<readonly HalfLink[]> {
    const [groups, teams] = [await this.groups(organization), await this.teams(organization)];
    const byGroups = groups.flatMap(({ groupId: group, teamId: team }) =>
      team ? [{ organization, group, team }] : [],
    );
    const byTeams = teams.flatMap(({ teamId: team, groups: feeding }) =>
      feeding.map((group) => ({ organization, group, team })),
    );
    const without = (some: readonly HalfLink[], others: readonly HalfLink[]) =>
      some.filter(
        ({ group, team }) => !others.some((other) => other.group === group && other.team === team),
      );
    return [...without(byGroups, byTeams), ...without(byTeams, byGroups)];
  }

  halfLinks(): Promise<readonly HalfLink[]> {
    return this.only === undefined ? Promise.resolve([]) : this.halfLinksOf(this.only);
  }

  async organizationsToMigrate(): Promise<readonly OrganizationId[]> {
    const [current] = await this.organizations();
    if (!current || !groupsFeedTeams(current)) return [];
    const links = current.teamSync.migrated?.links ?? [];
    const unlinked = await this.unlinkedGroups(current.organization, 1_000);
    return links.some(({ groupId }) => unlinked.includes(groupId)) ? [current.organization] : [];
  }

  async organizationsToBind(): Promise<readonly OrganizationId[]> {
    const [current] = await this.organizations();
    if (!current) return [];
    const groups = await this.groups(current.organization);
    const rules = [...current.policies.licenseRules, ...current.policies.roleRules];
    const stray = rules.some(({ groupId, group: name }) =>
      groupId === null
        ? groups.some(({ displayName }) => displayName === name)
        : groups.every((each) => each.groupId !== groupId),
    );
    return stray ? [current.organization] : [];
  }

  async userCount(id: OrganizationId): Promise<number> {
    return (await this.users(id)).length;
  }

  async groups(id: OrganizationId) {
    const states = await this.states(id, 'group-', group);
    return states.filter((state) => state.status === 'existing');
  }

  async teams(id: OrganizationId) {
    const states = await this.states(id, 'team-', team);
    return states.filter((state) => state.status === 'existing');
  }

  async users(id: OrganizationId) {
    const states = await this.states(id, 'user-', user);
    return states.filter((state) => state.status === 'provisioned');
  }

  private async organizations() {
    if (this.only === undefined) return [];
    const states = await this.states(this.only, 'organization-', organization);
    return states.filter((state) => state.status === 'existing');
  }

  /** The aggregates of one kind as their streams tell them, in the order of their creation. */
  private async states<State, Command, Event extends DomainEvent>(
    id: OrganizationId,
    prefix: string,
    decider: Decider<State, Command, Event>,
  ): Promise<readonly State[]> {
    const states = new Map<string, State>();
    for (const { stream, event, revision, position, metadata } of await this.events(id)) {
      if (!stream.startsWith(prefix)) continue;
      const { occurredAt } = metadata;
      const recorded = { revision, position, occurredAt };
      const state = states.get(stream) ?? decider.initial;
      states.set(stream, decider.evolve(state, event as Event, recorded));
    }
    return [...states.values()];
  }

  private async events(id: OrganizationId): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const page of this.store.readOrganization(id, 0n, await this.store.head())) {
      events.push(...page);
    }
    return events;
  }
}
