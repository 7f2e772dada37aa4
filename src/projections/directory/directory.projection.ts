import type { GroupEvent, UserEvent } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { EventStore, Position, RecordedEvent } from '../../event-store/event-store.js';
import { searchDocument } from '../../scim/comparison.js';
import { renderResource } from '../../scim/resource.js';
import { groupType, userType, type ResourceType } from '../../scim/schema.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { foldGroup, foldUser, resourceIdOf, type ResourceRow } from '../resource-fold.js';
import { directoryTables } from './directory.tables.js';

interface Following {
  following: boolean;
  position: Position;
}

type DirectoryEvent = RecordedEvent & {
  readonly event: UserEvent | GroupEvent;
  readonly metadata: { readonly organization: OrganizationId };
};

type Table = 'users' | 'groups';

/** Working state of one run: rows as they become, keyed by organization and id. */
interface Run {
  readonly rows: Record<Table, Map<string, ResourceRow | undefined>>;
  readonly touched: Record<Table, Set<string>>;
  /** Where the last deletion in each organization stands, also of what came and went within the run. */
  readonly deletions: Record<Table, Map<OrganizationId, Position>>;
  /** The last word on each membership. */
  readonly members: Map<string, { readonly keys: readonly string[]; readonly present: boolean }>;
}

/**
 * What SCIM reads see. An organization's directory follows the log while SCIM is on; SyncDisabled freezes it at that
 * position, and SyncEnabled first applies what the log has recorded of the organization since.
 */
export class DirectoryProjection implements Projection {
  readonly name = 'directory';
  readonly version = 1;
  readonly tables = directoryTables;

  constructor(private readonly store: Pick<EventStore, 'readOrganization'>) {}

  async apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void> {
    const relevant = events.filter(concernsDirectory);
    if (relevant.length === 0) return;
    const states = await this.loadFollowing(relevant, target);
    const moved = new Set<OrganizationId>();
    let run: DirectoryEvent[] = [];
    for (const recorded of relevant) {
      const { organization } = recorded.metadata;
      const state = states.get(organization) ?? { following: false, position: 0n };
      states.set(organization, state);
      if (isResourceEvent(recorded)) {
        if (state.following) run.push(recorded);
        continue;
      }
      if (recorded.event.type === 'SyncEnabled' && !state.following) {
        await applyRun(run, target);
        run = [];
        await this.catchUp(organization, state.position, recorded.position, target);
        state.following = true;
        moved.add(organization);
      } else if (recorded.event.type === 'SyncDisabled' && state.following) {
        state.following = false;
        state.position = recorded.position;
        moved.add(organization);
      }
    }
    await applyRun(run, target);
    await saveFollowing([...moved], states, target);
  }

  private async catchUp(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
    target: ProjectionTarget,
  ): Promise<void> {
    const { client, schema } = target;
    await client.query(
      `INSERT INTO ${schema}.counts (organization) VALUES ($1) ON CONFLICT DO NOTHING`,
      [organization],
    );
    for await (const page of this.store.readOrganization(organization, after, upTo)) {
      await applyRun(page.filter(isResourceEvent), target);
    }
  }

  private async loadFollowing(
    events: readonly DirectoryRelevant[],
    { client, schema }: ProjectionTarget,
  ): Promise<Map<OrganizationId, Following>> {
    const organizations = [...new Set(events.map(({ metadata }) => metadata.organization))];
    const { rows } = await client.query<{
      organization: OrganizationId;
      following: boolean;
      position: string;
    }>({
      name: `${schema}-following`,
      text: `SELECT organization, following, position FROM ${schema}.organizations
             WHERE organization = ANY($1)`,
      values: [organizations],
    });
    return new Map(
      rows.map(({ organization, following, position }) => [
        organization,
        { following, position: BigInt(position) },
      ]),
    );
  }
}

type DirectoryRelevant = RecordedEvent & {
  readonly metadata: { readonly organization: OrganizationId };
};

