import type { DomainEvent, NameKind } from '../../domain/events.js';

export type SubjectKind = 'organization' | 'user' | 'group' | 'team' | 'token' | 'key' | 'name';

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

/** @param stream the event's stream: what a claim or a fence is about */
export function subjectOf(event: DomainEvent, stream: string): Subject {
  switch (event.type) {
    case 'OrganizationCreated':
      return subject('organization', event.organization, event.displayName);
    case 'SyncEnabled':
    case 'SyncDisabled':
    case 'PolicyChanged':
      return subject('organization', event.organization);
    case 'TokenIssued':
      return subject('token', event.tokenId, event.name);
    case 'TokenRevoked':
      return subject('token', event.tokenId);
    case 'ApiKeyIssued':
      return subject('key', event.keyId, event.name);
    case 'ApiKeyRevoked':
      return subject('key', event.keyId);
    case 'UserProvisioned':
    case 'UserRenamed':
      return subject('user', event.userId, event.personal.userName);
    case 'UserProfileChanged':
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
      return subject('group', event.groupId);
    case 'TeamCreated':
    case 'TeamRenamed':
      return subject('team', event.teamId, event.name);
    case 'TeamArchived':
      return subject('team', event.teamId);
    case 'NameClaimed':
    case 'ClaimFenced':
      return subject('name', stream);
  }
}

const kinds: Record<NameKind, string> = {
  userName: 'userName',
  groupName: 'group name',
  tokenName: 'token name',
};

const count = (ids: readonly string[], one: string): string =>
  ids.length === 1 ? `1 ${one}` : `${ids.length} ${one}s`;

const short = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/**
 * The event as a sentence for people.
 * @param name what its subject was called when it happened
 */
export function sentenceOf(event: DomainEvent, name: string): string {
  switch (event.type) {
    case 'OrganizationCreated':
      return `Organization ${name} was created.`;
    case 'SyncEnabled':
      return 'SCIM was enabled.';
    case 'SyncDisabled':
      return 'SCIM was disabled; the directory stays as it is.';
    case 'PolicyChanged':
      return `Policy ${event.policy} was set to ${JSON.stringify(event.value)}.`;
    case 'TokenIssued':
      return `Token ${name} was issued${event.expiresAt ? `, valid until ${event.expiresAt}` : ''}.`;
    case 'TokenRevoked':
      return `Token ${name} was revoked.`;
    case 'ApiKeyIssued':
      return `API key ${name} was issued.`;
    case 'ApiKeyRevoked':
      return `API key ${name} was revoked.`;
    case 'UserProvisioned':
      return `User ${name} was provisioned${event.active ? '' : ', inactive'}.`;
    case 'UserRenamed':
      return `A user was renamed to ${name}.`;
    case 'UserProfileChanged': {
      const { set, removed } = event.personal;
      const parts = [
        ...(Object.keys(set).length > 0
          ? [`${Object.keys(set).map(short).join(', ')} changed`]
          : []),
        ...(removed.length > 0 ? [`${removed.map(short).join(', ')} removed`] : []),
      ];
      return `User ${name}: ${parts.join('; ')}.`;
    }
    case 'UserDeactivated':
      return `User ${name} was deactivated.`;
    case 'UserReactivated':
      return `User ${name} was reactivated.`;
    case 'UserDeleted':
      return `User ${name} was deleted.`;
    case 'GroupCreated':
      return `Group ${name} was created.`;
    case 'GroupRenamed':
      return `A group was renamed to ${name}.`;
    case 'GroupExternalIdChanged':
      return `Group ${name} has another externalId.`;
    case 'GroupMembersChanged': {
      const { added, removed } = event;
      const parts = [
        ...(added.length > 0 ? [`${count(added, 'member')} joined`] : []),
        ...(removed.length > 0 ? [`${count(removed, 'member')} left`] : []),
      ];
      return `Group ${name}: ${parts.join(', ')}.`;
    }
    case 'GroupDeleted':
      return `Group ${name} was deleted.`;
    case 'GroupLinked':
      return `Group ${name} was linked to its team.`;
    case 'TeamCreated':
      return `Team ${name} was created.`;
    case 'TeamRenamed':
      return `A team was renamed to ${name}.`;
    case 'TeamArchived':
      return `Team ${name} was archived.`;
    case 'NameClaimed':
      return `A ${kinds[event.kind]} was claimed.`;
    case 'ClaimFenced':
      return 'A claim on a name that was never completed was closed.';
  }
}
