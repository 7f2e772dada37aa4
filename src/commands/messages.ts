import { Command, Query } from '@nestjs/cqrs';
import type { ApiKeyScope } from '../domain/api-key.js';
import type { Actor, DomainEvent, TeamSyncMapping } from '../domain/events.js';
import type {
  ApiKeyId,
  GroupId,
  Instant,
  JsonObject,
  OrganizationId,
  TeamId,
  TokenId,
  UserId,
} from '../domain/identifiers.js';
import type { MemberSet } from '../domain/member-set.js';
import type { PolicyValues } from '../domain/organization.js';
import type { Policies } from '../domain/policies.js';
import type { Position } from '../event-store/event-store.js';
import type { PatchOperation } from '../scim/patch.js';
import type { Attributes } from '../scim/resource.js';

export type { Position };

/** Who asks, and under which request; it becomes the metadata of every event that follows. */
export interface CommandContext {
  readonly actor: Actor;
  readonly correlationId: string;
  /** Hears of the events that were appended. */
  readonly recorded?: (events: readonly DomainEvent[]) => void;
}

/** What a resource is after a command: the answer to its client. */
interface WrittenResource {
  readonly version: number;
  readonly createdAt: Instant;
  readonly modifiedAt: Instant;
  /** Where the change stands in the log; null when nothing changed. */
  readonly position: Position | null;
}

export interface WrittenUser extends WrittenResource {
  readonly id: UserId;
  readonly attributes: Attributes;
}

export interface WrittenGroup extends WrittenResource {
  readonly id: GroupId;
  /** Without members. */
  readonly attributes: Attributes;
  readonly members: MemberSet;
}

/** The versions that an If-Match names, none where no version will do, or null where there is none (or `*`). RFC 7644 §3.14 */
export type ExpectedVersions = readonly number[] | null;

export class CreateUser extends Command<WrittenUser> {
  constructor(
    readonly organization: OrganizationId,
    readonly attributes: Attributes,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class ReplaceUser extends Command<WrittenUser> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly attributes: Attributes,
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class PatchUser extends Command<WrittenUser> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly operations: readonly PatchOperation[],
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class DeleteUser extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class CreateGroup extends Command<WrittenGroup> {
  constructor(
    readonly organization: OrganizationId,
    readonly attributes: Attributes,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class ReplaceGroup extends Command<WrittenGroup> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly attributes: Attributes,
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class PatchGroup extends Command<WrittenGroup> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly operations: readonly PatchOperation[],
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class DeleteGroup extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly expected: ExpectedVersions,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** The user as its stream tells it now; for readers whom the directory cannot serve yet. */
export class CurrentUser extends Query<WrittenUser> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
  ) {
    super();
  }
}

/** The group as its stream tells it now; for readers whom the directory cannot serve yet. */
export class CurrentGroup extends Query<WrittenGroup> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
  ) {
    super();
  }
}

export class CreateOrganization extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly displayName: string,
    /** What differs from the defaults; `preset` names one. */
    readonly policies: PolicyValues,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Answers null when nothing changed. */
export class EnableSync extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Answers null when nothing changed. */
export class DisableSync extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Any policies, or a `preset`, which the others override. Answers null when nothing changed. */
export class SetPolicies extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly values: PolicyValues,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What SetPolicies would come to; refuses what SetPolicies refuses, and records nothing. */
export class PreviewPolicies extends Query<{
  readonly before: Policies;
  readonly after: Policies;
}> {
  constructor(
    readonly organization: OrganizationId,
    readonly values: PolicyValues,
  ) {
    super();
  }
}

/** Lets the identity provider remove users again after the safeguard paused it. Answers null when it was not paused. */
export class ResumeRemovals extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What an administrator or the application writes of a user; what is absent stays, null takes away. */
export interface UserChanges {
  readonly userName?: string;
  readonly displayName?: string | null;
  readonly externalId?: string | null;
  /** As in SCIM. RFC 7643 §4.1.1 */
  readonly name?: JsonObject | null;
  /** As in SCIM. RFC 7643 §4.1.2 */
  readonly emails?: readonly JsonObject[] | null;
  readonly active?: boolean;
  readonly role?: string;
}

/** What a change made by hand comes to. */
export interface ManualChange {
  /** Null when nothing changed. */
  readonly position: Position | null;
  /** What the identity provider manages and its next statement takes back: attributes, `name` or `members`. */
  readonly overridden: readonly string[];
}

