import type { DomainEvent, UserEvent } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import { foldCase } from '../../scim/comparison.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { foldUser, type ResourceRow } from '../resource-fold.js';

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
    for (const each of recorded) {
      for (const { text, values } of statementsFor(each.event, each, target.schema)) {
        await target.client.query(text, [...values]);
      }
    }
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

/** The id of a user is the end of its stream's name, whose shape commands/streams.ts fixes. */
const userIdOf = ({ stream }: RecordedEvent): string => stream.slice(-36);

const keyOf = (recorded: OrganizationRecorded): string =>
  `${recorded.metadata.organization} ${userIdOf(recorded)}`;

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
      [...wanted.values()].map(userIdOf),
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

function statementsFor(
  event: DomainEvent,
  { metadata, position }: OrganizationRecorded,
  schema: string,
): readonly Statement[] {
  const { organization, occurredAt } = metadata;
  const statement = (text: string, ...values: readonly unknown[]): Statement => ({
    text,
    values: [organization, ...values],
  });
  switch (event.type) {
    case 'GroupCreated':
      return [
        statement(
          `INSERT INTO ${schema}.groups (organization, id, display_name, external_id)
           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
          event.groupId,
          event.displayName,
          event.externalId,
        ),
      ];
    case 'GroupRenamed':
      return [
        statement(
          `UPDATE ${schema}.groups SET display_name = $3 WHERE organization = $1 AND id = $2`,
          event.groupId,
          event.displayName,
        ),
      ];
    case 'GroupExternalIdChanged':
      return [
        statement(
          `UPDATE ${schema}.groups SET external_id = $3 WHERE organization = $1 AND id = $2`,
          event.groupId,
          event.externalId,
        ),
      ];
    case 'GroupLinked':
      return [
        statement(
          `UPDATE ${schema}.groups SET team_id = $3 WHERE organization = $1 AND id = $2`,
          event.groupId,
          event.teamId,
        ),
      ];
    case 'GroupMembersChanged':
      return [
        statement(
          `DELETE FROM ${schema}.group_members
           WHERE organization = $1 AND group_id = $2 AND user_id = ANY($3)`,
          event.groupId,
          event.removed,
        ),
        statement(
          `INSERT INTO ${schema}.group_members (organization, group_id, user_id)
           SELECT $1, g.id, u.id FROM ${schema}.groups g, ${schema}.users u
           WHERE g.organization = $1 AND g.id = $2
             AND u.organization = $1 AND u.id = ANY($3) AND u.status <> 'removed'
           ON CONFLICT DO NOTHING`,
          event.groupId,
          event.added,
        ),
      ];
    case 'GroupDeleted':
      return [
        'groups WHERE organization = $1 AND id',
        'group_members WHERE organization = $1 AND group_id',
      ].map((rows) => statement(`DELETE FROM ${schema}.${rows} = $2`, event.groupId));
    case 'UserDeleted':
      return [
        statement(
          `DELETE FROM ${schema}.group_members WHERE organization = $1 AND user_id = $2`,
          event.userId,
        ),
      ];
    case 'TeamCreated':
      return [
        statement(
          `INSERT INTO ${schema}.teams (organization, id, sequence, name, archived, created_at)
           VALUES ($1, $2, $3, $4, false, $5) ON CONFLICT DO NOTHING`,
          event.teamId,
          position.toString(),
          event.name,
          occurredAt,
        ),
      ];
    case 'TeamRenamed':
      return [
        statement(
          `UPDATE ${schema}.teams SET name = $3 WHERE organization = $1 AND id = $2`,
          event.teamId,
          event.name,
        ),
      ];
    case 'TeamArchived':
      return [
        statement(
          `UPDATE ${schema}.teams SET archived = true WHERE organization = $1 AND id = $2`,
          event.teamId,
        ),
      ];
    default:
      return [];
  }
}