function concernsDirectory(recorded: RecordedEvent): recorded is DirectoryRelevant {
  const { type } = recorded.event;
  return isResourceEvent(recorded) || type === 'SyncEnabled' || type === 'SyncDisabled';
}

function isResourceEvent(recorded: RecordedEvent): recorded is DirectoryEvent {
  return recorded.stream.startsWith('user-') || recorded.stream.startsWith('group-');
}

const keyOf = (organization: string, id: string): string => `${organization} ${id}`;

async function applyRun(
  events: readonly DirectoryEvent[],
  target: ProjectionTarget,
): Promise<void> {
  if (events.length === 0) return;
  const run: Run = {
    rows: { users: new Map(), groups: new Map() },
    touched: { users: new Set(), groups: new Set() },
    deletions: { users: new Map(), groups: new Map() },
    members: new Map(),
  };
  await loadRows(events, run, target);
  for (const recorded of events) fold(recorded, run);
  await writeRows('users', userType, run, target);
  await writeRows('groups', groupType, run, target);
  await writeMembers(run, target);
}

function fold(recorded: DirectoryEvent, run: Run): void {
  const { event } = recorded;
  const { organization } = recorded.metadata;
  if (isUserEvent(recorded)) {
    const key = keyOf(organization, resourceIdOf(recorded.stream));
    const before = run.rows.users.get(key);
    put('users', key, foldUser(before, event as UserEvent, recorded), recorded, run);
    return;
  }
  const id = resourceIdOf(recorded.stream);
  const key = keyOf(organization, id);
  const before = run.rows.groups.get(key);
  put('groups', key, foldGroup(before, event as GroupEvent, recorded), recorded, run);
  if (event.type !== 'GroupMembersChanged' || !before || recorded.revision <= before.revision) {
    return;
  }
  for (const user of event.removed) {
    run.members.set(`${key} ${user}`, { keys: [organization, id, user], present: false });
  }
  for (const user of event.added) {
    run.members.set(`${key} ${user}`, { keys: [organization, id, user], present: true });
  }
}

function put(
  table: Table,
  key: string,
  row: ResourceRow | undefined,
  { metadata, position }: DirectoryEvent,
  { rows, touched, deletions }: Run,
): void {
  if (rows[table].get(key) && !row) deletions[table].set(metadata.organization, position);
  rows[table].set(key, row);
  touched[table].add(key);
}

const isUserEvent = ({ stream }: RecordedEvent): boolean => stream.startsWith('user-');

async function loadRows(
  events: readonly DirectoryEvent[],
  run: Run,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const wanted: Record<Table, Map<string, readonly [string, string]>> = {
    users: new Map(),
    groups: new Map(),
  };
  const made = new Set<string>();
  for (const recorded of events) {
    const { organization } = recorded.metadata;
    const id = resourceIdOf(recorded.stream);
    const key = keyOf(organization, id);
    const { type } = recorded.event;
    // What begins in this run has no row yet, or one that the guard of the write keeps.
    if (type === 'UserProvisioned' || type === 'GroupCreated') made.add(key);
    else if (!made.has(key)) {
      wanted[isUserEvent(recorded) ? 'users' : 'groups'].set(key, [organization, id]);
    }
  }
  for (const table of ['users', 'groups'] as const) {
    const keys = [...wanted[table].values()];
    if (keys.length === 0) continue;
    const { rows } = await client.query<ResourceRow>({
      name: `${schema}-load-${table}`,
      text: `SELECT t.organization, t.id, t.sequence, t.revision, t.version, t.created_at, t.modified_at, t.resource
             FROM unnest($1::text[], $2::text[]) AS wanted (organization, id)
             JOIN ${schema}.${table} t USING (organization, id)`,
      values: [keys.map(([organization]) => organization), keys.map(([, id]) => id)],
    });
    for (const row of rows) run.rows[table].set(keyOf(row.organization, row.id), row);
  }
}

