import type {
  ApiKeyId,
  ClaimId,
  GroupId,
  Instant,
  JsonObject,
  JsonValue,
  OrganizationId,
  TeamId,
  TokenId,
  UserId,
} from './identifiers.js';

/*
 * Every fact that the log may hold. Names are stored names: they are versioned, never reused, never renamed.
 * Personal data stands in the one field `personal`, so that the codec can seal that field with the user's key.
 */

/** An organization exists. Emitted when an administrator creates it. No personal data. */
export interface OrganizationCreated {
  readonly type: 'OrganizationCreated';
  readonly organization: OrganizationId;
  readonly displayName: string;
  /** Keys the hashes of unique names in stream names (base64url, 32 bytes), so that they cannot be guessed. */
  readonly nameKey: string;
}

/** SCIM is on: the directory follows the log from here, after it has caught up with what it missed. */
export interface SyncEnabled {
  readonly type: 'SyncEnabled';
  readonly organization: OrganizationId;
}

/** SCIM is off: the directory keeps the state it has at this event's position. */
export interface SyncDisabled {
  readonly type: 'SyncDisabled';
  readonly organization: OrganizationId;
}

/** One policy has a new value. */
export interface PolicyChanged {
  readonly type: 'PolicyChanged';
  readonly organization: OrganizationId;
  readonly policy: string;
  readonly value: JsonValue;
}

/**
 * Every user that exists is the identity provider's from here on: those whose first event stands before this one are
 * synced. The one recorded step of adopting all at once.
 */
export interface DirectoryAdopted {
  readonly type: 'DirectoryAdopted';
  readonly organization: OrganizationId;
}

/** An external group of sign-in claims puts its members into a team. */
export interface TeamSyncMapping {
  /** As claims name it. */
  readonly externalGroup: string;
  readonly teamId: TeamId;
}

/** Which external groups of sign-in claims lead into which teams, all of them. */
export interface TeamSyncMapped {
  readonly type: 'TeamSyncMapped';
  readonly organization: OrganizationId;
  readonly mappings: readonly TeamSyncMapping[];
}

/** A group that came to feed a team. */
export interface TeamLink {
  readonly groupId: GroupId;
  readonly teamId: TeamId;
}

/** Sign-ins put users into teams from here on; grants of an earlier era do not count. */
export interface TeamSyncStarted {
  readonly type: 'TeamSyncStarted';
  readonly organization: OrganizationId;
  readonly era: number;
}

/** Groups feed the teams that sign-ins fed before: grants by sign-in rest until this is rolled back. */
export interface TeamSyncMigrated {
  readonly type: 'TeamSyncMigrated';
  readonly organization: OrganizationId;
  readonly links: readonly TeamLink[];
}

/** The last migration is undone: its links are gone, and the grants by sign-in count again. */
export interface TeamSyncMigrationRolledBack {
  readonly type: 'TeamSyncMigrationRolledBack';
  readonly organization: OrganizationId;
  readonly links: readonly TeamLink[];
  /** The era of Team Sync that is current again. */
  readonly era: number;
}

/** An active user has the role of an owner. Stands in the organization's stream of owners. */
export interface OwnerAppointed {
  readonly type: 'OwnerAppointed';
  readonly organization: OrganizationId;
  readonly userId: UserId;
}

/** The user is no active owner any more. */
export interface OwnerDismissed {
  readonly type: 'OwnerDismissed';
  readonly organization: OrganizationId;
  readonly userId: UserId;
}

/**
 * Who takes a seat when the limit begins to count; at most 5,000 an event, of which several with one `since` are parts
 * of one count. Stands in the organization's stream of seats.
 */
export interface SeatsCounted {
  readonly type: 'SeatsCounted';
  readonly organization: OrganizationId;
  readonly users: readonly UserId[];
  /** The revision of the organization's stream at which the limit came to be. */
  readonly since: number;
}

export interface SeatTaken {
  readonly type: 'SeatTaken';
  readonly organization: OrganizationId;
  readonly userId: UserId;
}

export interface SeatReleased {
  readonly type: 'SeatReleased';
  readonly organization: OrganizationId;
  readonly userId: UserId;
}

