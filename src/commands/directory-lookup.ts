import type { GroupId, Instant, OrganizationId, TeamId, UserId } from '../domain/identifiers.js';

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
  /** Users who may hold this value of the organization's matching key, and may not. */
  usersMatching(
    organization: OrganizationId,
    key: 'externalId' | 'emails.value',
    value: string,
  ): Promise<readonly UserId[]>;
  /** Groups that may bear exactly this displayName. */
  groupsNamed(organization: OrganizationId, displayName: string): Promise<readonly GroupId[]>;
  /** Groups with this externalId. */
  groupsWithExternalId(
    organization: OrganizationId,
    externalId: string,
  ): Promise<readonly GroupId[]>;
  /** Teams that no group feeds, are not archived and bear exactly this name. */
  externalTeamsNamed(organization: OrganizationId, name: string): Promise<readonly TeamId[]>;
  /** Groups that feed no team and may be linked by policy, up to `limit`, the oldest first. */
  unlinkedGroups(organization: OrganizationId, limit: number): Promise<readonly GroupId[]>;
  /** Organizations with unlinked groups where the policies `groupMapping` and `teamSync` would link them. */
  organizationsToBackfill(limit: number): Promise<readonly OrganizationId[]>;
  /** Organizations with external teams from before their DirectoryAdopted where `teamSync` and SCIM would link them. */
  organizationsToAdopt(limit: number): Promise<readonly OrganizationId[]>;
  /** Those teams, up to `limit`, the oldest first. */
  teamsToAdopt(organization: OrganizationId, limit: number): Promise<readonly TeamId[]>;
  /** Links that stand in one of their two streams. */
  halfLinksOf(organization: OrganizationId): Promise<readonly HalfLink[]>;
  /** Those of all organizations that nothing was said of since `before`, up to `limit`, the oldest first. */
  halfLinks(before: Instant, limit: number): Promise<readonly HalfLink[]>;
  /** Organizations with unlinked groups that their migration to SCIM group sync would have linked. */
  organizationsToMigrate(limit: number): Promise<readonly OrganizationId[]>;
  /** Organizations with a rule that names a group which is there, and is not bound to it, or is bound to one that is gone. */
  organizationsToBind(limit: number): Promise<readonly OrganizationId[]>;
  /** How many users there are. */
  userCount(organization: OrganizationId): Promise<number>;
  /** Members in the streams of groups that are no users any more, up to `limit`. */
  formerMembers(limit: number): Promise<readonly FormerMember[]>;
}

export interface HalfLink {
  readonly organization: OrganizationId;
  readonly group: GroupId;
  readonly team: TeamId;
}

export interface FormerMember {
  readonly organization: OrganizationId;
  readonly group: GroupId;
  readonly user: UserId;
}