async function writeRows(
  table: Table,
  type: ResourceType,
  run: Run,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const kept: ResourceRow[] = [];
  const gone: (readonly [string, string])[] = [];
  for (const key of run.touched[table]) {
    const row = run.rows[table].get(key);
    const [organization = '', id = ''] = key.split(' ');
    if (row) kept.push(row);
    else gone.push([organization, id]);
  }
  if (gone.length > 0) await deleteRows(table, gone, run.deletions[table], { client, schema });
  if (kept.length === 0) return;
  await client.query({
    name: `${schema}-write-${table}`,
    text: `
      WITH written AS (
        INSERT INTO ${schema}.${table} AS t
          (organization, id, sequence, revision, version, created_at, modified_at, resource, search)
        SELECT organization, id, sequence, revision, version, created_at, modified_at, resource::json, search::jsonb
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[])
          AS n (organization, id, sequence, revision, version, created_at, modified_at, resource, search)
        ON CONFLICT (organization, id) DO UPDATE SET
          revision = excluded.revision, version = excluded.version, modified_at = excluded.modified_at,
          resource = excluded.resource, search = excluded.search
        WHERE t.revision < excluded.revision
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
    ],
  });
}

function searched(type: ResourceType, row: ResourceRow): object {
  const identity = {
    id: row.id,
    created: row.created_at,
    lastModified: row.modified_at,
    version: `W/"${row.version}"`,
    location: '',
  };
  return searchDocument(type, renderResource(type, row.resource, identity));
}

async function deleteRows(
  table: Table,
  gone: readonly (readonly [string, string])[],
  deletions: ReadonlyMap<OrganizationId, Position>,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const keys = [gone.map(([organization]) => organization), gone.map(([, id]) => id)];
  await client.query({
    name: `${schema}-delete-${table}`,
    text: `
      WITH deleted AS (
        DELETE FROM ${schema}.${table} t USING unnest($1::text[], $2::text[]) AS gone (organization, id)
        WHERE t.organization = gone.organization AND t.id = gone.id RETURNING t.organization
      ), ${table === 'users' ? usersLeave(schema) : groupsLeave(schema)}
      UPDATE ${schema}.counts c
      SET ${table} = c.${table} - coalesce(d.gone, 0),
          ${table}_deleted_at = greatest(c.${table}_deleted_at, n.position)
      FROM unnest($3::text[], $4::bigint[]) AS n (organization, position)
      LEFT JOIN (SELECT organization, count(*) AS gone FROM deleted GROUP BY organization) d USING (organization)
      WHERE c.organization = n.organization`,
    values: [...keys, [...deletions.keys()], [...deletions.values()].map(String)],
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

/** Who is named as a member and is no user at this position is listed apart, whichever of the two came first. */
async function writeMembers(run: Run, { client, schema }: ProjectionTarget): Promise<void> {
  const [leaving, joining] = [memberColumns(run, false), memberColumns(run, true)];
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

/** Organizations, groups, users, and the groups' revisions after the run; without groups that are gone. */
function memberColumns(run: Run, present: boolean): (string | number)[][] {
  const columns: [string[], string[], string[], number[]] = [[], [], [], []];
  for (const change of run.members.values()) {
    const [organization = '', group = '', user = ''] = change.keys;
    const row = run.rows.groups.get(keyOf(organization, group));
    if (change.present !== present || !row) continue;
    columns[0].push(organization);
    columns[1].push(group);
    columns[2].push(user);
    columns[3].push(row.revision);
  }
  return columns;
}

async function saveFollowing(
  moved: readonly OrganizationId[],
  states: ReadonlyMap<OrganizationId, Following>,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  for (const organization of moved) {
    const { following, position } = states.get(organization) ?? { following: false, position: 0n };
    await client.query(
      `INSERT INTO ${schema}.organizations (organization, following, position) VALUES ($1, $2, $3)
       ON CONFLICT (organization) DO UPDATE SET following = excluded.following, position = excluded.position`,
      [organization, following, position.toString()],
    );
  }
}
