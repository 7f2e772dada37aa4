import type { UserEvent } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import { foldCase } from '../../scim/comparison.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { foldUser, resourceIdOf, type ResourceRow } from '../resource-fold.js';

const rosterTables = (schema: string): string => `
  CREATE TABLE ${schema}.users (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    resource json NOT NULL,
    status text NOT NULL,
    synced boolean NOT NULL,
    origin text NOT NULL,
    -- userName, displayName and e-mail addresses, folded: what ?q= looks into
    searched text NOT NULL,
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = 85);
  CREATE INDEX users_sequence ON ${schema}.users (organization, sequence);

  CREATE TABLE ${schema}.groups (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    external_id text,
    team_id text COLLATE "C",
    PRIMARY KEY (organization, id)
  );
  CREATE INDEX groups_team ON ${schema}.groups (organization, team_id);

  CREATE TABLE ${schema}.group_members (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, user_id)
  );
  CREATE INDEX group_members_user ON ${schema}.group_members (organization, user_id);

  CREATE TABLE ${schema}.teams (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    name text NOT NULL,
    archived boolean NOT NULL,
    created_at text NOT NULL,
    PRIMARY KEY (organization, id)
  );
  CREATE INDEX teams_sequence ON ${schema}.teams (organization, sequence);
`;

type OrganizationRecorded = RecordedEvent & {
  readonly metadata: { readonly organization: OrganizationId };
};

interface Entry {
  readonly row: ResourceRow;
  readonly removed: boolean;
}

/** What administrators browse: users, teams and why somebody is in one. Never freezes. */
export class RosterProjection implements Projection {
  readonly name = 'roster';
  readonly version = 1;
  readonly tables = rosterTables;

  async apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void> {
    const recorded = events.filter(
      (each): each is OrganizationRecorded => each.metadata.organization !== undefined,
    );
    await applyUsers(
      recorded.filter(({ stream }) => stream.startsWith('user-')),
      target,
    );
    // Sent together: the connection answers them in this order, and does not keep one waiting for the last one's answer.
    const statements = recorded.flatMap((each) => statementsFor(each, target.schema));
    await Promise.all(statements.map(({ text, values }) => target.client.query(text, [...values])));
  }
}

async function applyUsers(
  events: readonly OrganizationRecorded[],
  target: ProjectionTarget,
): Promise<void> {
  if (events.length === 0) return;
  const entries = await loadUsers(events, target);
  for (const recorded of events) {
    const event = recorded.event as UserEvent;
    const key = keyOf(recorded);
    const entry = entries.get(key);
    if (entry?.removed) continue;
    const row = foldUser(entry?.row, event, recorded);
    if (row) entries.set(key, { row, removed: false });
    else if (entry) {
      const gone = { revision: recorded.revision, modified_at: recorded.metadata.occurredAt };
      entries.set(key, { row: { ...entry.row, ...gone }, removed: true });
    }
  }
  await writeUsers([...entries.values()], target);
}

const keyOf = (recorded: OrganizationRecorded): string =>
  `${recorded.metadata.organization} ${resourceIdOf(recorded.stream)}`;

async function loadUsers(
  events: readonly OrganizationRecorded[],
  { client, schema }: ProjectionTarget,
): Promise<Map<string, Entry>> {
  const wanted = new Map(events.map((recorded) => [keyOf(recorded), recorded]));
  const { rows } = await client.query<ResourceRow & { readonly status: string }>({
    name: `${schema}-load-users`,
    text: `SELECT t.organization, t.id, t.sequence, t.revision, t.version, t.created_at, t.modified_at,
                  t.resource, t.status
           FROM unnest($1::text[], $2::text[]) AS wanted (organization, id)
           JOIN ${schema}.users t USING (organization, id)`,
    values: [
      [...wanted.values()].map(({ metadata }) => metadata.organization),
      [...wanted.values()].map(({ stream }) => resourceIdOf(stream)),
    ],
  });
  return new Map(
    rows.map(({ status, ...row }) => [
      `${row.organization} ${row.id}`,
      { row, removed: status === 'removed' },
    ]),
  );
}

