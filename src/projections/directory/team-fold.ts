import type { TeamEvent } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import type { GroupRow, ResourceRow } from '../resource-fold.js';

/** What the directory keeps of a team: whether, and as what, SCIM shows it as an external group. */
export interface TeamRow {
  readonly organization: OrganizationId;
  readonly id: string;
  readonly sequence: string;
  readonly revision: number;
  /** Revision of the last event that changed the name. */
  readonly version: number;
  readonly created_at: string;
  readonly modified_at: string;
  readonly name: string;
  readonly archived: boolean;
  /** The groups that feed it. */
  readonly feeders: readonly string[];
  /** Where the last event stands that left it without a group: of its creation, or of its release. */
  readonly unfed_since: string;
  /** Revision of the deletion of the group with the team's id; before it, and without one, -1. */
  readonly group_revision: number;
}

/** The revision in the row of an external group, which stands for no stream of a group. */
const NO_STREAM = -1;

/** Whether the group is a team that no group feeds. */
export const isExternal = ({ revision }: Pick<ResourceRow, 'revision'>): boolean =>
  revision === NO_STREAM;

/** The team's row after an event; undefined when there is none any more. An event seen before changes nothing. */
export function foldTeam(
  row: TeamRow | undefined,
  event: TeamEvent,
  recorded: RecordedEvent & { readonly metadata: { readonly organization: OrganizationId } },
): TeamRow | undefined {
  const { revision, metadata } = recorded;
  const { occurredAt } = metadata;
  if (row && revision <= row.revision) return row;
  if (event.type === 'TeamCreated') {
    return {
      organization: metadata.organization,
      id: event.teamId,
      sequence: recorded.position.toString(),
      revision,
      version: revision,
      created_at: occurredAt,
      modified_at: occurredAt,
      name: event.name,
      archived: false,
      feeders: [],
      unfed_since: recorded.position.toString(),
      group_revision: NO_STREAM,
    };
  }
  if (!row) return undefined;
  switch (event.type) {
    case 'TeamRenamed':
      return { ...row, revision, version: revision, modified_at: occurredAt, name: event.name };
    case 'TeamArchived':
      return { ...row, revision, archived: true };
    case 'TeamRestored':
      return { ...row, revision, archived: false };
    case 'TeamSynced':
      return { ...row, revision, feeders: [...new Set([...row.feeders, event.groupId])] };
    case 'TeamReleased':
      return released(row, event.groupId, recorded);
    case 'TeamDeleted':
      return undefined;
    case 'TeamNameOverridden':
    case 'TeamMembersAdded':
    case 'TeamMembersRemoved':
    case 'TeamMembersExcluded':
    case 'TeamOverridesReplaced':
      return row;
  }
}

function released(
  row: TeamRow,
  groupId: string,
  { revision, position }: Pick<RecordedEvent, 'revision' | 'position'>,
): TeamRow {
  const feeders = row.feeders.filter((id) => id !== groupId);
  const left = { ...row, revision, feeders };
  return feeders.length > 0 ? left : { ...left, unfed_since: position.toString() };
}

/**
 * The team as an external group, where no group has its id; undefined when SCIM does not show it. A team that nothing
 * but the group of its own id feeds is about to be that group, and is shown until it is. Where a group of its id was
 * deleted the id stays gone: RFC 7644 §3.6.
 * @param sequence its place in lists
 */
export function externalGroupOf(team: TeamRow, sequence: string): GroupRow | undefined {
  const { organization, id, version, created_at, modified_at, name } = team;
  const fedByOthers = team.feeders.some((group) => group !== id);
  if (team.archived || fedByOthers || team.group_revision !== NO_STREAM) return undefined;
  return {
    organization,
    id,
    sequence,
    revision: NO_STREAM,
    version,
    created_at,
    modified_at,
    resource: { displayName: name },
    team_id: id,
    kept_apart: false,
  };
}