/** The identity provider removed a user while removals are counted. Stands in the organization's safeguard stream. */
export interface RemovalCounted {
  readonly type: 'RemovalCounted';
  readonly organization: OrganizationId;
  readonly userId: UserId;
  /** How many users there were, as far as was known. */
  readonly users: number;
}

/** Removals wait for an administrator: more users than the safeguard allows were removed within an hour. */
export interface RemovalsPaused {
  readonly type: 'RemovalsPaused';
  readonly organization: OrganizationId;
  /** How many were removed within the hour. */
  readonly removed: number;
  /** Of how many. */
  readonly users: number;
}

/** An administrator confirmed the removals: counting begins anew. */
export interface RemovalsResumed {
  readonly type: 'RemovalsResumed';
  readonly organization: OrganizationId;
}

/** A SCIM bearer token was issued. Only its hash is kept. */
export interface TokenIssued {
  readonly type: 'TokenIssued';
  readonly tokenId: TokenId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly expiresAt: Instant | null;
  readonly claimId: ClaimId;
}

export interface TokenRevoked {
  readonly type: 'TokenRevoked';
  readonly tokenId: TokenId;
}

/** What a key to the management API may do; src/http/admin/permissions.ts says it. */
export type ApiKeyRole = 'owner' | 'administrator' | 'auditor' | 'operator' | 'application';

/** A key to the management API was issued. Only its hash is kept. */
export interface ApiKeyIssued {
  readonly type: 'ApiKeyIssued';
  readonly keyId: ApiKeyId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly role: ApiKeyRole;
  /** The only organization that the key opens; null: every one. */
  readonly organization: OrganizationId | null;
}

export interface ApiKeyRevoked {
  readonly type: 'ApiKeyRevoked';
  readonly keyId: ApiKeyId;
}

/** How a user came to be that the identity provider did not provision. */
export type UnsyncedOrigin = 'sign-in' | 'manual' | 'api';

/** A user came to be by other means than SCIM. `personal` holds personal data. */
export interface UserRegistered {
  readonly type: 'UserRegistered';
  readonly userId: UserId;
  readonly origin: UnsyncedOrigin;
  /** The claim under which the user holds its userName. */
  readonly claimId: ClaimId;
  readonly personal: { readonly userName: string; readonly profile: JsonObject };
}

/** The user bears the userName of one who was deleted: nothing of that one passes to it. */
export interface UserSucceeded {
  readonly type: 'UserSucceeded';
  readonly userId: UserId;
  readonly predecessorId: UserId;
}

/** What the identity provider recognised an existing user by. */
export type AdoptionMatch = 'id' | 'userName' | 'externalId' | 'emails.value';

/** The identity provider manages the user from here on; its id, grants and history stay. */
export interface UserAdopted {
  readonly type: 'UserAdopted';
  readonly userId: UserId;
  readonly matchedBy: AdoptionMatch;
}

/** The user, being inactive, is in the organization no more; a reactivation restores it. */
export interface UserLeftOrganization {
  readonly type: 'UserLeftOrganization';
  readonly userId: UserId;
}

/** An administrator changed what the identity provider manages; the next statement about it wins. */
export interface UserOverridden {
  readonly type: 'UserOverridden';
  readonly userId: UserId;
  /** Names of top-level attributes. */
  readonly attributes: readonly string[];
}

/** The identity provider stated what an administrator had changed: its statement stands. */
export interface UserOverridesReplaced {
  readonly type: 'UserOverridesReplaced';
  readonly userId: UserId;
  readonly attributes: readonly string[];
}

/** The user's role in the application. */
export interface UserRoleChanged {
  readonly type: 'UserRoleChanged';
  readonly userId: UserId;
  readonly role: string;
  readonly source: 'sign-in' | 'manual';
}

/** The teams in which the claims of the last sign-in put the user, all of them. */
export interface SignInTeamsChanged {
  readonly type: 'SignInTeamsChanged';
  readonly userId: UserId;
  readonly teams: readonly TeamId[];
  /** The era of Team Sync in which these grants count. */
  readonly era: number;
}

/** A user came to be through SCIM. `personal` holds personal data. */
export interface UserProvisioned {
  readonly type: 'UserProvisioned';
  readonly userId: UserId;
  readonly active: boolean;
  /** The claim under which the user holds its userName. */
  readonly claimId: ClaimId;
  readonly personal: { readonly userName: string; readonly profile: JsonObject };
}