async function writeUsers(
  entries: readonly Entry[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ row }) => row);
  await client.query({
    name: `${schema}-write-users`,
    text: `
      INSERT INTO ${schema}.users
        (organization, id, sequence, revision, version, created_at, modified_at, resource, status, synced, origin, searched)
      SELECT organization, id, sequence, revision, version, created_at, modified_at, resource::json, status, true, 'scim', searched
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
        AS n (organization, id, sequence, revision, version, created_at, modified_at, resource, status, searched)
      ON CONFLICT (organization, id) DO UPDATE SET
        revision = excluded.revision, version = excluded.version, modified_at = excluded.modified_at,
        resource = excluded.resource, status = excluded.status, searched = excluded.searched`,
    values: [
      rows.map((row) => row.organization),
      rows.map((row) => row.id),
      rows.map((row) => row.sequence),
      rows.map((row) => row.revision),
      rows.map((row) => row.version),
      rows.map((row) => row.created_at),
      rows.map((row) => row.modified_at),
      rows.map((row) => JSON.stringify(row.resource)),
      entries.map(statusOf),
      rows.map(searchedText),
    ],
  });
}

function statusOf({ row, removed }: Entry): string {
  if (removed) return 'removed';
  return row.resource['active'] === false ? 'disabled' : 'active';
}

function searchedText({ resource }: ResourceRow): string {
  const { userName, displayName, emails } = resource;
  const addresses = Array.isArray(emails)
    ? emails.map((email: unknown) =>
        typeof email === 'object' && email && 'value' in email ? email.value : '',
      )
    : [];
  const words = [userName, displayName, ...addresses].filter((word) => typeof word === 'string');
  return foldCase(words.join('\n'));
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** $1 and $2 of every statement are the organization and the id of the user, group or team whose stream it is. */
function statementsFor(
  { event, metadata, position, stream }: OrganizationRecorded,
  schema: string,
): readonly Statement[] {
  const { organization, occurredAt } = metadata;
  const statement = (text: string, ...values: readonly unknown[]): Statement => ({
    text,
    values: [organization, resourceIdOf(stream), ...values],
  });
  const change = (table: string, column: string, value: unknown): readonly Statement[] => {
    const row = 'WHERE organization = $1 AND id = $2';
    return [statement(`UPDATE ${schema}.${table} SET ${column} = $3 ${row}`, value)];
  };
  const remove = (table: string, id: string): Statement =>
    statement(`DELETE FROM ${schema}.${table} WHERE organization = $1 AND ${id} = $2`);
  switch (event.type) {
    case 'GroupCreated': {
      const text = `INSERT INTO ${schema}.groups (organization, id, display_name, external_id)
                    VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;
      return [statement(text, event.displayName, event.externalId)];
    }
    case 'GroupRenamed':
      return change('groups', 'display_name', event.displayName);
    case 'GroupExternalIdChanged':
      return change('groups', 'external_id', event.externalId);
    case 'GroupLinked':
      return change('groups', 'team_id', event.teamId);
    case 'GroupMembersChanged': {
      const { added, removed } = event;
      const leave = statement(leaving(schema), removed);
      const join = statement(joining(schema), added);
      return [...(removed.length > 0 ? [leave] : []), ...(added.length > 0 ? [join] : [])];
    }
    case 'GroupDeleted':
      return [remove('groups', 'id'), remove('group_members', 'group_id')];
    case 'UserDeleted':
      return [remove('group_members', 'user_id')];
    case 'TeamCreated': {
      const text = `INSERT INTO ${schema}.teams (organization, id, sequence, name, archived, created_at)
                    VALUES ($1, $2, $3, $4, false, $5) ON CONFLICT DO NOTHING`;
      return [statement(text, position.toString(), event.name, occurredAt)];
    }
    case 'TeamRenamed':
      return change('teams', 'name', event.name);
    case 'TeamArchived':
      return change('teams', 'archived', true);
    default:
      return [];
  }
}

const leaving = (schema: string): string =>
  `DELETE FROM ${schema}.group_members
   WHERE organization = $1 AND group_id = $2 AND user_id = ANY($3)`;

const joining = (schema: string): string =>
  `INSERT INTO ${schema}.group_members (organization, group_id, user_id)
   SELECT $1, g.id, u.id FROM ${schema}.groups g, ${schema}.users u
   WHERE g.organization = $1 AND g.id = $2
     AND u.organization = $1 AND u.id = ANY($3) AND u.status <> 'removed'
   ON CONFLICT DO NOTHING`;
