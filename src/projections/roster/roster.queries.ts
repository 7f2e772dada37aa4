import type { Pool, QueryResultRow } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { Policies } from '../../domain/policies.js';
import { foldCase } from '../../scim/comparison.js';
import type { Attributes } from '../../scim/resource.js';
import { givenTo, license, role } from './entitlements.js';
import { SettingsQueries } from './settings.queries.js';
import { sql, tableOf, textOf, type Statement } from './statement.js';

export type UserStatus = 'active' | 'disabled' | 'removed';
export type Grant = 'scim' | 'manual' | 'sign-in';

/** Values that nobody gave this user: the organization's defaults stand in. */
export interface UserDefaults {
  readonly role?: string;
  readonly license?: string;
  readonly locale?: string;
}

export interface RosterUser {
  readonly id: string;
  readonly sequence: string;
  readonly resource: Attributes;
  readonly status: UserStatus;
  readonly synced: boolean;
  readonly origin: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  /** None of somebody removed. */
  readonly teams: readonly {
    readonly id: string;
    readonly name: string;
    readonly grants: readonly Grant[];
  }[];
  /** The role that counts, where it comes from a default too. */
  readonly role: string;
  /** The license that counts, where it comes from a default too; null: none. */
  readonly license: string | null;
  readonly defaults: UserDefaults;
  /** Attributes that an administrator changed since the identity provider stated them. */
  readonly overrides: readonly string[];
  /** The deleted user who held the userName before; null: nobody did. */
  readonly predecessorId: string | null;
}

export interface RosterTeam {
  readonly id: string;
  readonly sequence: string;
  readonly name: string;
  readonly synced: boolean;
  readonly archived: boolean;
  /** Whether an administrator changed what the identity provider states of its name or members. */
  readonly overridden: boolean;
  readonly createdAt: string;
  readonly groups: readonly {
    readonly id: string;
    readonly displayName: string;
    readonly externalId?: string;
  }[];
  readonly memberCount: number;
}

export interface TeamMember {
  readonly id: string;
  readonly sequence: string;
  readonly userName: string;
  readonly status: UserStatus;
  readonly grants: readonly Grant[];
  /** Whether an administrator added the member although the identity provider manages the team. */
  readonly override: boolean;
}

export interface UserListRequest {
  /** Sequence of the last user of the page before; '0' at first. */
  readonly after: string;
  readonly limit: number;
  readonly synced?: boolean;
  /** Absent: everybody but those removed. */
  readonly status?: UserStatus;
  readonly origin?: string;
  readonly q?: string;
}

export interface UserList {
  /** In creation order. */
  readonly users: readonly RosterUser[];
  /** How many match altogether. */
  readonly total: number;
  /** How many match whether synced or not. */
  readonly counts: { readonly synced: number; readonly unsynced: number };
}

type UserRow = Omit<RosterUser, 'role' | 'license' | 'defaults'> & {
  readonly givenRole: string | null;
  readonly givenLicense: string | null;
};
type TeamRow = Omit<RosterTeam, 'memberCount'>;

/** The administrator's view of users and teams. The organization is part of every statement. */
export class RosterQueries {
  private readonly settings: SettingsQueries;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {
    this.settings = new SettingsQueries(pool, schema);
  }

  async users(organization: OrganizationId, request: UserListRequest): Promise<UserList> {
    const { after, limit, synced, status, origin, q } = request;
    const { policies } = await this.settings.settings(organization);
    const users = tableOf(this.schema, 'users');
    const matches = sql`u.organization = ${organization}
      AND ${status === undefined ? sql`u.status <> 'removed'` : sql`u.status = ${status}`}
      ${origin === undefined ? sql`` : sql`AND u.origin = ${origin}`}
      ${q === undefined ? sql`` : sql`AND strpos(u.searched, ${foldCase(q)}) > 0`}`;
    const [page, [counts = { synced: 0, unsynced: 0 }]] = await Promise.all([
      this.query<UserRow>(
        sql`SELECT ${this.userColumns(organization, policies)} FROM ${users} u
            WHERE ${matches} ${synced === undefined ? sql`` : sql`AND u.synced = ${synced}`}
              AND u.sequence > ${after}
            ORDER BY u.sequence LIMIT ${limit}`,
      ),
      this.query<UserList['counts']>(
        sql`SELECT (count(*) FILTER (WHERE u.synced))::int AS synced,
                   (count(*) FILTER (WHERE NOT u.synced))::int AS unsynced
            FROM ${users} u WHERE ${matches}`,
      ),
    ]);
    return {
      users: page.map((row) => presentUser(row, policies)),
      total: (synced === false ? 0 : counts.synced) + (synced === true ? 0 : counts.unsynced),
      counts,
    };
  }

