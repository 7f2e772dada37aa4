import type { Pool } from 'pg';
import type { GroupId, Instant, OrganizationId, TeamId, UserId } from '../../domain/identifiers.js';
import { parseFilter } from '../../scim/filter.js';
import { groupType, userType, type ResourceType } from '../../scim/schema.js';
import type { PointReads } from './directory.queries.js';
import { indexedPart, trimmed } from './directory.tables.js';
import { compileFilter, type DirectoryTable } from './filter-sql.js';

interface FormerMembership {
  readonly organization: OrganizationId;
  readonly group: GroupId;
  readonly user: UserId;
}

interface HalfLink {
  readonly organization: OrganizationId;
  readonly group: GroupId;
  readonly team: TeamId;
}

/** Of a row of teams, as their indexes have it. */
const EXTERNAL = `feeders = '{}' AND NOT archived`;

/** Of a row of groups, as their index has it. An external group is its own team. */
const UNLINKED = 'team_id IS NULL AND NOT kept_apart';

/** Whether the team `t` bears the name; outer white space counts for nothing, letter case counts. */
const namedAs = (name: string): string => {
  const [own, given] = [trimmed('t.name'), trimmed(name)];
  return `(${indexedPart(own)} COLLATE "C" = ${indexedPart(given)} AND ${own} = ${given})`;
};

