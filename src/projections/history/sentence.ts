import type {
  DomainEvent,
  GroupMembersChanged,
  NameKind,
  UserProfileChanged,
} from '../../domain/events.js';
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
      return claimant(event.owner);
    case 'ClaimFenced':
      return claimant(stream);
  }
}

const nameKinds: Record<NameKind, string> = {
  userName: 'userName',
  groupName: 'displayName',
  tokenName: 'name',
};

const count = (ids: readonly string[]): string =>
  ids.length === 1 ? '1 member' : `${ids.length} members`;

const short = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/** @param parts what happened, and to how many things: said only where there are some */
const said = (...parts: readonly (readonly [text: string, things: number])[]): readonly string[] =>
  parts.filter(([, things]) => things > 0).map(([text]) => text);

function profileSentence(name: string, { set, removed }: UserProfileChanged['personal']): string {
  const changed = Object.keys(set);
  const parts = said(
    [`${changed.map(short).join(', ')} changed`, changed.length],
    [`${removed.map(short).join(', ')} removed`, removed.length],
  );
  return `User ${name}: ${parts.join('; ')}.`;
}

function membersSentence(name: string, { added, removed }: GroupMembersChanged): string {
  const parts = said(
    [`${count(added)} joined`, added.length],
    [`${count(removed)} left`, removed.length],
  );
  return `Group ${name}: ${parts.join(', ')}.`;
}

/** Claims come before their owner's first event: at that time it has no name yet. */
const anybody = ({ kind }: Subject, name: string | null): string =>
  name === null ? `A ${kind}` : `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${name}`;

/**
 * The event as a sentence for people.
 * @param known what its subject was called when it happened; null while it had no name
 */
export function sentenceOf(event: DomainEvent, about: Subject, known: string | null): string {
  const name = known ?? about.id;
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
    case 'UserProfileChanged':
      return profileSentence(name, event.personal);
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
    case 'GroupMembersChanged':
      return membersSentence(name, event);
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
      return `${anybody(about, known)} claimed a ${nameKinds[event.kind]}.`;
    case 'ClaimFenced':
      return `${anybody(about, known)} gave up its claim on a name that it does not hold.`;
  }
}
