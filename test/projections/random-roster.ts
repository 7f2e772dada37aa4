import fc from 'fast-check';
import type {
  GroupEvent,
  OrganizationEvent,
  TeamEvent,
  UserEvent,
} from '../../src/domain/events.js';
import { group, type GroupState } from '../../src/domain/group.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { organization, type OrganizationState } from '../../src/domain/organization.js';
import { team, type TeamState } from '../../src/domain/team.js';
import { isSynced, user, type UserState } from '../../src/domain/user.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import type { Fact } from './read-side.js';
import { factsAbout, groupIdOf, teamIdOf, userIdOf } from './roster-facts.js';

const SLOTS = 3;
const slot = fc.nat({ max: SLOTS - 1 });
const slots = fc.uniqueArray(slot, { minLength: 1, maxLength: SLOTS });
const name = fc.constantFrom('ada', 'Bob', ' Ωmega ');

const userStep = fc.record({
  of: fc.constant('user' as const),
  slot,
  does: fc.constantFrom(
    ...(['provision', 'register', 'adopt', 'rename', 'deactivate', 'leave', 'reactivate'] as const),
    ...(['override', 'replace', 'role', 'signIn', 'signIn', 'delete'] as const),
  ),
  name,
  slots: fc.uniqueArray(slot, { maxLength: SLOTS }),
  era: fc.integer({ min: 1, max: 2 }),
});
const groupStep = fc.record({
  of: fc.constant('group' as const),
  slot,
  does: fc.constantFrom(
    ...(['create', 'create', 'rename', 'join', 'join', 'leave', 'delete'] as const),
    ...(['link', 'link', 'unlink', 'keepApart'] as const),
  ),
  name,
  slots,
  team: slot,
});
const teamStep = fc.record({
  of: fc.constant('team' as const),
  slot,
  does: fc.constantFrom(
    ...(['create', 'create', 'rename', 'overrideName', 'archive', 'restore', 'delete'] as const),
    ...(['add', 'add', 'override', 'remove', 'exclude', 'exclude', 'replace'] as const),
  ),
  name,
  slots,
});
const organizationStep = fc.record({
  of: fc.constant('organization' as const),
  does: fc.constantFrom(
    ...(['enable', 'disable', 'scim', 'signIn', 'off', 'adoptAll', 'map'] as const),
    ...(['startTeamSync', 'migrate', 'rollBack', 'pause', 'resume'] as const),
  ),
});

const anything = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: userStep },
    { weight: 4, arbitrary: groupStep },
    { weight: 5, arbitrary: teamStep },
    { weight: 2, arbitrary: organizationStep },
  ),
  { minLength: 1, maxLength: 50, size: 'max' },
);

/** Three users in two groups that feed one team, from which one user is taken out. */
const inhabited = fc.constant([
  ...[0, 1, 2].map((slot) => ({
    ...{ of: 'user' as const, slot, does: 'provision' as const, name: 'ada', slots: [], era: 1 },
  })),
  { of: 'team' as const, slot: 0, does: 'create' as const, name: 'ada', slots: [0] },
  ...[0, 1].flatMap((slot) =>
    (['create', 'join', 'link'] as const).map((does) => ({
      ...{ of: 'group' as const, slot, does, name: 'ada', slots: [0, 1], team: 0 },
    })),
  ),
  { of: 'team' as const, slot: 0, does: 'exclude' as const, name: 'ada', slots: [0] },
]);

/** What happens to users, groups and teams, one after the other, from nothing or from a start. */
export const rosterSteps = fc
  .tuple(fc.oneof(fc.constant([]), inhabited), anything)
  .map(([start, steps]) => [...start, ...steps]);
export type RosterStep =
  typeof rosterSteps extends fc.Arbitrary<readonly (infer Each)[]> ? Each : never;
type Step<Of extends RosterStep['of']> = Extract<RosterStep, { of: Of }>;

