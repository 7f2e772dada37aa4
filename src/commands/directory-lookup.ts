import type { GroupId, OrganizationId, UserId } from '../domain/identifiers.js';

export const DIRECTORY_LOOKUP = Symbol('DirectoryLookup');

/**
 * Where to look, never what to decide: candidates that a read model knows at once and that no single stream tells.
 * Whatever follows from an answer is decided again by the streams that it names. See docs/adr/0006-lookup-hints.md.
 */
export interface DirectoryLookup {
  /** Those of `ids` that are users; one that was created or deleted a moment ago may be told wrongly. */
  usersAmong(organization: OrganizationId, ids: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** The groups in whose streams the user is a member, whether it is still a user or not. */
  groupsOf(organization: OrganizationId, user: UserId): Promise<readonly GroupId[]>;
  /** Members in the streams of groups that are no users any more, up to `limit`. */
  formerMembers(limit: number): Promise<readonly FormerMember[]>;
}

export interface FormerMember {
  readonly organization: OrganizationId;
  readonly group: GroupId;
  readonly user: UserId;
}