  async user(organization: OrganizationId, id: string): Promise<RosterUser | undefined> {
    const { policies } = await this.settings.settings(organization);
    const [row] = await this.query<UserRow>(
      sql`SELECT ${this.userColumns(organization, policies)} FROM ${tableOf(this.schema, 'users')} u
          WHERE u.organization = ${organization} AND u.id = ${id}`,
    );
    return row && presentUser(row, policies);
  }

  /** @returns the page, in creation order, and how many there are altogether */
  async teams(
    organization: OrganizationId,
    after: string,
    limit: number,
  ): Promise<{ readonly teams: readonly RosterTeam[]; readonly total: number }> {
    const [page, counted] = await Promise.all([
      this.pool.query<TeamRow>(
        `SELECT ${this.teamColumns()} FROM ${this.schema}.teams t
         WHERE t.organization = $1 AND t.sequence > $2 ORDER BY t.sequence LIMIT $3`,
        [organization, after, limit],
      ),
      this.pool.query<{ total: string }>(
        `SELECT count(*) AS total FROM ${this.schema}.teams WHERE organization = $1`,
        [organization],
      ),
    ]);
    const teams = await this.withMemberCounts(organization, page.rows);
    return { teams, total: Number(counted.rows[0]?.total ?? 0) };
  }

  async team(organization: OrganizationId, id: string): Promise<RosterTeam | undefined> {
    const { rows } = await this.pool.query<TeamRow>(
      `SELECT ${this.teamColumns()} FROM ${this.schema}.teams t
       WHERE t.organization = $1 AND t.id = $2`,
      [organization, id],
    );
    const [team] = await this.withMemberCounts(organization, rows);
    return team;
  }

  /** The team's members in creation order, after `after`; an archived team has none. */
  async members(
    organization: OrganizationId,
    teamId: string,
    after: string,
    limit: number,
  ): Promise<readonly TeamMember[]> {
    const { rows } = await this.pool.query<TeamMember>(
      `${this.memberColumns('')} AND u.sequence > $3 ORDER BY u.sequence LIMIT $4`,
      [organization, teamId, after, limit],
    );
    return rows;
  }

  /** One member of the team; undefined for who is in it by no grant. */
  async member(
    organization: OrganizationId,
    teamId: string,
    userId: string,
  ): Promise<TeamMember | undefined> {
    const { rows } = await this.pool.query<TeamMember>(this.memberColumns('AND v.user_id = $3'), [
      organization,
      teamId,
      userId,
    ]);
    return rows[0];
  }

  private async withMemberCounts(
    organization: OrganizationId,
    teams: readonly TeamRow[],
  ): Promise<readonly RosterTeam[]> {
    if (teams.length === 0) return [];
    const { rows } = await this.pool.query<{ readonly id: string; readonly members: number }>(
      `SELECT v.team_id AS id, count(DISTINCT v.user_id)::int AS members
       FROM ${this.schema}.grants v WHERE v.organization = $1 AND v.team_id = ANY($2)
       GROUP BY v.team_id`,
      [organization, teams.filter(({ archived }) => !archived).map(({ id }) => id)],
    );
    const counts = new Map(rows.map(({ id, members }) => [id, members]));
    return teams.map((team) => ({ ...team, memberCount: counts.get(team.id) ?? 0 }));
  }

