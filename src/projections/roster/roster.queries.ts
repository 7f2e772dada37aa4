import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';
import { foldCase } from '../../scim/comparison.js';
import type { Attributes } from '../../scim/resource.js';

export type UserStatus = 'active' | 'disabled' | 'removed';

export interface RosterUser {
  readonly id: string;
  readonly sequence: string;
  readonly resource: Attributes;
  readonly status: UserStatus;
  readonly synced: boolean;
  readonly origin: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly teams: readonly {
    readonly id: string;
    readonly name: string;
    readonly grants: readonly string[];
  }[];
}

export interface RosterTeam {
  readonly id: string;
  readonly sequence: string;
  readonly name: string;
  readonly synced: boolean;
  readonly archived: boolean;
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
  readonly grants: readonly string[];
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

/** The administrator's view. The organization is part of every statement. */
export class RosterQueries {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** @returns the page, in creation order, and how many match altogether */
  async users(
    organization: OrganizationId,
    request: UserListRequest,
  ): Promise<{ readonly users: readonly RosterUser[]; readonly total: number }> {
    const { after, limit, synced, status, origin, q } = request;
    const matches = `u.organization = $1
      AND ($2::boolean IS NULL OR u.synced = $2)
      AND CASE WHEN $3::text IS NULL THEN u.status <> 'removed' ELSE u.status = $3 END
      AND ($4::text IS NULL OR u.origin = $4)
      AND ($5::text IS NULL OR strpos(u.searched, $5) > 0)`;
    const filters = [
      organization,
      synced ?? null,
      status ?? null,
      origin ?? null,
      q === undefined ? null : foldCase(q),
    ];
    const [page, counted] = await Promise.all([
      this.pool.query<RosterUser>(
        `SELECT ${this.userColumns()} FROM ${this.schema}.users u
         WHERE ${matches} AND u.sequence > $6 ORDER BY u.sequence LIMIT $7`,
        [...filters, after, limit],
      ),
      this.pool.query<{ total: string }>(
        `SELECT count(*) AS total FROM ${this.schema}.users u WHERE ${matches}`,
        filters,
      ),
    ]);
    return { users: page.rows, total: Number(counted.rows[0]?.total ?? 0) };
  }

  async user(organization: OrganizationId, id: string): Promise<RosterUser | undefined> {
    const { rows } = await this.pool.query<RosterUser>(
      `SELECT ${this.userColumns()} FROM ${this.schema}.users u
       WHERE u.organization = $1 AND u.id = $2`,
      [organization, id],
    );
    return rows[0];
  }

  /** @returns the page, in creation order, and how many there are altogether */
  async teams(
    organization: OrganizationId,
    after: string,
    limit: number,
  ): Promise<{ readonly teams: readonly RosterTeam[]; readonly total: number }> {
    const [page, counted] = await Promise.all([
      this.pool.query<RosterTeam>(
        `SELECT ${this.teamColumns()} FROM ${this.schema}.teams t
         WHERE t.organization = $1 AND t.sequence > $2 ORDER BY t.sequence LIMIT $3`,
        [organization, after, limit],
      ),
      this.pool.query<{ total: string }>(
        `SELECT count(*) AS total FROM ${this.schema}.teams WHERE organization = $1`,
        [organization],
      ),
    ]);
    return { teams: page.rows, total: Number(counted.rows[0]?.total ?? 0) };
  }

  async team(organization: OrganizationId, id: string): Promise<RosterTeam | undefined> {
    const { rows } = await this.pool.query<RosterTeam>(
      `SELECT ${this.teamColumns()} FROM ${this.schema}.teams t
       WHERE t.organization = $1 AND t.id = $2`,
      [organization, id],
    );
    return rows[0];
  }

  /** The team's members in creation order, after `after`; an archived team has none. */
  async members(
    organization: OrganizationId,
    teamId: string,
    after: string,
    limit: number,
  ): Promise<readonly TeamMember[]> {
    const { rows } = await this.pool.query<TeamMember>(
      `SELECT u.id, u.sequence, u.resource ->> 'userName' AS "userName", u.status, array['scim'] AS grants
       FROM ${this.schema}.users u
       WHERE u.organization = $1 AND u.sequence > $3 AND EXISTS (
         SELECT FROM ${this.schema}.teams t
         JOIN ${this.schema}.groups g ON g.organization = t.organization AND g.team_id = t.id
         JOIN ${this.schema}.group_members m ON m.organization = g.organization AND m.group_id = g.id
         WHERE t.organization = $1 AND t.id = $2 AND NOT t.archived AND m.user_id = u.id)
       ORDER BY u.sequence LIMIT $4`,
      [organization, teamId, after, limit],
    );
    return rows;
  }

  private userColumns(): string {
    return `u.id, u.sequence, u.resource, u.status, u.synced, u.origin, u.created_at AS "createdAt",
      u.modified_at AS "modifiedAt",
      coalesce((
        SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'grants', json_build_array('scim')) ORDER BY t.sequence)
        FROM ${this.schema}.teams t
        WHERE t.organization = u.organization AND NOT t.archived AND t.id IN (
          SELECT g.team_id FROM ${this.schema}.group_members m
          JOIN ${this.schema}.groups g ON g.organization = m.organization AND g.id = m.group_id
          WHERE m.organization = u.organization AND m.user_id = u.id)
      ), '[]') AS teams`;
  }

  private teamColumns(): string {
    return `t.id, t.sequence, t.name, t.archived, t.created_at AS "createdAt",
      EXISTS (SELECT FROM ${this.schema}.groups g
              WHERE g.organization = t.organization AND g.team_id = t.id) AS synced,
      coalesce((
        SELECT json_agg(json_strip_nulls(json_build_object(
          'id', g.id, 'displayName', g.display_name, 'externalId', g.external_id)) ORDER BY g.id)
        FROM ${this.schema}.groups g WHERE g.organization = t.organization AND g.team_id = t.id
      ), '[]') AS groups,
      (SELECT count(DISTINCT m.user_id)::int FROM ${this.schema}.groups g
       JOIN ${this.schema}.group_members m ON m.organization = g.organization AND m.group_id = g.id
       WHERE g.organization = t.organization AND g.team_id = t.id AND NOT t.archived) AS "memberCount"`;
  }
}
