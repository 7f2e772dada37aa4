import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';
import { cappedOf, MOST_LISTED, type Capped } from './capped.js';
import type { TeamName } from './links.queries.js';

interface Overriding {
  /** Who made the change: `token:{id}`, `key:{id}` or `system`. */
  readonly actor: string;
  readonly at: string;
}

interface UserName {
  readonly id: string;
  readonly userName: string;
}

/** What an administrator changed of what the identity provider manages, and the provider did not state since. */
export type Override = Overriding &
  (
    | { readonly kind: 'user'; readonly user: UserName; readonly attribute: string }
    | { readonly kind: 'team'; readonly team: TeamName; readonly attribute: 'name' }
    | {
        readonly kind: 'membership';
        readonly user: UserName;
        readonly team: TeamName;
        readonly change: 'added' | 'removed';
      }
  );

interface OverrideRow extends Overriding {
  readonly kind: Override['kind'];
  readonly change: string;
  readonly userId: string | null;
  readonly userName: string | null;
  readonly teamId: string | null;
  readonly teamName: string | null;
  readonly total: number;
}

/** The drift report. */
export class OverrideQueries {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** The latest first. */
  async overrides(organization: OrganizationId): Promise<Capped<Override>> {
    const { rows } = await this.pool.query<OverrideRow>(overridesSql(this.schema), [organization]);
    return cappedOf(rows, presentOverride);
  }
}

function presentOverride(row: OverrideRow): Override {
  const { kind, change, actor, at } = row;
  const user = { id: row.userId ?? '', userName: row.userName ?? '' };
  const team = { id: row.teamId ?? '', name: row.teamName ?? '' };
  switch (kind) {
    case 'user':
      return { kind, user, attribute: change, actor, at };
    case 'team':
      return { kind, team, attribute: 'name', actor, at };
    case 'membership':
      return { kind, user, team, change: change === 'added' ? change : 'removed', actor, at };
  }
}

/** Whatever a team was given before a group fed it is no override of what the group says. */
const overridesSql = (schema: string): string => `
  SELECT d.*, u.resource ->> 'userName' AS "userName", t.name AS "teamName", count(*) OVER ()::int AS total
  FROM (
    SELECT 'user' AS kind, o.key AS change, u.id AS "userId", NULL AS "teamId",
           o.value ->> 'actor' AS actor, o.value ->> 'at' AS at
    FROM ${schema}.users u, json_each(u.overrides) o
    WHERE u.organization = $1 AND NOT u.deleted AND u.overrides::text <> '{}'
    UNION ALL
    SELECT 'team', 'name', NULL, t.id, t.name_overridden_by, t.name_overridden_at
    FROM ${schema}.teams t WHERE t.organization = $1 AND t.name_overridden_at IS NOT NULL
    UNION ALL
    SELECT 'membership', 'added', h.user_id, h.team_id, h.actor, h.granted_at
    FROM ${schema}.manual_grants h WHERE h.organization = $1 AND h.override
    UNION ALL
    SELECT 'membership', 'removed', e.user_id, e.team_id, e.actor, e.excluded_at
    FROM ${schema}.exclusions e WHERE e.organization = $1
  ) d
  LEFT JOIN ${schema}.users u ON u.organization = $1 AND u.id = d."userId"
  LEFT JOIN ${schema}.teams t ON t.organization = $1 AND t.id = d."teamId"
  WHERE (d."teamId" IS NULL OR cardinality(t.feeders) > 0) AND (d."userId" IS NULL OR NOT u.deleted)
  ORDER BY d.at DESC, d.kind, d."teamId", d."userId", d.change LIMIT ${MOST_LISTED}`;
