import type { GroupEvent, UserEvent } from '../domain/events.js';
import type { JsonObject, OrganizationId } from '../domain/identifiers.js';
import type { RecordedEvent } from '../event-store/event-store.js';

/** What a projection keeps of a user or group, whichever columns it adds. */
export interface ResourceRow {
  readonly organization: OrganizationId;
  readonly id: string;
  readonly sequence: string;
  readonly revision: number;
  readonly version: number;
  readonly created_at: string;
  readonly modified_at: string;
  readonly resource: JsonObject;
}

export interface GroupRow extends ResourceRow {
  /** The team that the group feeds. */
  readonly team_id: string | null;
  /** An administrator unlinked the group: no policy links it again. */
  readonly kept_apart: boolean;
}

/** The id of the user, group, team or token whose stream this is: the end of the name, as every such id is a UUID. */
export const resourceIdOf = (stream: string): string => stream.slice(-36);

type Recorded = RecordedEvent & { readonly metadata: { readonly organization: OrganizationId } };

const created = (id: string, recorded: Recorded, resource: JsonObject): ResourceRow => ({
  organization: recorded.metadata.organization,
  id,
  sequence: recorded.position.toString(),
  revision: recorded.revision,
  version: recorded.revision,
  created_at: recorded.metadata.occurredAt,
  modified_at: recorded.metadata.occurredAt,
  resource,
});

const changed = <Row extends ResourceRow>(
  row: Row,
  recorded: Recorded,
  resource = row.resource,
): Row => ({
  ...row,
  revision: recorded.revision,
  version: recorded.revision,
  modified_at: recorded.metadata.occurredAt,
  resource,
});

const without = (resource: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)));

/** The user's row after an event; undefined when there is none any more. An event seen before changes nothing. */
export function foldUser(
  row: ResourceRow | undefined,
  event: UserEvent,
  recorded: Recorded,
): ResourceRow | undefined {
  if (row && recorded.revision <= row.revision) return row;
  if (event.type === 'UserProvisioned') {
    const { userName, profile } = event.personal;
    return created(event.userId, recorded, { userName, active: event.active, ...profile });
  }
  if (event.type === 'UserRegistered') {
    const { userName, profile } = event.personal;
    return created(event.userId, recorded, { userName, active: true, ...profile });
  }
  if (!row) return undefined;
  switch (event.type) {
    case 'UserRenamed':
      return changed(row, recorded, { ...row.resource, userName: event.personal.userName });
    case 'UserProfileChanged': {
      const { set, removed } = event.personal;
      return changed(row, recorded, { ...without(row.resource, removed), ...set });
    }
    case 'UserDeactivated':
      return changed(row, recorded, { ...row.resource, active: false });
    case 'UserReactivated':
      return changed(row, recorded, { ...row.resource, active: true });
    case 'UserDeleted':
      return undefined;
    case 'UserSucceeded':
    case 'UserAdopted':
    case 'UserOverridden':
    case 'UserOverridesReplaced':
    case 'UserRoleChanged':
    case 'SignInTeamsChanged':
    case 'UserLeftOrganization':
    case 'ClaimFenced':
      return { ...row, revision: recorded.revision };
  }
}

/** The group's row after an event; undefined when there is none any more. An event seen before changes nothing. */
export function foldGroup(
  row: GroupRow | undefined,
  event: GroupEvent,
  recorded: Recorded,
): GroupRow | undefined {
  if (row && recorded.revision <= row.revision) return row;
  if (event.type === 'GroupCreated') {
    const { groupId, displayName, externalId } = event;
    const resource = { displayName, ...(externalId === null ? {} : { externalId }) };
    return { ...created(groupId, recorded, resource), team_id: null, kept_apart: false };
  }
  if (!row) return undefined;
  switch (event.type) {
    case 'GroupRenamed':
      return changed(row, recorded, { ...row.resource, displayName: event.displayName });
    case 'GroupExternalIdChanged': {
      const { externalId } = event;
      const rest = without(row.resource, ['externalId']);
      return changed(row, recorded, externalId === null ? rest : { ...rest, externalId });
    }
    case 'GroupMembersChanged':
      return changed(row, recorded);
    case 'GroupDeleted':
      return undefined;
    case 'GroupLinked':
      return { ...row, revision: recorded.revision, team_id: event.teamId, kept_apart: false };
    case 'GroupUnlinked':
      return { ...row, revision: recorded.revision, team_id: null, kept_apart: event.byChoice };
    case 'ClaimFenced':
      return { ...row, revision: recorded.revision };
  }
}
