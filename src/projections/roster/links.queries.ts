import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { Policies } from '../../domain/policies.js';
import { MOST_LISTED, type Capped } from './capped.js';
import { SettingsQueries } from './settings.queries.js';

/**
 * `linked`: it feeds a team. `unlinked`: an administrator wants it so. `unmapped`: no policy would link it.
 * `pending`: it waits for a decision, or for a policy that is just being carried out.
 */
export type LinkState = 'linked' | 'pending' | 'unmapped' | 'unlinked';

export interface TeamName {
  readonly id: string;
  readonly name: string;
}

export interface GroupLink {
  readonly groupId: string;
  readonly sequence: string;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly state: LinkState;
  /** The team that it feeds. */
  readonly team: TeamName | null;
  /** The teams that it could feed by its name; none once it feeds one. */
  readonly candidates: readonly TeamName[];
  /** Ids of its members who are not in its team, or in the only candidate. */
  readonly joining: Capped<string>;
  /** Ids of those in the only candidate whose grants would end with the next full push. */
  readonly leaving: Capped<string>;
}

interface GroupLinkRow {
  readonly groupId: string;
  readonly sequence: string;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly team: TeamName | null;
  readonly keptApart: boolean;
  readonly candidates: readonly TeamName[];
  readonly joining: readonly string[];
  readonly joiningTotal: number;
  readonly leaving: readonly string[];
  readonly leavingTotal: number;
}

/** Which group feeds which team, and what still waits for a decision. */
export class LinkQueries {
  private readonly settings: SettingsQueries;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {
    this.settings = new SettingsQueries(pool, schema);
  }

  /**
   * All groups, in creation order, with what they feed or could feed.
   * @param after sequence of the last group of the page before; '0' at first
   */
  async links(
    organization: OrganizationId,
    after: string,
    limit: number,
  ): Promise<readonly GroupLink[]> {
    return this.read(organization, 'g.sequence > $3 ORDER BY g.sequence LIMIT $4', [after, limit]);
  }

  async link(organization: OrganizationId, groupId: string): Promise<GroupLink | undefined> {
    const [link] = await this.read(organization, 'g.id = $3', [groupId]);
    return link;
  }

  /** @param which SQL for which groups, of parameters from $3 on */
  private async read(
    organization: OrganizationId,
    which: string,
    parameters: readonly unknown[],
  ): Promise<readonly GroupLink[]> {
    const { policies } = await this.settings.settings(organization);
    const drops = policies.manualMembers === 'drop';
    const { rows } = await this.pool.query<GroupLinkRow>(linksSql(this.schema, which), [
      organization,
      drops,
      ...parameters,
    ]);
    return rows.map((row) => presentLink(row, policies));
  }
}

function presentLink(
  { keptApart, joining, joiningTotal, leaving, leavingTotal, ...row }: GroupLinkRow,
  policies: Policies,
): GroupLink {
  return {
    ...row,
    state: stateOf(row.team !== null, keptApart, policies),
    joining: { items: joining, total: joiningTotal },
    leaving: { items: leaving, total: leavingTotal },
  };
}

function stateOf(
  linked: boolean,
  keptApart: boolean,
  { groupMapping, teamSync }: Policies,
): LinkState {
  if (linked) return 'linked';
  if (keptApart) return 'unlinked';
  return groupMapping === 'strict' || teamSync !== 'scim' ? 'unmapped' : 'pending';
}