  private userColumns(organization: OrganizationId, policies: Policies): Statement {
    return sql`u.id, u.sequence, u.resource, u.status, u.synced, u.origin, u.created_at AS "createdAt",
      u.modified_at AS "modifiedAt", u.predecessor_id AS "predecessorId",
      ARRAY(SELECT json_object_keys(u.overrides)) AS overrides,
      ${givenTo(this.schema, organization, role, policies)} AS "givenRole",
      ${givenTo(this.schema, organization, license, policies)} AS "givenLicense",
      coalesce((
        SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'grants', v.grants) ORDER BY t.sequence)
        FROM (SELECT v.team_id, ${textOf(grantsOf('v'))} AS grants
              FROM ${tableOf(this.schema, 'grants')} v
              WHERE v.organization = u.organization AND v.user_id = u.id
              GROUP BY v.team_id) v
        CROSS JOIN LATERAL (SELECT * FROM ${tableOf(this.schema, 'teams')} t
          WHERE t.organization = u.organization AND t.id = v.team_id AND NOT t.archived OFFSET 0) t
      ), '[]') AS teams`;
  }

  private async query<Row extends QueryResultRow>(statement: Statement): Promise<readonly Row[]> {
    const { rows } = await this.pool.query<Row>(statement.text, [...statement.values]);
    return rows;
  }

  private teamColumns(): string {
    const overrides = (table: string): string =>
      `SELECT FROM ${this.schema}.${table} o WHERE o.organization = t.organization AND o.team_id = t.id`;
    return `t.id, t.sequence, t.name, t.archived, t.created_at AS "createdAt",
      cardinality(t.feeders) > 0 AS synced,
      cardinality(t.feeders) > 0 AND (t.name_overridden_at IS NOT NULL
        OR EXISTS (${overrides('manual_grants')} AND o.override)
        OR EXISTS (${overrides('exclusions')})) AS overridden,
      coalesce((
        SELECT json_agg(json_strip_nulls(json_build_object(
          'id', g.id, 'displayName', g.display_name, 'externalId', g.external_id)) ORDER BY g.sequence)
        FROM ${this.schema}.groups g WHERE g.organization = t.organization AND g.team_id = t.id
      ), '[]') AS groups`;
  }

  /** $1 is the organization, $2 the team. */
  private memberColumns(which: string): string {
    return `SELECT u.id, u.sequence, u.resource ->> 'userName' AS "userName", u.status, v.grants,
             EXISTS (SELECT FROM ${this.schema}.manual_grants o
                     JOIN ${this.schema}.teams t ON t.organization = o.organization AND t.id = o.team_id
                     WHERE o.organization = $1 AND o.team_id = $2 AND o.user_id = u.id
                       AND o.override AND cardinality(t.feeders) > 0) AS override
      FROM (SELECT v.user_id, ${grantsOf('v')} AS grants FROM ${this.schema}.grants v
            WHERE v.organization = $1 AND v.team_id = $2 ${which} GROUP BY v.user_id) v
      JOIN ${this.schema}.users u ON u.organization = $1 AND u.id = v.user_id
      WHERE EXISTS (SELECT FROM ${this.schema}.teams t
                    WHERE t.organization = $1 AND t.id = $2 AND NOT t.archived)`;
  }
}

const grantsOf = (memberships: string): string => {
  const grants: readonly Grant[] = ['scim', 'manual', 'sign-in'];
  const each = grants.map(
    (grant) => `CASE WHEN bool_or(${memberships}.reason = '${grant}') THEN '${grant}' END`,
  );
  return `array_remove(ARRAY[${each.join(', ')}], NULL)`;
};

function presentUser(
  { givenRole, givenLicense, ...user }: UserRow,
  policies: Policies,
): RosterUser {
  const { defaultRole, defaultLicense, defaultLocale } = policies;
  const license = user.status === 'removed' ? null : defaultLicense;
  return {
    ...user,
    role: givenRole ?? defaultRole,
    license: givenLicense ?? license,
    defaults: {
      ...(givenRole === null && { role: defaultRole }),
      ...(givenLicense === null && license !== null && { license }),
      ...(user.resource['locale'] === undefined &&
        defaultLocale !== null && { locale: defaultLocale }),
    },
  };
}
