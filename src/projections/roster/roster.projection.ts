import type { SignInTeamsChanged, UserEvent } from '../../domain/events.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { resourceIdOf } from '../resource-fold.js';
import {
  foldRosterUser,
  searchedText,
  type OrganizationRecorded,
  type RosterUserRow,
} from './roster-user.js';
import { statementFor } from './roster.statements.js';
import { rosterTables } from './roster.tables.js';

interface Entry {
  readonly row: RosterUserRow;
  /** What the last sign-in came to, where the events say it; empty: the user was deleted. */
  readonly signIn?: Pick<SignInTeamsChanged, 'teams' | 'era'>;
}

/** What administrators browse: users, teams, links, and why somebody is in a team. Never freezes. */
export class RosterProjection implements Projection {
  readonly name = 'roster';
  readonly version = 2;
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
    const statements = recorded.flatMap((each) => statementFor(each, target.schema) ?? []);
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
    const row = foldRosterUser(entry?.row, event, recorded);
    if (row && row !== entry?.row) entries.set(key, { ...entry, row, ...signInOf(event) });
  }
  await writeUsers([...entries.values()], target);
  await writeSignInGrants([...entries.values()], target);
}

function signInOf(event: UserEvent): Pick<Entry, 'signIn'> {
  if (event.type === 'SignInTeamsChanged') return { signIn: event };
  return event.type === 'UserDeleted' ? { signIn: { teams: [], era: 0 } } : {};
}

const keyOf = (recorded: OrganizationRecorded): string =>
  `${recorded.metadata.organization} ${resourceIdOf(recorded.stream)}`;

async function loadUsers(
  events: readonly OrganizationRecorded[],
  { client, schema }: ProjectionTarget,
): Promise<Map<string, Entry>> {
  const wanted = new Map(events.map((recorded) => [keyOf(recorded), recorded]));
  const { rows } = await client.query<RosterUserRow>({
    name: `${schema}-load-users`,
    text: `SELECT t.organization, t.id, t.sequence, t.revision, t.version, t.created_at, t.modified_at,
                  t.resource, t.status, t.deleted, t.synced, t.origin, t.role, t.role_source,
                  t.predecessor_id, t.overrides
           FROM unnest($1::text[], $2::text[]) AS wanted (organization, id)
           JOIN ${schema}.users t USING (organization, id)`,
    values: [
      [...wanted.values()].map(({ metadata }) => metadata.organization),
      [...wanted.values()].map(({ stream }) => resourceIdOf(stream)),
    ],
  });
  return new Map(rows.map((row) => [`${row.organization} ${row.id}`, { row }]));
}

const userColumns: Readonly<
  Record<string, readonly [type: string, of: (row: RosterUserRow) => unknown]>
> = {
  organization: ['text', (row) => row.organization],
  id: ['text', (row) => row.id],
  sequence: ['bigint', (row) => row.sequence],
  revision: ['int', (row) => row.revision],
  version: ['int', (row) => row.version],
  created_at: ['text', (row) => row.created_at],
  modified_at: ['text', (row) => row.modified_at],
  resource: ['json', (row) => JSON.stringify(row.resource)],
  status: ['text', (row) => row.status],
  deleted: ['boolean', (row) => row.deleted],
  synced: ['boolean', (row) => row.synced],
  origin: ['text', (row) => row.origin],
  role: ['text', (row) => row.role],
  role_source: ['text', (row) => row.role_source],
  predecessor_id: ['text', (row) => row.predecessor_id],
  overrides: ['json', (row) => JSON.stringify(row.overrides)],
  searched: ['text', searchedText],
};
const columnNames = Object.keys(userColumns);
const columns = Object.values(userColumns);

async function writeUsers(
  entries: readonly Entry[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  if (entries.length === 0) return;
  const values = columns.map(([type], place) => `$${place + 1}::${type}[]`);
  const changes = columnNames.slice(2).map((name) => `${name} = excluded.${name}`);
  await client.query({
    name: `${schema}-write-users`,
    text: `
      INSERT INTO ${schema}.users (${columnNames.join(', ')})
      SELECT * FROM unnest(${values.join(', ')})
      ON CONFLICT (organization, id) DO UPDATE SET ${changes.join(', ')}`,
    values: columns.map(([, of]) => entries.map(({ row }) => of(row))),
  });
}

/** A sign-in tells all teams anew. */
async function writeSignInGrants(
  entries: readonly Entry[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const told = entries.flatMap(({ row, signIn }) => (signIn ? [{ row, ...signIn }] : []));
  if (told.length === 0) return;
  const grants = told.flatMap(({ row, teams, era }) =>
    teams.map((team) => ({ organization: row.organization, team, user: row.id, era })),
  );
  await client.query({
    name: `${schema}-end-sign-in-grants`,
    text: `DELETE FROM ${schema}.sign_in_grants g
           USING unnest($1::text[], $2::text[]) AS n (organization, user_id)
           WHERE g.organization = n.organization AND g.user_id = n.user_id`,
    values: [told.map(({ row }) => row.organization), told.map(({ row }) => row.id)],
  });
  await client.query({
    name: `${schema}-write-sign-in-grants`,
    text: `INSERT INTO ${schema}.sign_in_grants (organization, team_id, user_id, era)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) ON CONFLICT DO NOTHING`,
    values: [
      grants.map(({ organization }) => organization),
      grants.map(({ team }) => team),
      grants.map(({ user }) => user),
      grants.map(({ era }) => era),
    ],
  });
}