/** The user has another userName. `personal` holds personal data. */
export interface UserRenamed {
  readonly type: 'UserRenamed';
  readonly userId: UserId;
  /** Unchanged when only the spelling of the same name changed. */
  readonly claimId: ClaimId;
  readonly personal: { readonly userName: string };
}

/** Attributes other than userName and active changed. `personal` holds personal data. */
export interface UserProfileChanged {
  readonly type: 'UserProfileChanged';
  readonly userId: UserId;
  readonly personal: {
    /** Top-level attributes (an extension is one attribute, named by its URN) with their whole new values. */
    readonly set: JsonObject;
    readonly removed: readonly string[];
  };
}

export interface UserDeactivated {
  readonly type: 'UserDeactivated';
  readonly userId: UserId;
}

export interface UserReactivated {
  readonly type: 'UserReactivated';
  readonly userId: UserId;
}

export interface UserDeleted {
  readonly type: 'UserDeleted';
  readonly userId: UserId;
}

/** A group came to be, without members: they follow as GroupMembersChanged. */
export interface GroupCreated {
  readonly type: 'GroupCreated';
  readonly groupId: GroupId;
  readonly displayName: string;
  readonly externalId: string | null;
  /** The claim under which the group holds its displayName; null where names need not be unique. */
  readonly claimId: ClaimId | null;
}

export interface GroupRenamed {
  readonly type: 'GroupRenamed';
  readonly groupId: GroupId;
  readonly displayName: string;
  readonly claimId: ClaimId | null;
}

export interface GroupExternalIdChanged {
  readonly type: 'GroupExternalIdChanged';
  readonly groupId: GroupId;
  readonly externalId: string | null;
}

/** Members joined or left; at most 5,000 ids an event, so that one event stays under every store's size limit. */
export interface GroupMembersChanged {
  readonly type: 'GroupMembersChanged';
  readonly groupId: GroupId;
  readonly added: readonly UserId[];
  readonly removed: readonly UserId[];
}

export interface GroupDeleted {
  readonly type: 'GroupDeleted';
  readonly groupId: GroupId;
}

/** The group feeds the team: its members are in the team by a `scim` grant. Stands in the group's stream. */
export interface GroupLinked {
  readonly type: 'GroupLinked';
  readonly groupId: GroupId;
  readonly teamId: TeamId;
}

/** The group feeds the team no more. */
export interface GroupUnlinked {
  readonly type: 'GroupUnlinked';
  readonly groupId: GroupId;
  readonly teamId: TeamId;
  /** An administrator wants it so: no policy links the group again. */
  readonly byChoice: boolean;
}

export interface TeamCreated {
  readonly type: 'TeamCreated';
  readonly teamId: TeamId;
  readonly name: string;
}

export interface TeamRenamed {
  readonly type: 'TeamRenamed';
  readonly teamId: TeamId;
  readonly name: string;
}

/** The team gives nobody access any more, keeps its history and can be restored. */
export interface TeamArchived {
  readonly type: 'TeamArchived';
  readonly teamId: TeamId;
}

/** The team gives access again. */
export interface TeamRestored {
  readonly type: 'TeamRestored';
  readonly teamId: TeamId;
}

export interface TeamDeleted {
  readonly type: 'TeamDeleted';
  readonly teamId: TeamId;
}

/** A group feeds the team: the identity provider manages it. The team's own record of its links. */
export interface TeamSynced {
  readonly type: 'TeamSynced';
  readonly teamId: TeamId;
  readonly groupId: GroupId;
}

/** A group feeds the team no more. */
export interface TeamReleased {
  readonly type: 'TeamReleased';
  readonly teamId: TeamId;
  readonly groupId: GroupId;
}

/** An administrator named a synced team; the next statement of the group's name wins. */
export interface TeamNameOverridden {
  readonly type: 'TeamNameOverridden';
  readonly teamId: TeamId;
}

/** Users are in the team by a `manual` grant; at most 5,000 an event. */
export interface TeamMembersAdded {
  readonly type: 'TeamMembersAdded';
  readonly teamId: TeamId;
  readonly users: readonly UserId[];
  /** The team was synced: these stand beside what the identity provider states. */
  readonly override: boolean;
}

