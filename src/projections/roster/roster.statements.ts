import type { OrganizationRecorded } from './roster-user.js';
import { RosterWrites } from './roster-writes.js';
import { sql, type Statement } from './statement.js';

/**
 * What an event changes outside the rows of users. A statement about a group, a team or an organization holds only
 * while the row has not seen the event's revision, so that an event that comes again changes nothing.
 */
export function statementFor(
  recorded: OrganizationRecorded,
  schema: string,
): Statement | undefined {
  const writes = new RosterWrites(recorded, schema);
  return (
    organizationStatement(recorded, writes) ??
    groupStatement(recorded, writes) ??
    teamStatement(recorded, writes) ??
    userStatement(recorded, writes)
  );
}

function organizationStatement(
  { event, metadata: { occurredAt }, position }: OrganizationRecorded,
  writes: RosterWrites,
): Statement | undefined {
  switch (event.type) {
    case 'OrganizationCreated':
      return writes.createOrganization();
    case 'SyncEnabled':
    case 'SyncDisabled':
      return writes.updateOrganization(sql`sync_enabled = ${event.type === 'SyncEnabled'}`);
    case 'PolicyChanged': {
      const recorded = JSON.stringify({ [event.policy]: event.value });
      return writes.updateOrganization(sql`policies = t.policies || ${recorded}`);
    }
    case 'DirectoryAdopted':
      return writes.adoptUsersBefore(position);
    case 'TeamSyncMapped':
      return writes.updateOrganization(sql`mappings = ${JSON.stringify(event.mappings)}`);
    case 'TeamSyncStarted':
    case 'TeamSyncMigrationRolledBack':
      return writes.updateOrganization(sql`era = ${event.era}, migrated = NULL`);
    case 'TeamSyncMigrated':
      return writes.updateOrganization(sql`era = NULL, migrated = ${JSON.stringify(event.links)}`);
    case 'RemovalsPaused':
      return writes.safeguard({ since: occurredAt, removed: event.removed, users: event.users });
    case 'RemovalsResumed':
      return writes.safeguard({ since: null, removed: null, users: null });
    default:
      return undefined;
  }
}

function groupStatement(
  { event, position }: OrganizationRecorded,
  writes: RosterWrites,
): Statement | undefined {
  switch (event.type) {
    case 'GroupCreated': {
      const { displayName, externalId } = event;
      return writes.create('groups', {
        sequence: position.toString(),
        display_name: displayName,
        matched_name: displayName.trim(),
        external_id: externalId,
      });
    }
    case 'GroupRenamed': {
      const { displayName } = event;
      const names = sql`display_name = ${displayName}, matched_name = ${displayName.trim()}`;
      return writes.update('groups', names);
    }
    case 'GroupExternalIdChanged':
      return writes.update('groups', sql`external_id = ${event.externalId}`);
    case 'GroupLinked':
      return writes.update('groups', sql`team_id = ${event.teamId}, kept_apart = false`);
    case 'GroupUnlinked':
      return writes.update('groups', sql`team_id = NULL, kept_apart = ${event.byChoice}`);
    case 'GroupMembersChanged': {
      const { added, removed } = event;
      return writes.updateAnd('groups', sql``, [
        ...(removed.length > 0 ? [writes.leaveGroup(removed)] : []),
        ...(added.length > 0 ? [writes.joinGroup(added)] : []),
      ]);
    }
    case 'GroupDeleted':
      return writes.deleteAnd('groups', [writes.leaveGroup()]);
    default:
      return undefined;
  }
}

function teamStatement(
  { event, position, metadata: { occurredAt, actor } }: OrganizationRecorded,
  writes: RosterWrites,
): Statement | undefined {
  switch (event.type) {
    case 'TeamCreated':
      return writes.create('teams', {
        sequence: position.toString(),
        name: event.name,
        matched_name: event.name.trim(),
        created_at: occurredAt,
      });
    case 'TeamRenamed':
      return writes.update('teams', sql`name = ${event.name}, matched_name = ${event.name.trim()}`);
    case 'TeamNameOverridden':
      return writes.update(
        'teams',
        sql`name_overridden_at = ${occurredAt}, name_overridden_by = ${actor}`,
      );
    case 'TeamArchived':
    case 'TeamRestored':
      return writes.update('teams', sql`archived = ${event.type === 'TeamArchived'}`);
    case 'TeamDeleted':
      return writes.deleteAnd('teams', [
        writes.leaveTeam('manual_grants'),
        writes.leaveTeam('exclusions'),
      ]);
    case 'TeamSynced':
      return writes.update('teams', sql`feeders = array_append(t.feeders, ${event.groupId})`);
    case 'TeamReleased':
      return writes.release(event.groupId);
    case 'TeamMembersAdded':
      return writes.updateAnd('teams', sql``, [
        writes.leaveTeam('exclusions', event.users),
        writes.grant(event.users, event.override, actor, occurredAt),
      ]);
    case 'TeamMembersRemoved':
      return writes.updateAnd('teams', sql``, [writes.leaveTeam('manual_grants', event.users)]);
    case 'TeamMembersExcluded':
      return writes.updateAnd('teams', sql``, [writes.exclude(event.users, actor, occurredAt)]);
    case 'TeamOverridesReplaced':
      return writes.updateAnd('teams', event.name ? nameOfNobody : sql``, [
        writes.leaveTeam('manual_grants', event.dropped),
        writes.leaveTeam('exclusions', event.readmitted),
      ]);
    default:
      return undefined;
  }
}

const nameOfNobody = sql`name_overridden_at = NULL, name_overridden_by = NULL`;

function userStatement(
  { event }: OrganizationRecorded,
  writes: RosterWrites,
): Statement | undefined {
  return event.type === 'UserDeleted' ? writes.leaveEverything() : undefined;
}
