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

/** A key to the management API was issued. Only its hash is kept. */
export interface ApiKeyIssued {
  readonly type: 'ApiKeyIssued';
  readonly keyId: ApiKeyId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
}

export interface ApiKeyRevoked {
  readonly type: 'ApiKeyRevoked';
  readonly keyId: ApiKeyId;
}

/** A user came to be. `personal` holds personal data. */
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
 * the name over.
 */
export interface ClaimFenced {
  readonly type: 'ClaimFenced';
  readonly claimId: ClaimId;
}

export type OrganizationEvent = OrganizationCreated | SyncEnabled | SyncDisabled | PolicyChanged;
export type TokenEvent = TokenIssued | TokenRevoked | ClaimFenced;
export type ApiKeyEvent = ApiKeyIssued | ApiKeyRevoked;
export type UserEvent =
  | UserProvisioned
  | UserRenamed
  | UserProfileChanged
  | UserDeactivated
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
  | ClaimFenced;
export type TeamEvent = TeamCreated | TeamRenamed | TeamArchived;
export type ClaimEvent = NameClaimed;
export type DomainEvent =
  OrganizationEvent | TokenEvent | ApiKeyEvent | UserEvent | GroupEvent | TeamEvent | ClaimEvent;

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