/** The `manual` grants of users ended; at most 5,000 an event. */
export interface TeamMembersRemoved {
  readonly type: 'TeamMembersRemoved';
  readonly teamId: TeamId;
  readonly users: readonly UserId[];
}

/** Users are not in the team although a group grants it, until the identity provider states them again. */
export interface TeamMembersExcluded {
  readonly type: 'TeamMembersExcluded';
  readonly teamId: TeamId;
  readonly users: readonly UserId[];
}

/** The identity provider stated what administrators had changed in the team: its statement stands. */
export interface TeamOverridesReplaced {
  readonly type: 'TeamOverridesReplaced';
  readonly teamId: TeamId;
  /** The group through which it was stated. */
  readonly groupId: GroupId;
  /** Whose `manual` grants ended. */
  readonly dropped: readonly UserId[];
  /** Who is no longer excluded. */
  readonly readmitted: readonly UserId[];
  /** Whether the team's name is the stated one again. */
  readonly name: boolean;
}

export type NameKind = 'userName' | 'groupName' | 'tokenName';

/** A unique name points to an owner. Stands in the name's claim stream; the owner's stream is the truth. */
export interface NameClaimed {
  readonly type: 'NameClaimed';
  readonly kind: NameKind;
  readonly claimId: ClaimId;
  /** The stream of the owner. */
  readonly owner: string;
}

/**
 * The owner of this stream does not hold the name that it claimed (it never wrote its side, or gave the name up by a
 * rename) and can never complete that claim any more: this event makes a late append of it fail. Emitted by who takes
 * the name over, or takes back a seat whose user never came to be (under a claim that nobody holds).
 */
export interface ClaimFenced {
  readonly type: 'ClaimFenced';
  readonly claimId: ClaimId;
}

export type OrganizationEvent =
  | OrganizationCreated
  | SyncEnabled
  | SyncDisabled
  | PolicyChanged
  | DirectoryAdopted
  | TeamSyncMapped
  | TeamSyncStarted
  | TeamSyncMigrated
  | TeamSyncMigrationRolledBack;
export type OwnersEvent = OwnerAppointed | OwnerDismissed;
export type SeatsEvent = SeatsCounted | SeatTaken | SeatReleased;
export type SafeguardEvent = RemovalCounted | RemovalsPaused | RemovalsResumed;
export type TokenEvent = TokenIssued | TokenRevoked | ClaimFenced;
export type ApiKeyEvent = ApiKeyIssued | ApiKeyRevoked;
export type UserEvent =
  | UserProvisioned
  | UserRegistered
  | UserSucceeded
  | UserAdopted
  | UserRenamed
  | UserProfileChanged
  | UserOverridden
  | UserOverridesReplaced
  | UserRoleChanged
  | SignInTeamsChanged
  | UserDeactivated
  | UserLeftOrganization
  | UserReactivated
  | UserDeleted
  | ClaimFenced;
export type GroupEvent =
  | GroupCreated
  | GroupRenamed
  | GroupExternalIdChanged
  | GroupMembersChanged
  | GroupDeleted
  | GroupLinked
  | GroupUnlinked
  | ClaimFenced;
export type TeamEvent =
  | TeamCreated
  | TeamRenamed
  | TeamNameOverridden
  | TeamArchived
  | TeamRestored
  | TeamDeleted
  | TeamSynced
  | TeamReleased
  | TeamMembersAdded
  | TeamMembersRemoved
  | TeamMembersExcluded
  | TeamOverridesReplaced;
export type ClaimEvent = NameClaimed;
export type DomainEvent =
  | OrganizationEvent
  | OwnersEvent
  | SeatsEvent
  | SafeguardEvent
  | TokenEvent
  | ApiKeyEvent
  | UserEvent
  | GroupEvent
  | TeamEvent
  | ClaimEvent;

/** Who made a fact: `token:{id}`, `key:{id}` (the management API) or `system`. Never a name. */
export type Actor = `token:${string}` | `key:${string}` | 'system';

/** What stands beside every event: flat, string-valued, free of personal data. */
export interface EventMetadata {
  /** Absent only on facts about the installation, such as ApiKeyIssued. */
  readonly organization?: OrganizationId;
  readonly actor: Actor;
  readonly occurredAt: Instant;
  readonly commandId: string;
  readonly $correlationId: string;
  readonly $causationId: string;
}
