import { Command, Query } from '@nestjs/cqrs';
import type { Actor } from '../domain/events.js';
import type {
  ApiKeyId,
  GroupId,
  Instant,
  JsonValue,
  OrganizationId,
  TokenId,
  UserId,
} from '../domain/identifiers.js';
import type { MemberSet } from '../domain/member-set.js';
import type { Position } from '../event-store/event-store.js';
import type { PatchOperation } from '../scim/patch.js';
import type { Attributes } from '../scim/resource.js';

export type { Position };

/** Who asks, and under which request; it becomes the metadata of every event that follows. */
export interface CommandContext {
  readonly actor: Actor;
  readonly correlationId: string;
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

/** The versions that an If-Match names, or null where there is none (or `*`). RFC 7644 §3.14 */
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

/** Answers null when nothing changed. */
export class SetPolicies extends Command<Position | null> {
  constructor(
    readonly organization: OrganizationId,
    readonly values: Readonly<Record<string, JsonValue>>,
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

/** Records the key; a key that is recorded already is left as it is. */
export class IssueApiKey extends Command<Position | null> {
  constructor(
    readonly keyId: ApiKeyId,
    readonly keyName: string,
    /** SHA-256 of the secret, hexadecimal. */
    readonly hash: string,
    readonly context: CommandContext,
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
