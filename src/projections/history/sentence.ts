import type {
  AdoptionMatch,
  DomainEvent,
  GroupMembersChanged,
  NameKind,
  TeamOverridesReplaced,
  UnsyncedOrigin,
  UserProfileChanged,
} from '../../domain/events.js';
import type { Subject } from './subject.js';

const nameKinds: Record<NameKind, string> = {
  userName: 'userName',
  groupName: 'displayName',
  tokenName: 'name',
};

const origins: Record<UnsyncedOrigin, string> = {
  'sign-in': 'by signing in',
  manual: 'by an administrator',
  api: 'through the API',
};

const matches: Record<AdoptionMatch, string> = {
  id: 'id',
  userName: 'userName',
  externalId: 'externalId',
  'emails.value': 'e-mail address',
};

const things = (number: number, thing: string): string =>
  number === 1 ? `1 ${thing}` : `${number} ${thing}s`;

const count = (ids: readonly string[]): string => things(ids.length, 'member');

const listed = (attributes: readonly string[]): string => attributes.map(short).join(', ');

const short = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/** @param parts what happened, and to how many things: said only where there are some */
const said = (...parts: readonly (readonly [text: string, things: number])[]): readonly string[] =>
  parts.filter(([, things]) => things > 0).map(([text]) => text);

function profileSentence(name: string, { set, removed }: UserProfileChanged['personal']): string {
  const changed = Object.keys(set);
  const parts = said(
    [`${listed(changed)} changed`, changed.length],
    [`${listed(removed)} removed`, removed.length],
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

function overridesSentence(
  name: string,
  { dropped, readmitted, name: renamed }: TeamOverridesReplaced,
): string {
  const parts = said(
    ['the name', Number(renamed)],
    [`${count(dropped)} added by hand left`, dropped.length],
    [`${count(readmitted)} taken out by hand came back`, readmitted.length],
  );
  return `Team ${name}: the identity provider's statement replaced what was changed by hand: ${parts.join('; ')}.`;
}

/** Claims come before their owner's first event: at that time it has no name yet. */
const anybody = ({ kind }: Subject, name: string | null): string =>
  name === null ? `a ${kind}` : `${kind} ${name}`;

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
    case 'DirectoryAdopted':
      return 'The identity provider manages every user that exists.';
    case 'TeamSyncMapped':
      return `Team Sync maps ${things(event.mappings.length, 'external group')} to teams.`;
    case 'TeamSyncStarted':
      return 'Sign-ins put users into teams from here on.';
    case 'TeamSyncMigrated':
      return `Teams follow groups instead of sign-ins: ${things(event.links.length, 'link')} made.`;
    case 'TeamSyncMigrationRolledBack':
      return `Teams follow sign-ins again: ${things(event.links.length, 'link')} undone.`;
    case 'OwnerAppointed':
      return `User ${name} is an owner of the organization.`;
    case 'OwnerDismissed':
      return `User ${name} is no longer an owner of the organization.`;
    case 'SeatsCounted':
      return `${things(event.users.length, 'seat')} taken when the limit began to count.`;
    case 'SeatTaken':
      return `User ${name} took a seat.`;
    case 'SeatReleased':
      return `User ${name} gave up a seat.`;
    case 'RemovalCounted':
      return `The removal of user ${name} counts towards policy massRemovalLimit.`;
    case 'RemovalsPaused':
      return `Removals wait for an administrator: ${event.removed} of ${things(event.users, 'user')} were removed within an hour.`;
    case 'RemovalsResumed':
      return 'The identity provider may remove users again.';
    case 'TokenIssued':
      return `Token ${name} was issued${event.expiresAt ? `, valid until ${event.expiresAt}` : ''}.`;
    case 'TokenRevoked':
      return `Token ${name} was revoked.`;
    case 'ApiKeyIssued':
      return `API key ${name} was issued for the role ${event.role}.`;
    case 'ApiKeyRevoked':
      return `API key ${name} was revoked.`;
    case 'UserProvisioned':
      return `User ${name} was provisioned${event.active ? '' : ', inactive'}.`;
    case 'UserRegistered':
      return `User ${name} was created ${origins[event.origin]}.`;
    case 'UserSucceeded':
      return `User ${name} bears the userName of a deleted user, ${event.predecessorId}.`;
    case 'UserAdopted':
      return `User ${name} is managed by the identity provider, which recognised it by its ${matches[event.matchedBy]}.`;
    case 'UserRenamed':
      return `A user was renamed to ${name}.`;
    case 'UserProfileChanged':
      return profileSentence(name, event.personal);
    case 'UserDeactivated':
      return `User ${name} was deactivated.`;
    case 'UserOverridden':
      return `User ${name}: ${listed(event.attributes)} changed by hand, until the identity provider's next statement.`;
    case 'UserOverridesReplaced':
      return `User ${name}: the identity provider's statement replaced what was changed by hand: ${listed(event.attributes)}.`;
    case 'UserRoleChanged':
      return `User ${name} has the role ${event.role}, ${event.source === 'sign-in' ? 'by sign-in' : 'given by hand'}.`;
    case 'SignInTeamsChanged':
      return `User ${name} is in ${things(event.teams.length, 'team')} by sign-in.`;
    case 'UserLeftOrganization':
      return `User ${name} left the organization; a reactivation brings the user back.`;
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
    case 'GroupUnlinked':
      return `Group ${name} was unlinked from its team${event.byChoice ? ', to stay so' : ''}.`;
    case 'TeamCreated':
      return `Team ${name} was created.`;
    case 'TeamRenamed':
      return `A team was renamed to ${name}.`;
    case 'TeamNameOverridden':
      return `Team ${name}: name changed by hand, until the identity provider's next statement.`;
    case 'TeamArchived':
      return `Team ${name} was archived.`;
    case 'TeamRestored':
      return `Team ${name} was restored.`;
    case 'TeamDeleted':
      return `Team ${name} was deleted.`;
    case 'TeamSynced':
      return `Team ${name} is fed by a group: the identity provider manages it.`;
    case 'TeamReleased':
      return `Team ${name} is no longer fed by a group.`;
    case 'TeamMembersAdded':
      return `Team ${name}: ${count(event.users)} got a manual grant${event.override ? ', beside what the identity provider states' : ''}.`;
    case 'TeamMembersRemoved':
      return `Team ${name}: ${count(event.users)} removed by hand.`;
    case 'TeamMembersExcluded':
      return `Team ${name}: ${count(event.users)} of its groups taken out by hand, until the identity provider's next statement.`;
    case 'TeamOverridesReplaced':
      return overridesSentence(name, event);
    case 'NameClaimed':
      return `A ${nameKinds[event.kind]} was reserved for ${anybody(about, known)}.`;
    case 'ClaimFenced':
      return `A name that was reserved for ${anybody(about, known)} is free again.`;
  }
}
