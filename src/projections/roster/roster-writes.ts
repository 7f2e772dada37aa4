import type { Position } from '../../event-store/event-store.js';
import { resourceIdOf } from '../resource-fold.js';
import type { PausedRemovals } from './settings.queries.js';
import type { OrganizationRecorded } from './roster-user.js';
import { sql, tableOf, textOf, type SqlText, type Statement } from './statement.js';

type Aggregate = 'groups' | 'teams';

/** The statements of one event upon the tables of a generation; `t` is the row that the event is about. */
export class RosterWrites {
  private readonly organization: string;
  /** Of the user, group or team whose stream it is. */
  private readonly id: string;
  private readonly revision: number;

  constructor(
    { metadata, stream, revision }: OrganizationRecorded,
    private readonly schema: string,
  ) {
    this.organization = metadata.organization;
    this.id = resourceIdOf(stream);
    this.revision = revision;
  }

  createOrganization(): Statement {
    return sql`INSERT INTO ${this.table('organizations')} (organization, revision)
               VALUES (${this.organization}, ${this.revision}) ON CONFLICT DO NOTHING`;
  }

  updateOrganization(assignments: Statement): Statement {
    const { organization, revision } = this;
    return sql`UPDATE ${this.table('organizations')} t SET revision = ${revision}, ${assignments}
               WHERE t.organization = ${organization} AND t.revision < ${revision}`;
  }

  /** Whoever comes later has a greater sequence, hence this may be repeated at any time. */
  adoptUsersBefore(position: Position): Statement {
    return sql`UPDATE ${this.table('users')} SET synced = true
               WHERE organization = ${this.organization} AND sequence < ${position.toString()} AND NOT synced`;
  }

  /** The safeguard's stream is not the organization's: its row has a revision of its own. */
  safeguard({
    since,
    removed,
    users,
  }: PausedRemovals | Record<keyof PausedRemovals, null>): Statement {
    return sql`INSERT INTO ${this.table('safeguards')} AS t (organization, revision, paused_at, removed, users)
               VALUES (${this.organization}, ${this.revision}, ${since}, ${removed}, ${users})
               ON CONFLICT (organization) DO UPDATE
               SET revision = excluded.revision, paused_at = excluded.paused_at,
                   removed = excluded.removed, users = excluded.users
               WHERE t.revision < excluded.revision`;
  }

  create(table: Aggregate, columns: Readonly<Record<string, string | null>>): Statement {
    const names = textOf(Object.keys(columns).join(', '));
    const values = Object.values(columns).reduce(
      (before, value) => sql`${before}, ${value}`,
      sql`${this.organization}, ${this.id}, ${this.revision}`,
    );
    return sql`INSERT INTO ${this.table(table)} (organization, id, revision, ${names})
               VALUES (${values}) ON CONFLICT DO NOTHING`;
  }

  /** @param assignments may be none: the row has seen the event then, and no more */
  update(table: Aggregate, assignments: Statement): Statement {
    const { organization, id, revision } = this;
    const all = assignments.text === '' ? assignments : sql`, ${assignments}`;
    return sql`UPDATE ${this.table(table)} t SET revision = ${revision}${all}
               WHERE t.organization = ${organization} AND t.id = ${id} AND t.revision < ${revision}`;
  }

  /** @param steps what follows from the change; they find the row as `fresh` */
  updateAnd(table: Aggregate, assignments: Statement, steps: readonly Statement[]): Statement {
    return followed(this.update(table, assignments), steps);
  }

  /** @param steps what follows from the deletion; they find the row as `fresh` */
  deleteAnd(table: Aggregate, steps: readonly Statement[]): Statement {
    const { organization, id, revision } = this;
    const deletion = sql`DELETE FROM ${this.table(table)} t
      WHERE t.organization = ${organization} AND t.id = ${id} AND t.revision < ${revision}`;
    return followed(deletion, steps);
  }