/** The facts of those steps that are possible: no stream goes on before its beginning or after its end. */
export function factsOfRoster(steps: readonly RosterStep[], id: OrganizationId): readonly Fact[] {
  const s = factsAbout(id);
  const made = {
    user: new Map<number, string>(),
    group: new Set<number>(),
    team: new Map<number, string>(),
  };
  const links = new Map<number, string>();
  const facts: Fact[] = [s.created];
  let count = 0;
  const anew = (): string => `${id.length % 7}${count++}`;
  const lastOf = new Map<number, string>();
  const userOf = (slot: number) => userIdOf(made.user.get(slot) ?? '');
  /** Whoever is or was a user there: an add may lose the race against a deletion. */
  const membersOf = (named: readonly number[]) =>
    named.flatMap((each) => {
      const end = lastOf.get(each);
      return end === undefined ? [] : [userIdOf(end)];
    });
  const teamOf = (slot: number) => teamIdOf(made.team.get(slot) ?? 'fffe');
  const groupOf = (slot: number) => groupIdOf(`a${slot}`);

  function ofUser(step: Step<'user'>): readonly Fact[] {
    const { slot, does } = step;
    if (does === 'provision' || does === 'register') {
      if (made.user.has(slot)) return [];
      made.user.set(slot, anew());
      lastOf.set(slot, made.user.get(slot) ?? '');
      return [
        does === 'provision'
          ? s.provisioned(userOf(slot), step.name)
          : s.registered(userOf(slot), step.name),
      ];
    }
    if (!made.user.has(slot)) return [];
    const userId = userOf(slot);
    const attributes = ['displayName', 'name'].slice(step.era - 1);
    switch (does) {
      case 'adopt':
        return [s.user(userId, { type: 'UserAdopted', matchedBy: 'id' })];
      case 'rename': {
        const personal = { userName: step.name };
        return [s.user(userId, { type: 'UserRenamed', claimId: 'c' as never, personal })];
      }
      case 'deactivate':
        return [s.user(userId, { type: 'UserDeactivated' })];
      case 'leave':
        return [
          s.user(userId, { type: 'UserDeactivated' }),
          s.user(userId, { type: 'UserLeftOrganization' }),
        ];
      case 'reactivate':
        return [s.user(userId, { type: 'UserReactivated' })];
      case 'override':
        return [s.user(userId, { type: 'UserOverridden', attributes })];
      case 'replace':
        return [s.user(userId, { type: 'UserOverridesReplaced', attributes })];
      case 'role':
        return [s.user(userId, { type: 'UserRoleChanged', role: step.name, source: 'sign-in' })];
      case 'signIn':
        return [s.signedIn(userId, step.era, ...step.slots.map(teamOf))];
      case 'delete': {
        made.user.delete(slot);
        return [s.user(userId, { type: 'UserDeleted' })];
      }
    }
  }

  function unlink(slot: number, byChoice: boolean): readonly Fact[] {
    const end = links.get(slot);
    if (end === undefined) return [];
    links.delete(slot);
    const teamId = teamIdOf(end);
    return [
      s.group(groupOf(slot), { type: 'GroupUnlinked', teamId, byChoice }),
      ...([...made.team.values()].includes(end)
        ? [s.team(teamId, { type: 'TeamReleased', groupId: groupOf(slot) })]
        : []),
    ];
  }

  function ofGroup(step: Step<'group'>): readonly Fact[] {
    const { slot, does } = step;
    const groupId = groupOf(slot);
    if (does === 'create') {
      if (made.group.has(slot)) return [];
      made.group.add(slot);
      return s.grouped(groupId, step.name);
    }
    if (!made.group.has(slot)) return [];
    const members = membersOf(step.slots);
    switch (does) {
      case 'rename':
        return [s.group(groupId, { type: 'GroupRenamed', displayName: step.name, claimId: null })];
      case 'join':
        return [s.group(groupId, { type: 'GroupMembersChanged', added: members, removed: [] })];
      case 'leave': {
        const [added, removed] = [members.slice(1), members.slice(0, 1)];
        return [s.group(groupId, { type: 'GroupMembersChanged', added, removed })];
      }
      case 'link': {
        const end = made.team.get(step.team);
        if (links.has(slot) || end === undefined) return [];
        links.set(slot, end);
        return s.linked(groupId, teamIdOf(end));
      }
      case 'unlink':
      case 'keepApart':
        return unlink(slot, does === 'keepApart');
      case 'delete': {
        const released = unlink(slot, false);
        made.group.delete(slot);
        return [...released, s.group(groupId, { type: 'GroupDeleted' })];
      }
    }
  }

  function ofTeam(step: Step<'team'>): readonly Fact[] {
    const { slot, does } = step;
    if (does === 'create') {
      if (made.team.has(slot)) return [];
      made.team.set(slot, anew());
      return [s.teamed(teamOf(slot), step.name)];
    }
    if (!made.team.has(slot)) return [];
    const [teamId, members] = [teamOf(slot), membersOf(step.slots)];
    switch (does) {
      case 'rename':
        return [s.team(teamId, { type: 'TeamRenamed', name: step.name })];
      case 'overrideName':
        return [s.team(teamId, { type: 'TeamNameOverridden' })];
      case 'archive':
        return [s.team(teamId, { type: 'TeamArchived' })];
      case 'restore':
        return [s.team(teamId, { type: 'TeamRestored' })];
      case 'add':
      case 'override':
        return [s.granted(teamId, does === 'override', ...members)];
      case 'remove':
        return [s.team(teamId, { type: 'TeamMembersRemoved', users: members })];
      case 'exclude':
        return [s.team(teamId, { type: 'TeamMembersExcluded', users: members })];
      case 'replace': {
        const [dropped, readmitted] = [members.slice(0, 1), members.slice(1)];
        const statement = { groupId: groupOf(0), dropped, readmitted, name: true };
        return [s.team(teamId, { type: 'TeamOverridesReplaced', ...statement })];
      }
      case 'delete':
        made.team.delete(slot);
        return [s.team(teamId, { type: 'TeamDeleted' })];
    }
  }

  let era = 0;
  function ofOrganization({ does }: Step<'organization'>): readonly Fact[] {
    const link = { groupId: groupOf(0), teamId: teamOf(0) };
    switch (does) {
      case 'enable':
        return [s.about({ type: 'SyncEnabled' })];
      case 'disable':
        return [s.about({ type: 'SyncDisabled' })];
      case 'scim':
      case 'off':
        return [s.policy('teamSync', does)];
      case 'signIn':
        return [s.policy('teamSync', 'sign-in')];
      case 'adoptAll':
        return [s.about({ type: 'DirectoryAdopted' })];
      case 'map': {
        const mappings = [{ externalGroup: 'x', teamId: teamOf(0) }];
        return [s.about({ type: 'TeamSyncMapped', mappings })];
      }
      case 'startTeamSync':
        return [s.about({ type: 'TeamSyncStarted', era: (era += 1) })];
      case 'migrate':
        return [s.about({ type: 'TeamSyncMigrated', links: [link] })];
      case 'rollBack':
        return era === 0
          ? []
          : [s.about({ type: 'TeamSyncMigrationRolledBack', links: [link], era })];
      case 'pause':
        return [s.safeguard({ type: 'RemovalsPaused', removed: 1, users: facts.length })];
      case 'resume':
        return [s.safeguard({ type: 'RemovalsResumed' })];
    }
  }

  for (const step of steps) {
    switch (step.of) {
      case 'user':
        facts.push(...ofUser(step));
        break;
      case 'group':
        facts.push(...ofGroup(step));
        break;
      case 'team':
        facts.push(...ofTeam(step));
        break;
      case 'organization':
        facts.push(...ofOrganization(step));
        break;
    }
  }
  return facts;
}