/** $1 is the organization, $2 whether a full push ends manual grants. */
const linksSql = (schema: string, which: string): string => `
  WITH page AS MATERIALIZED (
    SELECT g.* FROM ${schema}.groups g WHERE g.organization = $1 AND ${which}
  ), candidates AS MATERIALIZED (
    SELECT g.id AS group_id, t.id, t.name, t.sequence
    FROM page g
    JOIN ${schema}.teams t ON t.organization = g.organization
      AND (t.matched_name = g.matched_name OR t.id = g.id)
    WHERE g.team_id IS NULL AND NOT t.archived AND cardinality(t.feeders) = 0
  ), targets AS MATERIALIZED (
    SELECT g.id AS group_id, coalesce(g.team_id, min(c.id)) AS team_id
    FROM page g LEFT JOIN candidates c ON c.group_id = g.id
    GROUP BY g.id, g.team_id HAVING g.team_id IS NOT NULL OR count(c.id) = 1
  )
  SELECT g.id AS "groupId", g.sequence, g.display_name AS "displayName",
         g.external_id AS "externalId", g.kept_apart AS "keptApart",
         CASE WHEN t.id IS NULL THEN NULL ELSE json_build_object('id', t.id, 'name', t.name) END AS team,
         coalesce((
           SELECT json_agg(json_build_object('id', c.id, 'name', c.name) ORDER BY c.sequence)
           FROM candidates c WHERE c.group_id = g.id), '[]') AS candidates,
         joining.ids AS joining, joining.total AS "joiningTotal",
         leaving.ids AS leaving, leaving.total AS "leavingTotal"
  FROM page g
  LEFT JOIN targets x ON x.group_id = g.id
  LEFT JOIN ${schema}.teams t ON t.organization = g.organization AND t.id = g.team_id
  CROSS JOIN LATERAL (${idsOf(joiningSql(schema))}) joining
  CROSS JOIN LATERAL (${idsOf(leavingSql(schema))}) leaving
  ORDER BY g.sequence`;

const idsOf = (users: string): string => `
  SELECT coalesce((array_agg(j.user_id ORDER BY j.user_id))[1:${MOST_LISTED}], '{}') AS ids,
         count(*)::int AS total
  FROM (${users}) j`;

const present = (schema: string, userId: string): string => `
  NOT EXISTS (SELECT FROM ${schema}.users u
    WHERE u.organization = $1 AND u.id = ${userId} AND u.status = 'removed')`;

const notByHand = (schema: string, userId: string): string => `
  NOT EXISTS (SELECT FROM ${schema}.manual_grants o
    WHERE o.organization = $1 AND o.team_id = x.team_id AND o.user_id = ${userId})`;

const notBySignIn = (schema: string, userId: string): string => `
  NOT EXISTS (SELECT FROM ${schema}.current_sign_in_grants o
    WHERE o.organization = $1 AND o.team_id = x.team_id AND o.user_id = ${userId})`;

/**
 * No group grants a candidate anything, hence nothing else holds somebody in it than these grants. Of a group that
 * feeds its team only those are not in it who were excluded: they are few, its members many.
 */
const joiningSql = (schema: string): string => `
  SELECT m.user_id FROM ${schema}.group_members m
  WHERE m.organization = $1 AND m.group_id = g.id AND g.team_id IS NULL
    AND ${present(schema, 'm.user_id')}
    AND ${notByHand(schema, 'm.user_id')} AND ${notBySignIn(schema, 'm.user_id')}
  UNION ALL
  SELECT e.user_id FROM ${schema}.exclusions e
  JOIN ${schema}.group_members m
    ON m.organization = $1 AND m.group_id = g.id AND m.user_id = e.user_id
  WHERE e.organization = $1 AND e.team_id = g.team_id
    AND ${present(schema, 'e.user_id')}
    AND ${notByHand(schema, 'e.user_id')} AND ${notBySignIn(schema, 'e.user_id')}`;

const leavingSql = (schema: string): string => `
  SELECT h.user_id FROM ${schema}.manual_grants h
  WHERE $2 AND g.team_id IS NULL AND h.organization = $1 AND h.team_id = x.team_id
    AND ${present(schema, 'h.user_id')} AND ${notBySignIn(schema, 'h.user_id')}
    AND NOT EXISTS (SELECT FROM ${schema}.group_members m
      WHERE m.organization = $1 AND m.group_id = g.id AND m.user_id = h.user_id)`;