/** What the write side asks of the directory: where to look. Implements DirectoryLookup of the write side. */
export class LookupQueries {
  /**
   * @param points where statements go that answer at once; they may share connections
   * @param caughtUp holds until the directory tells of everything, or throws: who is not found there may be made again
   */
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
    private readonly points: PointReads = pool,
    private readonly caughtUp: () => Promise<void> = () => Promise.resolve(),
  ) {}

  async usersAmong(
    organization: OrganizationId,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>> {
    await this.caughtUp();
    const { rows } = await this.pool.query<{ id: UserId }>({
      name: `${this.schema}-users-among`,
      text: `SELECT id FROM ${this.schema}.users WHERE organization = $1 AND id = ANY($2)`,
      values: [organization, ids],
    });
    return new Set(rows.map(({ id }) => id));
  }

  groupsOf(organization: OrganizationId, user: UserId): Promise<readonly GroupId[]> {
    return this.ids<GroupId>(
      'groups-of',
      `SELECT group_id AS id FROM ${this.schema}.members WHERE organization = $1 AND user_id = $2
       UNION
       SELECT group_id FROM ${this.schema}.former_members WHERE organization = $1 AND user_id = $2`,
      [organization, user],
    );
  }

  /** Users whose value equals this one as SCIM compares: addresses without letter case, externalIds exactly. */
  usersMatching(
    organization: OrganizationId,
    key: 'externalId' | 'emails.value',
    value: string,
  ): Promise<readonly UserId[]> {
    return this.holding(userType, organization, key, value);
  }

  groupsNamed(organization: OrganizationId, displayName: string): Promise<readonly GroupId[]> {
    return this.holding(groupType, organization, 'displayName', displayName, 't.revision >= 0');
  }

  groupsWithExternalId(
    organization: OrganizationId,
    externalId: string,
  ): Promise<readonly GroupId[]> {
    return this.holding(groupType, organization, 'externalId', externalId);
  }

  /** White space around a name is no part of it. */
  externalTeamsNamed(organization: OrganizationId, name: string): Promise<readonly TeamId[]> {
    return this.ids<TeamId>(
      'external-teams-named',
      `SELECT id FROM ${this.schema}.teams t
       WHERE organization = $1 AND ${EXTERNAL} AND ${namedAs('$2::text')} ORDER BY sequence`,
      [organization, name],
    );
  }

  unlinkedGroups(organization: OrganizationId, limit: number): Promise<readonly GroupId[]> {
    return this.ids<GroupId>(
      'unlinked-groups',
      `SELECT id FROM ${this.schema}.groups g
       WHERE organization = $1 AND ${UNLINKED} ORDER BY sequence LIMIT $2`,
      [organization, limit],
    );
  }

  /** Without those where several teams bear the group's name: an administrator decides there. */
  organizationsToBackfill(limit: number): Promise<readonly OrganizationId[]> {
    const homonyms = `SELECT count(*) FROM (
        SELECT FROM ${this.schema}.teams t
        WHERE t.organization = g.organization AND ${EXTERNAL} AND ${namedAs(`g.resource ->> 'displayName'`)} LIMIT 2
      ) AS found`;
    return this.ids<OrganizationId>(
      'organizations-to-backfill',
      `SELECT organization AS id FROM ${this.schema}.organizations o
       WHERE following AND team_sync = 'scim' AND group_mapping IN ('create', 'link-by-name')
         AND EXISTS (
           SELECT FROM ${this.schema}.groups g
           WHERE g.organization = o.organization AND ${UNLINKED}
             AND (o.group_mapping = 'create' OR (${homonyms}) < 2)
         )
       ORDER BY organization LIMIT $1`,
      [limit],
    );
  }

  organizationsToAdopt(limit: number): Promise<readonly OrganizationId[]> {
    return this.ids<OrganizationId>(
      'organizations-to-adopt',
      `SELECT organization AS id FROM ${this.schema}.organizations o
       WHERE following AND team_sync = 'scim' AND adopted_through IS NOT NULL
         AND EXISTS (SELECT ${this.adoptable()})
       ORDER BY organization LIMIT $1`,
      [limit],
    );
  }

  teamsToAdopt(organization: OrganizationId, limit: number): Promise<readonly TeamId[]> {
    return this.ids<TeamId>(
      'teams-to-adopt',
      `SELECT found.id FROM ${this.schema}.organizations o
       CROSS JOIN LATERAL (SELECT t.id, t.sequence ${this.adoptable()}) AS found
       WHERE o.organization = $1 ORDER BY found.sequence LIMIT $2`,
      [organization, limit],
    );
  }

  /** Teams `t` of an organization `o` that SCIM shows: no other could become a group of its own id. */
  private adoptable(): string {
    return `FROM ${this.schema}.teams t
      JOIN ${this.schema}.groups g ON g.organization = t.organization AND g.id = t.id AND g.revision < 0
      WHERE t.organization = o.organization AND ${EXTERNAL} AND t.unfed_since < o.adopted_through`;
  }

  halfLinksOf(organization: OrganizationId): Promise<readonly HalfLink[]> {
    return this.half('half-links-of', 'WHERE organization = $1', [organization]);
  }

  /** Of every organization whose directory follows the log: where it is frozen, nothing tells whether they still are. */
  halfLinks(before: Instant, limit: number): Promise<readonly HalfLink[]> {
    const condition = `JOIN ${this.schema}.organizations USING (organization)
      WHERE following AND since < $1 ORDER BY since LIMIT $2`;
    return this.half('half-links-before', condition, [before, limit]);
  }

  organizationsToMigrate(limit: number): Promise<readonly OrganizationId[]> {
    return this.ids<OrganizationId>(
      'organizations-to-migrate',
      `SELECT organization AS id FROM ${this.schema}.organizations o
       WHERE following AND team_sync = 'scim' AND migrated IS NOT NULL
         AND EXISTS (
           SELECT FROM jsonb_to_recordset(o.migrated) AS link ("groupId" text, "teamId" text)
           JOIN ${this.schema}.groups g ON g.organization = o.organization AND g.id = link."groupId"
           JOIN ${this.schema}.teams t ON t.organization = o.organization AND t.id = link."teamId"
           WHERE ${UNLINKED} AND NOT t.archived
         )
       ORDER BY organization LIMIT $1`,
      [limit],
    );
  }

  organizationsToBind(limit: number): Promise<readonly OrganizationId[]> {
    const group = (condition: string): string =>
      `EXISTS (SELECT FROM ${this.schema}.groups g WHERE g.organization = o.organization AND g.revision >= 0 AND ${condition})`;
    const named = `${indexedPart(`g.search ->> 'displayName'`)} COLLATE "C" = ${indexedPart('rule.key')}
      AND g.resource ->> 'displayName' = rule.name`;
    return this.ids<OrganizationId>(
      'organizations-to-bind',
      `SELECT organization AS id FROM ${this.schema}.organizations o
       WHERE following AND rules IS NOT NULL
         AND EXISTS (
           SELECT FROM jsonb_to_recordset(o.rules) AS rule (id text, name text, key text)
           WHERE CASE WHEN rule.id IS NULL THEN ${group(named)} ELSE NOT ${group('g.id = rule.id')} END
         )
       ORDER BY organization LIMIT $1`,
      [limit],
    );
  }

  async userCount(organization: OrganizationId): Promise<number> {
    await this.caughtUp();
    const { rows } = await this.points.query<{ users: string }>({
      name: `${this.schema}-user-count`,
      text: `SELECT users FROM ${this.schema}.counts WHERE organization = $1`,
      values: [organization],
    });
    return Number(rows[0]?.users ?? 0);
  }

  /** Of every organization: work for the policy reactor. */
  async formerMembers(limit: number): Promise<readonly FormerMembership[]> {
    await this.caughtUp();
    const { rows } = await this.points.query<FormerMembership>({
      name: `${this.schema}-former-members`,
      text: `SELECT organization, group_id AS group, user_id AS user
             FROM ${this.schema}.former_members ORDER BY organization, group_id LIMIT $1`,
      values: [limit],
    });
    return rows;
  }

  /** Resources whose attribute equals the value as SCIM compares. @param condition what must hold besides, on row `t` */
  private holding<Id extends string>(
    type: ResourceType,
    organization: OrganizationId,
    attribute: string,
    value: string,
    condition = 'TRUE',
  ): Promise<readonly Id[]> {
    const table: DirectoryTable = type === userType ? 'users' : 'groups';
    const filter = parseFilter(type, `${attribute} eq ${JSON.stringify(value)}`);
    const { clause, parameters } = compileFilter(filter, table, this.schema, [organization]);
    return this.ids<Id>(
      `${table}-by-${attribute}`,
      `SELECT t.id FROM ${this.schema}.${table} t
       WHERE t.organization = $1 AND ${clause} AND ${condition} ORDER BY t.sequence`,
      parameters,
    );
  }

  private async half(
    name: string,
    condition: string,
    values: readonly unknown[],
  ): Promise<readonly HalfLink[]> {
    await this.caughtUp();
    const { rows } = await this.points.query<HalfLink>({
      name: `${this.schema}-${name}`,
      text: `SELECT organization, group_id AS group, team_id AS team
             FROM ${this.schema}.half_links ${condition}`,
      values: [...values],
    });
    return rows;
  }

  private async ids<Id extends string>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Id[]> {
    await this.caughtUp();
    const read = { name: `${this.schema}-${name}`, text, values: [...values] };
    const { rows } = await this.points.query<{ id: Id }>(read);
    return rows.map(({ id }) => id);
  }
}