/** What the deciders' own folds make of the events. */
export function foldsOf(events: readonly RecordedEvent[]) {
  const users = new Map<string, UserState>();
  const removed = new Set<string>();
  const groups = new Map<string, GroupState>();
  const teams = new Map<string, TeamState>();
  let about: OrganizationState = organization.initial;
  for (const { stream, event, revision, position, metadata } of events) {
    const recorded = { revision, position, occurredAt: metadata.occurredAt };
    const [kind, id] = [stream.split('-')[0], stream.slice(-36)];
    if (kind === 'user') {
      users.set(id, user.evolve(users.get(id) ?? user.initial, event as UserEvent, recorded));
      if (event.type === 'UserLeftOrganization') removed.add(id);
      if (event.type === 'UserReactivated') removed.delete(id);
    } else if (kind === 'group') {
      groups.set(id, group.evolve(groups.get(id) ?? group.initial, event as GroupEvent, recorded));
    } else if (kind === 'team') {
      teams.set(id, team.evolve(teams.get(id) ?? team.initial, event as TeamEvent, recorded));
    } else if (kind === 'organization') {
      about = organization.evolve(about, event as OrganizationEvent, recorded);
    }
  }
  return { users, removed, groups, teams, about };
}

/** Who is in which team, and why: `team user grants`, as design and ADR 13 unite them. */
export function expectedMemberships(events: readonly RecordedEvent[]): readonly string[] {
  const { users, removed, groups, teams, about } = foldsOf(events);
  if (about.status !== 'existing') return [];
  const { policies, teamSync } = about;
  const found: string[] = [];
  for (const [teamId, each] of teams) {
    if (each.status !== 'existing' || each.archived) continue;
    for (const [userId, person] of users) {
      if (person.status !== 'provisioned' || removed.has(userId)) continue;
      const { userId: member, signInTeams } = person;
      const feeds =
        policies.teamSync === 'scim' &&
        [...groups.values()].some(
          (g) => g.status === 'existing' && g.teamId === teamId && g.members.has(member),
        );
      const signs =
        policies.teamSync === 'sign-in' &&
        signInTeams?.era === teamSync.era &&
        signInTeams.teams.includes(each.teamId);
      const grants = [
        ...(feeds && !each.excluded.has(member) ? ['scim'] : []),
        ...(each.members.has(member) ? ['manual'] : []),
        ...(signs ? ['sign-in'] : []),
      ];
      if (grants.length > 0) found.push(`${teamId} ${userId} ${grants.join()}`);
    }
  }
  return found.sort();
}

/** Everybody who is a user, and whether the identity provider manages them. */
export function expectedUsers(events: readonly RecordedEvent[]): Readonly<Record<string, object>> {
  const { users, removed, about } = foldsOf(events);
  const found: Record<string, object> = {};
  for (const [id, person] of users) {
    if (person.status !== 'provisioned' || about.status !== 'existing') continue;
    const { userName, active, overrides, origin } = person;
    const status = removed.has(id) ? 'removed' : active ? 'active' : 'disabled';
    found[id] = {
      ...{ userName, status, origin, synced: isSynced(person, about) },
      overrides: [...new Set(overrides)].sort(),
    };
  }
  return found;
}
