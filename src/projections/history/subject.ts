import type { DomainEvent } from '../../domain/events.js';
import { resourceIdOf } from '../resource-fold.js';

export type SubjectKind = 'organization' | 'user' | 'group' | 'team' | 'token' | 'key';

/** What an event is about, and under which name that is known from here on (null: unchanged). */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly name: string | null;
}

const subject = (kind: SubjectKind, id: string, name: string | null = null): Subject => ({
  kind,
  id,
  name,
});

const claimants = ['user', 'group', 'token'] as const;

/** The claimant of a name, by its stream. */
function claimant(stream: string): Subject {
  const kind = claimants.find((each) => stream.startsWith(`${each}-`));
  if (!kind) throw new Error('a name was claimed by what is no user, group or token');
  return subject(kind, resourceIdOf(stream));
}

/** @param stream the event's stream: a fence says by it alone whom it is about */
export function subjectOf(event: DomainEvent, stream: string): Subject {
  switch (event.type) {
    case 'OrganizationCreated':
      return subject('organization', event.organization, event.displayName);
    case 'SyncEnabled':
    case 'SyncDisabled':
    case 'PolicyChanged':
    case 'DirectoryAdopted':
    case 'TeamSyncMapped':
    case 'TeamSyncStarted':
    case 'TeamSyncMigrated':
    case 'TeamSyncMigrationRolledBack':
    case 'SeatsCounted':
    case 'RemovalsPaused':
    case 'RemovalsResumed':
      return subject('organization', event.organization);
    case 'OwnerAppointed':
    case 'OwnerDismissed':
    case 'SeatTaken':
    case 'SeatReleased':
    case 'RemovalCounted':
      return subject('user', event.userId);
    case 'TokenIssued':
      return subject('token', event.tokenId, event.name);
    case 'TokenRevoked':
      return subject('token', event.tokenId);
    case 'ApiKeyIssued':
      return subject('key', event.keyId, event.name);
    case 'ApiKeyRevoked':
      return subject('key', event.keyId);
    case 'UserProvisioned':
    case 'UserRegistered':
    case 'UserRenamed':
      return subject('user', event.userId, event.personal.userName);
    case 'UserProfileChanged':
    case 'UserSucceeded':
    case 'UserAdopted':
    case 'UserOverridden':
    case 'UserOverridesReplaced':
    case 'UserRoleChanged':
    case 'SignInTeamsChanged':
    case 'UserLeftOrganization':
    case 'UserDeactivated':
    case 'UserReactivated':
    case 'UserDeleted':
      return subject('user', event.userId);
    case 'GroupCreated':
    case 'GroupRenamed':
      return subject('group', event.groupId, event.displayName);
    case 'GroupExternalIdChanged':
    case 'GroupMembersChanged':
    case 'GroupDeleted':
    case 'GroupLinked':
    case 'GroupUnlinked':
      return subject('group', event.groupId);
    case 'TeamCreated':
    case 'TeamRenamed':
      return subject('team', event.teamId, event.name);
    case 'TeamNameOverridden':
    case 'TeamArchived':
    case 'TeamRestored':
    case 'TeamDeleted':
    case 'TeamSynced':
    case 'TeamReleased':
    case 'TeamMembersAdded':
    case 'TeamMembersRemoved':
    case 'TeamMembersExcluded':
    case 'TeamOverridesReplaced':
      return subject('team', event.teamId);
    case 'NameClaimed':
      return claimant(event.owner);
    case 'ClaimFenced':
      return claimant(stream);
  }
}

/** Ids of the users, groups and teams besides its subject that the event is about: their histories hold it too. */
export function othersIn(event: DomainEvent): readonly string[] {
  switch (event.type) {
    case 'GroupMembersChanged':
      return [...event.added, ...event.removed];
    case 'TeamMembersAdded':
    case 'TeamMembersRemoved':
    case 'TeamMembersExcluded':
      return event.users;
    case 'TeamOverridesReplaced':
      return [event.groupId, ...event.dropped, ...event.readmitted];
    case 'GroupLinked':
    case 'GroupUnlinked':
      return [event.teamId];
    case 'TeamSynced':
    case 'TeamReleased':
      return [event.groupId];
    case 'SignInTeamsChanged':
      return event.teams;
    case 'UserSucceeded':
      return [event.predecessorId];
    case 'TeamSyncMapped':
      return [...new Set(event.mappings.map(({ teamId }) => teamId))];
    case 'TeamSyncMigrated':
    case 'TeamSyncMigrationRolledBack':
      return [...new Set(event.links.flatMap(({ groupId, teamId }) => [groupId, teamId]))];
    default:
      return [];
  }
}
