import { searchDocument } from '../../scim/comparison.js';
import { renderResource } from '../../scim/resource.js';
import { groupType, userType, type ResourceType } from '../../scim/schema.js';
import type { ProjectionTarget } from '../projection.js';
import type { GroupRow, ResourceRow } from '../resource-fold.js';
import type { DirectoryTable } from './filter-sql.js';
import { isExternal, type TeamRow } from './team-fold.js';

export type RowKey = readonly [organization: string, id: string];

/** What a run makes of one table: first rows go, then others come. */
export interface Changes<Row> {
  readonly kept: readonly Row[];
  readonly gone: readonly RowKey[];
}

export interface MemberChange {
  readonly organization: string;
  readonly group: string;
  readonly user: string;
  readonly present: boolean;
  /** The group's, after the run. */
  readonly revision: number;
}

const RESOURCE_COLUMNS =
  't.organization, t.id, t.sequence, t.revision, t.version, t.created_at, t.modified_at, t.resource';

export const loadUsers = (
  keys: readonly RowKey[],
  target: ProjectionTarget,
): Promise<readonly ResourceRow[]> => loadRows('users', RESOURCE_COLUMNS, keys, target);

export const loadGroups = (
  keys: readonly RowKey[],
  target: ProjectionTarget,
): Promise<readonly GroupRow[]> =>
  loadRows('groups', `${RESOURCE_COLUMNS}, t.team_id, t.kept_apart`, keys, target);

export const loadTeams = (
  keys: readonly RowKey[],
  target: ProjectionTarget,
): Promise<readonly TeamRow[]> => loadRows('teams', 't.*', keys, target);

async function loadRows<Row extends ResourceRow | TeamRow>(
  table: string,
  columns: string,
  keys: readonly RowKey[],
  { client, schema }: ProjectionTarget,
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({
    name: `${schema}-load-${table}`,
    text: `SELECT ${columns}
           FROM unnest($1::text[], $2::text[]) AS wanted (organization, id)
           JOIN ${schema}.${table} t USING (organization, id)`,
    values: columnsOf(keys),
  });
  return rows;
}

const columnsOf = (keys: readonly RowKey[]): readonly (readonly string[])[] => [
  keys.map(([organization]) => organization),
  keys.map(([, id]) => id),
];

/** What a table holds besides the columns of every resource: names, SQL types and values. */
interface OwnColumn<Row> {
  readonly name: string;
  readonly type: string;
  readonly of: (row: Row) => unknown;
}

const GROUP_COLUMNS: readonly OwnColumn<GroupRow>[] = [
  { name: 'team_id', type: 'text', of: ({ team_id }) => team_id },
  { name: 'kept_apart', type: 'boolean', of: ({ kept_apart }) => kept_apart },
];

export const writeUsers = (
  changes: Changes<ResourceRow>,
  target: ProjectionTarget,
): Promise<void> => writeResources('users', userType, [], changes, target);

export const writeGroups = (changes: Changes<GroupRow>, target: ProjectionTarget): Promise<void> =>
  writeResources('groups', groupType, GROUP_COLUMNS, changes, target);

async function writeResources<Row extends ResourceRow>(
  table: DirectoryTable,
  type: ResourceType,
  own: readonly OwnColumn<Row>[],
  { kept, gone }: Changes<Row>,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  if (gone.length > 0) await deleteRows(table, gone, { client, schema });
  if (kept.length === 0) return;
  const names = own.map(({ name }) => `, ${name}`).join('');
  const arrays = own.map((column, i) => `, $${10 + i}::${column.type}[]`).join('');
  const updates = own.map(({ name }) => `, ${name} = excluded.${name}`).join('');
  await client.query({
    name: `${schema}-write-${table}`,
    text: `
      WITH written AS (
        INSERT INTO ${schema}.${table} AS t
          (organization, id, sequence, revision, version, created_at, modified_at, resource, search${names})
        SELECT organization, id, sequence, revision, version, created_at, modified_at, resource::json, search::jsonb${names}
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[]${arrays})
          AS n (organization, id, sequence, revision, version, created_at, modified_at, resource, search${names})
        ON CONFLICT (organization, id) DO UPDATE SET
          sequence = excluded.sequence, revision = excluded.revision, version = excluded.version,
          created_at = excluded.created_at, modified_at = excluded.modified_at,
          resource = excluded.resource, search = excluded.search${updates}
        WHERE t.revision < excluded.revision OR excluded.revision < 0
        RETURNING t.organization, (xmax = 0) AS inserted
      )
      UPDATE ${schema}.counts c SET ${table} = c.${table} + n.new
      FROM (SELECT organization, count(*) AS new FROM written WHERE inserted GROUP BY organization) n
      WHERE c.organization = n.organization`,
    values: [
      kept.map((row) => row.organization),
      kept.map((row) => row.id),
      kept.map((row) => row.sequence),
      kept.map((row) => row.revision),
      kept.map((row) => row.version),
      kept.map((row) => row.created_at),
      kept.map((row) => row.modified_at),
      kept.map((row) => JSON.stringify(row.resource)),
      kept.map((row) => JSON.stringify(searched(type, row))),
      ...own.map(({ of }) => kept.map(of)),
    ],
  });
}

