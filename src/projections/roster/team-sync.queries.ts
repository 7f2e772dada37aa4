import type { Pool } from 'pg';
import type { TeamSyncMapping } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { MOST_LISTED, type Capped } from './capped.js';
import type { TeamName } from './links.queries.js';
import { SettingsQueries } from './settings.queries.js';

/** A team that a migration touches: who would come to be in it and who would not be in it any more, by id. */
export interface MigratedTeam {
  readonly team: TeamName;
  readonly gained: Capped<string>;
  readonly lost: Capped<string>;
}

/** What becomes of memberships when groups take over from sign-ins. */
export interface MigrationEffects {
  /** Every team of the plan, and every other that sign-ins or groups feed. */
  readonly teams: readonly MigratedTeam[];
  /** displayName by the id of each group of the plan. */
  readonly groupNames: ReadonlyMap<string, string>;
}

interface MigratedTeamRow extends TeamName {
  readonly gained: readonly string[];
  readonly gainedTotal: number;
  readonly lost: readonly string[];
  readonly lostTotal: number;
}

/** Team Sync, and the way from it to groups. */
export class TeamSyncQueries {
  private readonly settings: SettingsQueries;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {
    this.settings = new SettingsQueries(pool, schema);
  }

  async mappings(organization: OrganizationId): Promise<readonly TeamSyncMapping[]> {
    const { mappings } = await this.settings.settings(organization);
    return mappings;
  }

  /** @param plan a group that is null does not exist yet: nobody comes to the team through it */
  async migrationEffects(
    organization: OrganizationId,
    plan: readonly { readonly groupId: string | null; readonly teamId: string }[],
  ): Promise<MigrationEffects> {
    const groups = plan.map(({ groupId }) => groupId);
    const teams = plan.map(({ teamId }) => teamId);
    const { rows: others } = await this.pool.query<{ id: string }>(
      `SELECT team_id AS id FROM ${this.schema}.current_sign_in_grants WHERE organization = $1
       UNION SELECT team_id FROM ${this.schema}.groups WHERE organization = $1 AND team_id IS NOT NULL`,
      [organization],
    );
    const all = [...new Set([...teams, ...others.map(({ id }) => id)])];
    const [touched, named] = await Promise.all([
      this.pool.query<MigratedTeamRow>(migrationSql(this.schema), [
        ...[organization, groups, teams],
        all,
      ]),
      this.pool.query<{ id: string; displayName: string }>(
        `SELECT id, display_name AS "displayName" FROM ${this.schema}.groups
         WHERE organization = $1 AND id = ANY($2)`,
        [organization, groups],
      ),
    ]);
    return {
      teams: touched.rows.map(({ id, name, gained, gainedTotal, lost, lostTotal }) => ({
        team: { id, name },
        gained: { items: gained, total: gainedTotal },
        lost: { items: lost, total: lostTotal },
      })),
      groupNames: new Map(named.rows.map(({ id, displayName }) => [id, displayName])),
    };
  }
}

/** Besides the plan, links that rested count again, grants by hand keep a membership, and an archived team has none. */
const migrationSql = (schema: string): string => `
  WITH plan AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[]) AS p (group_id, team_id)
  ), present AS MATERIALIZED (
    SELECT v.team_id, v.user_id, bool_or(v.reason = 'manual') AS stays
    FROM ${schema}.grants v
    WHERE v.organization = $1 AND v.team_id = ANY($4)
    GROUP BY v.team_id, v.user_id
  ), fed AS MATERIALIZED (
    SELECT DISTINCT p.team_id, m.user_id
    FROM (SELECT * FROM plan
          UNION SELECT id, team_id FROM ${schema}.groups
          WHERE organization = $1 AND team_id IS NOT NULL) p
    JOIN ${schema}.group_members m ON m.organization = $1 AND m.group_id = p.group_id
    WHERE NOT EXISTS (SELECT FROM ${schema}.exclusions e
      WHERE e.organization = $1 AND e.team_id = p.team_id AND e.user_id = m.user_id)
      AND NOT EXISTS (SELECT FROM ${schema}.users u
        WHERE u.organization = $1 AND u.id = m.user_id AND u.status = 'removed')
  ), changes AS (
    SELECT coalesce(f.team_id, b.team_id) AS team_id, coalesce(f.user_id, b.user_id) AS user_id,
           b.user_id IS NULL AS gained
    FROM present b FULL JOIN fed f ON f.team_id = b.team_id AND f.user_id = b.user_id
    WHERE b.user_id IS NULL OR (f.user_id IS NULL AND NOT b.stays)
  )
  SELECT t.id, t.name,
         ${listed('c.gained')} AS gained, ${counted('c.gained')} AS "gainedTotal",
         ${listed('NOT c.gained')} AS lost, ${counted('NOT c.gained')} AS "lostTotal"
  FROM ${schema}.teams t
  LEFT JOIN changes c ON c.team_id = t.id AND NOT t.archived
  WHERE t.organization = $1 AND t.id = ANY($4)
  GROUP BY t.id, t.name, t.sequence ORDER BY t.sequence`;

const listed = (which: string): string =>
  `coalesce((array_agg(c.user_id ORDER BY c.user_id) FILTER (WHERE ${which}))[1:${MOST_LISTED}], '{}')`;

const counted = (which: string): string => `(count(c.user_id) FILTER (WHERE ${which}))::int`;
