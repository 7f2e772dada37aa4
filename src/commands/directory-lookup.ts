import type { GroupId, OrganizationId, UserId } from '../domain/identifiers.js';

export const DIRECTORY_LOOKUP = Symbol('DirectoryLookup');

/**
 * Where to look, never what to decide: candidates that a read model knows at once and that no single stream tells.
 * Whatever follows from an answer is decided again by the streams that it names. See docs/adr/0006-lookup-hints.md.
 */
export interface DirectoryLookup {
  /** Those of `ids` that are users; one that was created or deleted a moment ago may be told wrongly. */
  usersAmong(organization: OrganizationId, ids: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  groupsOf(organization: OrganizationId, user: UserId): Promise<readonly GroupId[]>;
}