  /** @param users absent: all */
  leaveGroup(users?: readonly string[]): Statement {
    const which = users ? sql`AND m.user_id = ANY(${users})` : sql``;
    return sql`DELETE FROM ${this.table('group_members')} m USING fresh
               WHERE m.organization = fresh.organization AND m.group_id = fresh.id ${which}`;
  }

  joinGroup(users: readonly string[]): Statement {
    return sql`INSERT INTO ${this.table('group_members')} (organization, group_id, user_id)
               SELECT fresh.organization, fresh.id, n.id FROM fresh, ${this.lasting(users)}
               ON CONFLICT DO NOTHING`;
  }

  /** @param users absent: all */
  leaveTeam(table: 'manual_grants' | 'exclusions', users?: readonly string[]): Statement {
    const which = users ? sql`AND m.user_id = ANY(${users})` : sql``;
    return sql`DELETE FROM ${this.table(table)} m USING fresh
               WHERE m.organization = fresh.organization AND m.team_id = fresh.id ${which}`;
  }

  grant(users: readonly string[], override: boolean, actor: string, at: string): Statement {
    return sql`INSERT INTO ${this.table('manual_grants')} (organization, team_id, user_id, override, actor, granted_at)
               SELECT fresh.organization, fresh.id, n.id, ${override}::boolean, ${actor}, ${at}
               FROM fresh, ${this.lasting(users)}
               ON CONFLICT (organization, team_id, user_id) DO UPDATE
               SET override = excluded.override, actor = excluded.actor, granted_at = excluded.granted_at`;
  }

  exclude(users: readonly string[], actor: string, at: string): Statement {
    return sql`INSERT INTO ${this.table('exclusions')} (organization, team_id, user_id, actor, excluded_at)
               SELECT fresh.organization, fresh.id, n.id, ${actor}, ${at}
               FROM fresh, ${this.lasting(users)}
               ON CONFLICT (organization, team_id, user_id) DO UPDATE
               SET actor = excluded.actor, excluded_at = excluded.excluded_at`;
  }

  /** Without a group that states them there is nothing to override. */
  release(groupId: string): Statement {
    const last = sql`array_remove(t.feeders, ${groupId}) = '{}'`;
    return this.updateAnd(
      'teams',
      sql`feeders = array_remove(t.feeders, ${groupId}),
          name_overridden_at = CASE WHEN ${last} THEN NULL ELSE t.name_overridden_at END,
          name_overridden_by = CASE WHEN ${last} THEN NULL ELSE t.name_overridden_by END`,
      [sql`${this.leaveTeam('exclusions')} AND fresh.feeders = '{}'`],
    );
  }

  /** A deleted user is in no group and no team, whatever their streams say. */
  leaveEverything(): Statement {
    const { organization, id } = this;
    const leave = (table: string): Statement =>
      sql`DELETE FROM ${this.table(table)} WHERE organization = ${organization} AND user_id = ${id}`;
    return sql`WITH excluded_no_more AS (${leave('exclusions')}), granted_no_more AS (${leave('manual_grants')})
               ${leave('group_members')}`;
  }

  /** As `n`: an add may lose the race against a deletion, and a deleted user is in nothing any more. */
  private lasting(users: readonly string[]): Statement {
    return sql`(SELECT DISTINCT m.id FROM unnest(${users}::text[]) AS m (id)
                WHERE NOT EXISTS (SELECT FROM ${this.table('users')} u
                  WHERE u.organization = ${this.organization} AND u.id = m.id AND u.deleted)) n`;
  }

  private table(name: string): SqlText {
    return tableOf(this.schema, name);
  }
}

/** Steps see the tables as they were before the statement, and `fresh` only if the change was not made before. */
function followed(change: Statement, steps: readonly Statement[]): Statement {
  const began = sql`WITH fresh AS (${change} RETURNING t.*)`;
  return sql`${steps.reduce((before, step, place) => {
    const name = textOf(`step_${place}`);
    return sql`${before}, ${name} AS (${step})`;
  }, began)} SELECT FROM fresh`;
}