export class RegisterUser extends Command<{
  readonly id: UserId;
  readonly position: Position | null;
}> {
  constructor(
    readonly organization: OrganizationId,
    readonly user: UserChanges & { readonly userName: string },
    readonly origin: 'manual' | 'api',
    /** Repeated with the same key, the same user is answered and nothing is recorded. */
    readonly idempotencyKey: string | null,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class EditUser extends Command<ManualChange> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly changes: UserChanges,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** By an administrator or the application. */
export class RemoveUser extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What single sign-on says of a person. */
export interface SignInClaims {
  readonly subject: string;
  readonly userName: string;
  readonly email?: string;
  readonly displayName?: string;
  readonly name?: JsonObject;
  /** Absent: not claimed, hence nothing follows. */
  readonly groups?: readonly string[];
  /** Absent: not claimed, hence nothing follows. */
  readonly roles?: readonly string[];
}

export type SignInReason =
  | 'matched'
  | 'created'
  | 'deactivated'
  | 'not-provisioned'
  | 'sign-up-off'
  | 'subject-mismatch'
  | 'seat-limit-reached';

export interface SignInDecision {
  readonly decision: 'allowed' | 'refused';
  readonly reason: SignInReason;
  /** A sentence for the administrator. */
  readonly detail: string;
  /** Null for somebody unknown. */
  readonly userId: UserId | null;
  readonly position: Position | null;
}

export class SignIn extends Command<SignInDecision> {
  constructor(
    readonly organization: OrganizationId,
    readonly claims: SignInClaims,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class CreateTeam extends Command<{ readonly id: TeamId; readonly position: Position }> {
  constructor(
    readonly organization: OrganizationId,
    readonly teamName: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class EditTeam extends Command<ManualChange> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly changes: { readonly name?: string; readonly archived?: boolean },
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Its groups stay, unlinked. */
export class DeleteTeam extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class AddTeamMember extends Command<ManualChange> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly userId: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Whatever the grant: one by sign-in until the next sign-in, one by a group until its next statement. */
export class RemoveTeamMember extends Command<ManualChange> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly userId: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Answers null when nothing changed. */
export class LinkGroup extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly groupId: string,
    /** The team to feed, or a new one of the group's name. */
    readonly target: { readonly teamId: string } | { readonly createTeam: true },
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Answers null when nothing changed. */
export class UnlinkGroup extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly groupId: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Answers null when nothing changed. */
export class MapTeamSync extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly mappings: readonly TeamSyncMapping[],
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What a mapping of Team Sync becomes when groups feed the team. */
export interface PlannedLink {
  readonly externalGroup: string;
  readonly teamId: TeamId;
  /** Null: no group of this externalId or displayName was pushed yet. */
  readonly groupId: GroupId | null;
  readonly matchedBy: 'externalId' | 'displayName' | null;
}

/** What CommitTeamSyncMigration would do; changes nothing. */
export class PlanTeamSyncMigration extends Query<readonly PlannedLink[]> {
  constructor(readonly organization: OrganizationId) {
    super();
  }
}

export class CommitTeamSyncMigration extends Command<{
  readonly links: readonly PlannedLink[];
  readonly position: Position;
}> {
  constructor(
    readonly organization: OrganizationId,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class RollBackTeamSyncMigration extends Command<Position> {
  constructor(
    readonly organization: OrganizationId,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export interface IssuedToken {
  readonly id: TokenId;
  /** The only time that the token itself is seen. */
  readonly token: string;
  readonly createdAt: Instant;
  readonly position: Position;
}

export class IssueToken extends Command<IssuedToken> {
  constructor(
    readonly organization: OrganizationId,
    readonly tokenName: string,
    readonly expiresAt: Instant | null,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export class RevokeToken extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly id: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export interface IssuedApiKey {
  readonly id: ApiKeyId;
  /** The only time that the key itself is seen. */
  readonly key: string;
  readonly createdAt: Instant;
  /** Null when the key was valid already. */
  readonly position: Position | null;
}

/** Refused for an organization that does not exist. */
export class IssueApiKey extends Command<IssuedApiKey> {
  constructor(
    readonly keyName: string,
    readonly scope: ApiKeyScope,
    readonly context: CommandContext,
    /** The key, where somebody chose it; one that is valid already is left as it is. Absent: a new one is made. */
    readonly chosen?: string,
  ) {
    super();
  }
}

/** Answers null when the key was not valid any more. */
export class RevokeApiKey extends Command<Position | null> {
  constructor(
    readonly keyId: ApiKeyId,
    readonly context: CommandContext,
  ) {
    super();
  }
}
