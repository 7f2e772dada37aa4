import type {
  DomainEvent,
  GroupEvent,
  OrganizationEvent,
  OwnersEvent,
  SafeguardEvent,
  SeatsEvent,
  TeamEvent,
  UserEvent,
} from '../../src/domain/events.js';
import type {
  ClaimId,
  GroupId,
  JsonObject,
  JsonValue,
  OrganizationId,
  TeamId,
  UserId,
} from '../../src/domain/identifiers.js';
import type { Fact } from './read-side.js';

/** A UUID that a reader recognises by its end. */
const idOf = (end: string): string => `00000000-0000-7000-8000-${end.padStart(12, '0')}`;
export const userIdOf = (end: string): UserId => idOf(end) as UserId;
export const groupIdOf = (end: string): GroupId => idOf(end) as GroupId;
export const teamIdOf = (end: string): TeamId => idOf(end) as TeamId;

const claimId = 'claim' as ClaimId;

/** An event without what its stream says already. */
type Said<Event, Key extends string> = Event extends unknown ? Omit<Event, Key> : never;

/** Facts of one organization, in the streams that they belong to. */
export function factsAbout(organization: OrganizationId) {
  const fact = (stream: string, event: DomainEvent): Fact => ({ stream, organization, event });
  const about = (said: Said<OrganizationEvent, 'organization'>): Fact =>
    fact(`organization-${organization}`, { organization, ...said } as OrganizationEvent);
  const user = (userId: UserId, said: Said<UserEvent, 'userId'>): Fact =>
    fact(`user-${organization}-${userId}`, { userId, ...said } as UserEvent);
  const group = (groupId: GroupId, said: Said<GroupEvent, 'groupId'>): Fact =>
    fact(`group-${organization}-${groupId}`, { groupId, ...said } as GroupEvent);
  const team = (teamId: TeamId, said: Said<TeamEvent, 'teamId'>): Fact =>
    fact(`team-${organization}-${teamId}`, { teamId, ...said } as TeamEvent);
  return {
    organization,
    about,
    user,
    group,
    team,
    owners: (said: Said<OwnersEvent, 'organization'>): Fact =>
      fact(`owners-${organization}`, { organization, ...said } as OwnersEvent),
    seats: (said: Said<SeatsEvent, 'organization'>): Fact =>
      fact(`seats-${organization}`, { organization, ...said } as SeatsEvent),
    safeguard: (said: Said<SafeguardEvent, 'organization'>): Fact =>
      fact(`safeguard-${organization}`, { organization, ...said } as SafeguardEvent),
    created: about({ type: 'OrganizationCreated', displayName: 'Acme', nameKey: 'a2V5' }),
    policy: (policy: string, value: JsonValue): Fact =>
      about({ type: 'PolicyChanged', policy, value }),
    /** Sign-ins put users into teams. */
    signIns: (era: number): readonly Fact[] => [
      about({ type: 'PolicyChanged', policy: 'teamSync', value: 'sign-in' }),
      about({ type: 'TeamSyncStarted', era }),
    ],
    provisioned: (userId: UserId, userName: string, profile: JsonObject = {}): Fact =>
      user(userId, {
        type: 'UserProvisioned',
        active: true,
        claimId,
        personal: { userName, profile },
      }),
    registered: (
      userId: UserId,
      userName: string,
      origin: 'sign-in' | 'manual' | 'api' = 'manual',
    ): Fact =>
      user(userId, {
        type: 'UserRegistered',
        origin,
        claimId,
        personal: { userName, profile: {} },
      }),
    grouped: (groupId: GroupId, displayName: string, ...members: readonly UserId[]) => [
      group(groupId, { type: 'GroupCreated', displayName, externalId: null, claimId }),
      ...(members.length > 0
        ? [group(groupId, { type: 'GroupMembersChanged', added: members, removed: [] })]
        : []),
    ],
    teamed: (teamId: TeamId, name: string): Fact => team(teamId, { type: 'TeamCreated', name }),
    linked: (groupId: GroupId, teamId: TeamId) => [
      group(groupId, { type: 'GroupLinked', teamId }),
      team(teamId, { type: 'TeamSynced', groupId }),
    ],
    granted: (teamId: TeamId, override: boolean, ...users: readonly UserId[]): Fact =>
      team(teamId, { type: 'TeamMembersAdded', users, override }),
    signedIn: (userId: UserId, era: number, ...teams: readonly TeamId[]): Fact =>
      user(userId, { type: 'SignInTeamsChanged', teams, era }),
  };
}
