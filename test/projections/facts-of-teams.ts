import type { DomainEvent } from '../../src/domain/events.js';
import type {
  ClaimId,
  GroupId,
  OrganizationId,
  TeamId,
  UserId,
} from '../../src/domain/identifiers.js';
import type { JsonObject, JsonValue } from '../../src/domain/identifiers.js';
import type { Fact } from './read-side.js';

const idOf = (kind: string, n: number): string =>
  `00000000-0000-7000-8000-${kind}${String(n).padStart(11, '0')}`;
export const teamIdOf = (n: number): TeamId => idOf('a', n) as TeamId;
/** The group that bears the id of that team. */
export const ownGroupOf = (n: number): GroupId => idOf('a', n) as GroupId;
export const groupIdOf = (n: number): GroupId => idOf('b', n) as GroupId;
export const userIdOf = (n: number): UserId => idOf('c', n) as UserId;

/** Facts of one organization, in which teams and groups meet. */
export function factsOfTeams(organization: OrganizationId) {
  const claimId = 'claim' as ClaimId;
  const fact = (category: string, id: string, ...events: readonly DomainEvent[]): readonly Fact[] =>
    events.map((event, i) => ({
      stream: `${category}-${organization}-${id}`,
      organization,
      event,
      together: i > 0,
    }));
  const ofOrganization = (event: DomainEvent): readonly Fact[] => [
    { stream: `organization-${organization}`, organization, event },
  ];
  return {
    enabled: ofOrganization({ type: 'SyncEnabled', organization }),
    disabled: ofOrganization({ type: 'SyncDisabled', organization }),
    adopted: ofOrganization({ type: 'DirectoryAdopted', organization }),
    policy: (policy: string, value: JsonValue) =>
      ofOrganization({ type: 'PolicyChanged', organization, policy, value }),
    migrated: (...links: readonly (readonly [GroupId, number])[]) =>
      ofOrganization({
        type: 'TeamSyncMigrated',
        organization,
        links: links.map(([groupId, n]) => ({ groupId, teamId: teamIdOf(n) })),
      }),
    rolledBack: ofOrganization({
      type: 'TeamSyncMigrationRolledBack',
      organization,
      links: [],
      era: 1,
    }),
    user: (n: number, profile: JsonObject = {}) =>
      fact('user', userIdOf(n), {
        type: 'UserRegistered',
        userId: userIdOf(n),
        origin: 'manual',
        claimId,
        personal: { userName: `user${n}`, profile },
      }),
    team: (n: number, name = `Team ${n}`) =>
      fact('team', teamIdOf(n), { type: 'TeamCreated', teamId: teamIdOf(n), name }),
    teamFor: (n: number, groupId: GroupId) =>
      fact(
        'team',
        teamIdOf(n),
        { type: 'TeamCreated', teamId: teamIdOf(n), name: `Team ${n}` },
        { type: 'TeamSynced', teamId: teamIdOf(n), groupId },
      ),
    renamed: (n: number, name: string) =>
      fact('team', teamIdOf(n), { type: 'TeamRenamed', teamId: teamIdOf(n), name }),
    archived: (n: number) =>
      fact('team', teamIdOf(n), { type: 'TeamArchived', teamId: teamIdOf(n) }),
    restored: (n: number) =>
      fact('team', teamIdOf(n), { type: 'TeamRestored', teamId: teamIdOf(n) }),
    deleted: (n: number) => fact('team', teamIdOf(n), { type: 'TeamDeleted', teamId: teamIdOf(n) }),
    fed: (n: number, groupId: GroupId) =>
      fact('team', teamIdOf(n), { type: 'TeamSynced', teamId: teamIdOf(n), groupId }),
    released: (n: number, groupId: GroupId) =>
      fact('team', teamIdOf(n), { type: 'TeamReleased', teamId: teamIdOf(n), groupId }),
    fenced: (groupId: GroupId) => fact('group', groupId, { type: 'ClaimFenced', claimId }),
    group: (groupId: GroupId, displayName: string, externalId: string | null = null) =>
      fact('group', groupId, {
        type: 'GroupCreated',
        groupId,
        displayName,
        externalId,
        claimId: null,
      }),
    joined: (groupId: GroupId, ...added: readonly UserId[]) =>
      fact('group', groupId, { type: 'GroupMembersChanged', groupId, added, removed: [] }),
    linked: (groupId: GroupId, n: number) =>
      fact('group', groupId, { type: 'GroupLinked', groupId, teamId: teamIdOf(n) }),
    unlinked: (groupId: GroupId, n: number, byChoice: boolean) =>
      fact('group', groupId, { type: 'GroupUnlinked', groupId, teamId: teamIdOf(n), byChoice }),
    groupRenamed: (groupId: GroupId, displayName: string) =>
      fact('group', groupId, { type: 'GroupRenamed', groupId, displayName, claimId: null }),
    groupDeleted: (groupId: GroupId) => fact('group', groupId, { type: 'GroupDeleted', groupId }),
  };
}
