import type {
  DomainEvent,
  EventMetadata,
  TeamLink,
  TeamSyncMapping,
  UserProfileChanged,
  UserProvisioned,
  UserRegistered,
  UserRenamed,
} from '../domain/events.js';

/** What is wrong with a value, as a path and an expectation without the value itself; undefined when it fits. */
type Check = (value: unknown, path: string) => string | undefined;
type Fields<T> = { readonly [Name in keyof T]-?: Check };
type Facts = {
  readonly [Type in DomainEvent['type']]: Fields<
    Omit<Extract<DomainEvent, { readonly type: Type }>, 'type'>
  >;
};

const text: Check = (value, path) =>
  typeof value === 'string' ? undefined : `${path} is not a string`;
const flag: Check = (value, path) =>
  typeof value === 'boolean' ? undefined : `${path} is not a boolean`;
const whole: Check = (value, path) =>
  Number.isSafeInteger(value) ? undefined : `${path} is not a whole number`;
const present: Check = (value, path) => (value === undefined ? `${path} is missing` : undefined);
const attributes: Check = (value, path) =>
  isRecord(value) ? undefined : `${path} is not an object`;
const textOrNull: Check = (value, path) => (value === null ? undefined : text(value, path));
const textOrAbsent: Check = (value, path) => (value === undefined ? undefined : text(value, path));
const texts: Check = (value, path) =>
  Array.isArray(value) && value.every((element) => typeof element === 'string')
    ? undefined
    : `${path} is not a list of strings`;

/** Fields beside the named ones pass: a newer release may have added them. */
function object<T>(fields: Fields<T>): Check {
  const checks = Object.entries<Check>(fields);
  return (value, path) => {
    if (!isRecord(value)) return `${path} is not an object`;
    for (const [name, check] of checks) {
      const fault = check(value[name], `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const listOf =
  (element: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.map((each) => element(each, `${path}[]`)).find((fault) => fault !== undefined)
      : `${path} is not a list`;
const link = object<TeamLink>({ groupId: text, teamId: text });
const mapping = object<TeamSyncMapping>({ externalGroup: text, teamId: text });

const facts: Facts = {
  OrganizationCreated: { organization: text, displayName: text, nameKey: text },
  SyncEnabled: { organization: text },
  SyncDisabled: { organization: text },
  PolicyChanged: { organization: text, policy: text, value: present },
  DirectoryAdopted: { organization: text },
  TeamSyncMapped: { organization: text, mappings: listOf(mapping) },
  TeamSyncMigrated: { organization: text, links: listOf(link) },
  TeamSyncMigrationRolledBack: { organization: text, links: listOf(link), era: whole },
  TeamSyncStarted: { organization: text, era: whole },
  OwnerAppointed: { organization: text, userId: text },
  OwnerDismissed: { organization: text, userId: text },
  SeatsCounted: { organization: text, users: texts, since: whole },
  SeatTaken: { organization: text, userId: text },
  SeatReleased: { organization: text, userId: text },
  RemovalCounted: { organization: text, userId: text, users: whole },
  RemovalsPaused: { organization: text, removed: whole, users: whole },
  RemovalsResumed: { organization: text },
  TokenIssued: { tokenId: text, name: text, hash: text, expiresAt: textOrNull, claimId: text },
  TokenRevoked: { tokenId: text },
  ApiKeyIssued: { keyId: text, name: text, hash: text, role: text, organization: textOrNull },
  ApiKeyRevoked: { keyId: text },
  UserProvisioned: {
    userId: text,
    active: flag,
    claimId: text,
    personal: object<UserProvisioned['personal']>({ userName: text, profile: attributes }),
  },
  UserRegistered: {
    userId: text,
    origin: text,
    claimId: text,
    personal: object<UserRegistered['personal']>({ userName: text, profile: attributes }),
  },
  UserSucceeded: { userId: text, predecessorId: text },
  UserAdopted: { userId: text, matchedBy: text },
  UserOverridden: { userId: text, attributes: texts },
  UserOverridesReplaced: { userId: text, attributes: texts },
  UserRoleChanged: { userId: text, role: text, source: text },
  SignInTeamsChanged: { userId: text, teams: texts, era: whole },
  UserLeftOrganization: { userId: text },
  UserRenamed: {
    userId: text,
    claimId: text,
    personal: object<UserRenamed['personal']>({ userName: text }),
  },
  UserProfileChanged: {
    userId: text,
    personal: object<UserProfileChanged['personal']>({ set: attributes, removed: texts }),
  },
  UserDeactivated: { userId: text },
  UserReactivated: { userId: text },
  UserDeleted: { userId: text },
  GroupCreated: { groupId: text, displayName: text, externalId: textOrNull, claimId: textOrNull },
  GroupRenamed: { groupId: text, displayName: text, claimId: textOrNull },
  GroupExternalIdChanged: { groupId: text, externalId: textOrNull },
  GroupMembersChanged: { groupId: text, added: texts, removed: texts },
  GroupDeleted: { groupId: text },
  GroupLinked: { groupId: text, teamId: text },
  GroupUnlinked: { groupId: text, teamId: text, byChoice: flag },
  TeamCreated: { teamId: text, name: text },
  TeamRenamed: { teamId: text, name: text },
  TeamArchived: { teamId: text },
  TeamRestored: { teamId: text },
  TeamDeleted: { teamId: text },
  TeamSynced: { teamId: text, groupId: text },
  TeamReleased: { teamId: text, groupId: text },
  TeamNameOverridden: { teamId: text },
  TeamMembersAdded: { teamId: text, users: texts, override: flag },
  TeamMembersRemoved: { teamId: text, users: texts },
  TeamMembersExcluded: { teamId: text, users: texts },
  TeamOverridesReplaced: {
    teamId: text,
    groupId: text,
    dropped: texts,
    readmitted: texts,
    name: flag,
  },
  NameClaimed: { kind: text, claimId: text, owner: text },
  ClaimFenced: { claimId: text },
};

const factChecks: ReadonlyMap<string, Check> = new Map(
  Object.entries(facts).map(([type, fields]) => [type, object<Record<string, unknown>>(fields)]),
);

const metadataCheck = object<EventMetadata>({
  organization: textOrAbsent,
  actor: text,
  occurredAt: text,
  commandId: text,
  $correlationId: text,
  $causationId: text,
});

/** The types of every event that the log may hold. */
export const eventTypes: readonly string[] = [...factChecks.keys()];

/** Whether stored data, already at its newest version, is the event that its type says; `fault` hears why not. */
export function isDomainEvent(
  candidate: { readonly type: string },
  fault: (reason: string) => void,
): candidate is DomainEvent {
  const check = factChecks.get(candidate.type);
  const reason = check ? check(candidate, 'data') : 'no such type';
  if (reason !== undefined) fault(reason);
  return reason === undefined;
}

export function isEventMetadata(
  candidate: object,
  fault: (reason: string) => void,
): candidate is EventMetadata {
  const reason = metadataCheck(candidate, 'metadata');
  if (reason !== undefined) fault(reason);
  return reason === undefined;
}