function searched(type: ResourceType, row: ResourceRow): object {
  const identity = {
    id: row.id,
    created: row.created_at,
    lastModified: row.modified_at,
    version: `W/"${row.version}${isExternal(row) ? '.team' : ''}"`,
    location: '',
  };
  return searchDocument(type, renderResource(type, row.resource, identity));
}

async function deleteRows(
  table: DirectoryTable,
  gone: readonly RowKey[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  await client.query({
    name: `${schema}-delete-${table}`,
    text: `
      WITH deleted AS (
        DELETE FROM ${schema}.${table} t USING unnest($1::text[], $2::text[]) AS gone (organization, id)
        WHERE t.organization = gone.organization AND t.id = gone.id RETURNING t.organization
      ), ${table === 'users' ? usersLeave(schema) : groupsLeave(schema)}
      UPDATE ${schema}.counts c
      SET ${table} = c.${table} - d.gone
      FROM (SELECT organization, count(*) AS gone FROM deleted GROUP BY organization) d
      WHERE c.organization = d.organization`,
    values: [...columnsOf(gone)],
  });
}

/** Users that are gone stay in the streams of their groups until these say otherwise. */
const usersLeave = (schema: string): string => `left_members AS (
        DELETE FROM ${schema}.members m USING unnest($1::text[], $2::text[]) AS gone (organization, id)
        WHERE m.organization = gone.organization AND m.user_id = gone.id
        RETURNING m.organization, m.group_id, m.user_id
      ), former AS (
        INSERT INTO ${schema}.former_members SELECT * FROM left_members ON CONFLICT DO NOTHING
      )`;

const groupsLeave = (schema: string): string =>
  ['members', 'former_members']
    .map(
      (table) => `left_${table} AS (
        DELETE FROM ${schema}.${table} m USING unnest($1::text[], $2::text[]) AS gone (organization, id)
        WHERE m.organization = gone.organization AND m.group_id = gone.id
      )`,
    )
    .join(', ');

/** The fold has seen the rows before: what it kept is as it should be. */
export async function writeTeams(
  { kept, gone }: Pick<Changes<TeamRow>, 'kept' | 'gone'>,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  if (gone.length > 0) {
    const text = `DELETE FROM ${schema}.teams t USING unnest($1::text[], $2::text[]) AS gone (organization, id)
                  WHERE t.organization = gone.organization AND t.id = gone.id`;
    await client.query(text, [...columnsOf(gone)]);
  }
  if (kept.length === 0) return;
  await client.query(
    `INSERT INTO ${schema}.teams
     SELECT * FROM json_populate_recordset(NULL::${schema}.teams, $1::json)
     ON CONFLICT (organization, id) DO UPDATE SET
       revision = excluded.revision, version = excluded.version, modified_at = excluded.modified_at,
       name = excluded.name, archived = excluded.archived, feeders = excluded.feeders,
       unfed_since = excluded.unfed_since,
       group_revision = excluded.group_revision`,
    [JSON.stringify(kept)],
  );
}

/** Who is named as a member and is no user at this position is listed apart, whichever of the two came first. */
export async function writeMembers(
  changes: readonly MemberChange[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const [leaving, joining] = [memberColumns(changes, false), memberColumns(changes, true)];
  // A group whose row was kept, being newer than this run, has seen these changes before.
  const unseen = (change: string): string =>
    `JOIN ${schema}.groups g ON g.organization = ${change}.organization AND g.id = ${change}.group_id
       AND g.revision <= ${change}.revision`;
  const given = 'unnest($1::text[], $2::text[], $3::text[], $4::int[])';
  const leave = (table: string): string => `
    DELETE FROM ${schema}.${table} m
    USING ${given} AS l (organization, group_id, user_id, revision) ${unseen('l')}
    WHERE m.organization = l.organization AND m.group_id = l.group_id AND m.user_id = l.user_id`;
  const join = (table: string, condition: string): string => `
    INSERT INTO ${schema}.${table} (organization, group_id, user_id)
    SELECT j.organization, j.group_id, j.user_id
    FROM ${given} AS j (organization, group_id, user_id, revision)
    LEFT JOIN ${schema}.users u ON u.organization = j.organization AND u.id = j.user_id
    ${unseen('j')}
    WHERE u.id ${condition} ON CONFLICT DO NOTHING`;
  if (leaving[0]?.length) {
    const text = `WITH former AS (${leave('former_members')}) ${leave('members')}`;
    await client.query({ name: `${schema}-members-leave`, text, values: leaving });
  }
  if (joining[0]?.length) {
    const text = `WITH former AS (${join('former_members', 'IS NULL')}) ${join('members', 'IS NOT NULL')}`;
    await client.query({ name: `${schema}-members-join`, text, values: joining });
  }
}

/** Organizations, groups, users, and the groups' revisions. */
function memberColumns(changes: readonly MemberChange[], present: boolean): unknown[][] {
  const alike = changes.filter((change) => change.present === present);
  return [
    alike.map(({ organization }) => organization),
    alike.map(({ group }) => group),
    alike.map(({ user }) => user),
    alike.map(({ revision }) => revision),
  ];
}
