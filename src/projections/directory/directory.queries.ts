import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Pool, QueryResult, QueryResultRow } from 'pg';
import type { GroupId, OrganizationId, UserId } from '../../domain/identifiers.js';
import type { Filter } from '../../scim/filter.js';
import type { ResolvedPath } from '../../scim/path.js';
import type { Attributes } from '../../scim/resource.js';
import type { PreparedRead } from '../pipelined-reads.js';
import {
  compileFilter,
  compileSort,
  isPointLookup,
  type DirectoryTable,
  type SqlCondition,
} from './filter-sql.js';

interface DirectoryResource {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly attributes: Attributes;
}

/** One group of a user, as `User.groups` shows it. */
export interface GroupOfUser {
  readonly value: GroupId;
  readonly display: string;
}

export interface DirectoryUser extends DirectoryResource {
  /** In the order in which the groups were created. */
  readonly groups: readonly GroupOfUser[];
}

export interface DirectoryGroup extends DirectoryResource {
  /** Whether it is a team that no group feeds; its version is then that of the team. */
  readonly external: boolean;
  /** Sorted; empty when not asked for. */
  readonly members: readonly UserId[];
}

export interface ListRequest {
  readonly filter?: Filter;
  readonly sort?: { readonly path: ResolvedPath; readonly descending: boolean };
  /** 1-based. */
  readonly startIndex: number;
  readonly count: number;
  /** Who reads: a page of a plain list goes on behind the last one that this reader got. Absent: by index alone. */
  readonly reader?: string;
  /** What the URLs of resources begin with, for filters that compare them. */
  readonly baseUrl?: string;
}

export interface Page<Resource> {
  /** All matches, not only this page. */
  readonly total: number;
  readonly resources: readonly Resource[];
}

interface FoundRow {
  readonly id: string;
  readonly version: number;
  readonly created_at: string;
  readonly modified_at: string;
  readonly resource: Attributes;
  readonly membership: readonly unknown[] | null;
  /** Of groups only. */
  readonly external?: boolean;
}

interface PageRow extends FoundRow {
  readonly sequence: string;
  readonly total: string;
}

interface Rows {
  readonly total: number;
  readonly rows: readonly FoundRow[];
}

const REMEMBERED_PAGES = 10_000;
/** Longer than between two pages of any import; a walk that begins anew replaces what is remembered. */
const REMEMBERED_FOR_MS = 10 * 60_000;

const pageKey = (
  table: DirectoryTable,
  organization: OrganizationId,
  reader: string | undefined,
  startIndex: number,
): string => `${table} ${organization} ${reader} ${startIndex}`;

/** What carries short statements: a pool, or connections that many of them share. */
export interface PointReads {
  query<Row extends QueryResultRow>(read: PreparedRead): Promise<QueryResult<Row>>;
}

/**
 * Whether a statement has one of the few shapes that every provider sends (plain pages and point look-ups), or one that
 * a client composed.
 */
type Shape = 'usual' | 'composed';

/** Clients compose filters without end, and a connection keeps what it has prepared: more than these are not. */
const MOST_COMPOSED_SHAPES = 200;

/** What SCIM reads serve. The organization is part of every statement. */
export class DirectoryQueries {
  /** Names of prepared statements by their text. */
  private readonly prepared: Readonly<Record<Shape, Map<string, string>>> = {
    usual: new Map(),
    composed: new Map(),
  };
  /** The place in which a page of an unfiltered list ended, by its reader and the index that follows. */
  private readonly ends = new LRUCache<string, string>({
    max: REMEMBERED_PAGES,
    ttl: REMEMBERED_FOR_MS,
  });

  /** @param points where statements go that answer at once; they may share connections */
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
    private readonly points: PointReads = pool,
  ) {}

  async user(organization: OrganizationId, id: string): Promise<DirectoryUser | undefined> {
    const row = await this.byId('users', organization, id, true);
    return row && asUser(row);
  }

  async group(
    organization: OrganizationId,
    id: string,
    withMembers: boolean,
  ): Promise<DirectoryGroup | undefined> {
    const row = await this.byId('groups', organization, id, withMembers);
    return row && asGroup(row);
  }

  async users(organization: OrganizationId, request: ListRequest): Promise<Page<DirectoryUser>> {
    const { total, rows } = await this.list('users', organization, request, true);
    return { total, resources: rows.map(asUser) };
  }

  async groups(
    organization: OrganizationId,
    request: ListRequest,
    withMembers: boolean,
  ): Promise<Page<DirectoryGroup>> {
    const { total, rows } = await this.list('groups', organization, request, withMembers);
    return { total, resources: rows.map(asGroup) };
  }

  /** The groups of one user as its resource shows them. */
  async groupsShownOf(organization: OrganizationId, id: UserId): Promise<readonly GroupOfUser[]> {
    const { rows } = await this.points.query<GroupOfUser>({
      name: `${this.schema}-groups-shown`,
      text: `SELECT g.id AS value, g.resource ->> 'displayName' AS display
             FROM ${this.schema}.members m
             JOIN ${this.schema}.groups g ON g.organization = m.organization AND g.id = m.group_id
             WHERE m.organization = $1 AND m.user_id = $2 ORDER BY g.sequence`,
      values: [organization, id],
    });
    return rows;
  }

  private async byId(
    table: DirectoryTable,
    organization: OrganizationId,
    id: string,
    withMembership: boolean,
  ): Promise<FoundRow | undefined> {
    // What PostgreSQL cannot even compare is nobody's id.
    if (id.includes('\0')) return undefined;
    const { rows } = await this.points.query<FoundRow>({
      name: `${this.schema}-${table}-by-id-${withMembership}`,
      text: `SELECT ${this.columns(table, withMembership)}
             FROM ${this.schema}.${table} t WHERE t.organization = $1 AND t.id = $2`,
      values: [organization, id],
    });
    return rows[0];
  }

  private async list(
    table: DirectoryTable,
    organization: OrganizationId,
    request: ListRequest,
    withMembership: boolean,
  ): Promise<Rows> {
    const { filter, sort, startIndex, count } = request;
    if (filter && isPointLookup(filter, table) && startIndex === 1 && count > 0) {
      const found = await this.lookup(table, organization, request, filter, withMembership);
      if (found) return found;
    }
    const plain = request.reader !== undefined && filter === undefined && sort === undefined;
    if (plain && count > 0) {
      const next = await this.nextPage(table, organization, request, withMembership);
      if (next) return next;
    }
    const page = await this.anyPage(table, organization, request, withMembership);
    if (plain) this.rememberEnd(table, organization, request, page.rows);
    return page;
  }

  /**
   * What an index finds at once. A team that no group feeds is left out where a group bears its name: two results of one
   * look-up stop a provider that wants to know which is meant.
   * @returns undefined when there are more matches than the page holds
   */
  private async lookup(
    table: DirectoryTable,
    organization: OrganizationId,
    { count, baseUrl }: ListRequest,
    filter: Filter,
    withMembership: boolean,
  ): Promise<Rows | undefined> {
    const { clause, parameters } = this.condition(table, organization, filter, baseUrl);
    const rows = await this.run<FoundRow>(
      `SELECT ${this.columns(table, withMembership)} FROM ${this.schema}.${table} t
       WHERE t.organization = $1 AND ${clause}
       ORDER BY t.sequence LIMIT $${parameters.length + 1}`,
      [...parameters, count],
      'usual',
      this.points,
    );
    if (rows.length >= count) return undefined;
    const groups = rows.filter(({ external }) => external !== true);
    const found = groups.length > 0 ? groups : rows;
    return { total: found.length, rows: found };
  }

  /**
   * The page that follows one that the reader got before: found by where that ended. So the last page of an import costs
   * what the first does, and nobody is missed when others are deleted meanwhile, which moves every index behind them.
   * @returns undefined where no such page is remembered, or nothing follows it
   */
  private async nextPage(
    table: DirectoryTable,
    organization: OrganizationId,
    request: ListRequest,
    withMembership: boolean,
  ): Promise<Rows | undefined> {
    const end = this.ends.get(pageKey(table, organization, request.reader, request.startIndex));
    if (end === undefined) return undefined;
    const rows = await this.run<PageRow>(
      `SELECT ${this.columns(table, withMembership)}, t.sequence, c.${table} AS total
       FROM ${this.schema}.counts c
       JOIN ${this.schema}.${table} t ON t.organization = c.organization AND t.sequence > $2
       WHERE c.organization = $1 ORDER BY t.sequence LIMIT $3`,
      [organization, end, request.count],
      'usual',
    );
    const [first] = rows;
    if (!first) return undefined;
    this.rememberEnd(table, organization, request, rows);
    return { total: Number(first.total), rows };
  }

  private rememberEnd(
    table: DirectoryTable,
    organization: OrganizationId,
    { reader, startIndex }: ListRequest,
    rows: readonly PageRow[],
  ): void {
    const last = rows.at(-1);
    if (!last) return;
    const next = startIndex + rows.length;
    this.ends.set(pageKey(table, organization, reader, next), last.sequence);
  }

  private async anyPage(
    table: DirectoryTable,
    organization: OrganizationId,
    { filter, sort, startIndex, count, baseUrl }: ListRequest,
    withMembership: boolean,
  ): Promise<Rows & { readonly rows: readonly PageRow[] }> {
    const condition = filter && this.condition(table, organization, filter, baseUrl);
    const usual = sort === undefined && (filter === undefined || isPointLookup(filter, table));
    const shape = usual ? 'usual' : 'composed';
    const where = `t.organization = $1${condition ? ` AND ${condition.clause}` : ''}`;
    const parameters = condition?.parameters ?? [organization];
    const counts = `FROM ${this.schema}.counts WHERE organization = $1`;
    const total = condition ? 'count(*) OVER ()' : `(SELECT ${table} ${counts})`;
    const order = this.order(sort);
    const rows =
      count === 0
        ? []
        : await this.run<PageRow>(
            `SELECT ${this.columns(table, withMembership)}, t.sequence, page.total
             FROM (SELECT t.id, ${total} AS total, row_number() OVER (${order}) AS place
                   FROM ${this.schema}.${table} t WHERE ${where}
                   ${order} LIMIT $${parameters.length + 1} OFFSET $${parameters.length + 2}) page
             JOIN ${this.schema}.${table} t ON t.organization = $1 AND t.id = page.id
             ORDER BY page.place`,
            [...parameters, count, startIndex - 1],
            shape,
          );
    const [first] = rows;
    if (first) return { total: Number(first.total), rows };
    if (startIndex === 1 && count > 0) return { total: 0, rows: [] };
    const counting = condition
      ? `SELECT count(*) AS total FROM ${this.schema}.${table} t WHERE ${where}`
      : `SELECT ${table} AS total ${counts}`;
    const [counted] = await this.run<{ total: string }>(counting, parameters, shape);
    return { total: Number(counted?.total ?? 0), rows: [] };
  }

  private condition(
    table: DirectoryTable,
    organization: OrganizationId,
    filter: Filter,
    baseUrl: string | undefined,
  ): SqlCondition {
    return compileFilter(filter, table, this.schema, [organization], baseUrl);
  }

  /** Creation order, unless a sort is asked for; absent values last, or first when descending. RFC 7644 §3.4.2.3 */
  private order(sort: ListRequest['sort']): string {
    const expression = sort && compileSort(sort.path);
    if (!expression) return 'ORDER BY t.sequence';
    const direction = sort.descending ? 'DESC NULLS FIRST' : 'ASC NULLS LAST';
    return `ORDER BY ${expression} ${direction}, t.sequence`;
  }

  private columns(table: DirectoryTable, withMembership: boolean): string {
    return `t.id, t.version, t.created_at, t.modified_at, t.resource,
            ${withMembership ? this.membership(table) : 'NULL'} AS membership
            ${table === 'groups' ? ', t.revision < 0 AS external' : ''}`;
  }

  private membership(table: DirectoryTable): string {
    if (table === 'groups') {
      return `(SELECT json_agg(m.user_id ORDER BY m.user_id) FROM ${this.schema}.members m
               WHERE m.organization = t.organization AND m.group_id = t.id)`;
    }
    return `(SELECT json_agg(json_build_object('value', g.id, 'display', g.resource ->> 'displayName') ORDER BY g.sequence)
             FROM ${this.schema}.members m
             JOIN ${this.schema}.groups g ON g.organization = m.organization AND g.id = m.group_id
             WHERE m.organization = t.organization AND m.user_id = t.id)`;
  }

  /** Prepared once per connection and shape: equal filters on other values share the text, hence the plan. */
  private async run<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    shape: Shape,
    via: PointReads = this.pool,
  ): Promise<readonly Row[]> {
    const names = this.prepared[shape];
    let name = names.get(text);
    if (name === undefined && (shape === 'usual' || names.size < MOST_COMPOSED_SHAPES)) {
      name = `list-${createHash('sha1').update(text).digest('base64url')}`;
      names.set(text, name);
    }
    if (name === undefined) return (await this.pool.query<Row>(text, [...values])).rows;
    return (await via.query<Row>({ name, text, values })).rows;
  }
}

const resourceOf = (row: FoundRow): DirectoryResource => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  modifiedAt: row.modified_at,
  attributes: row.resource,
});

const asUser = (row: FoundRow): DirectoryUser => ({
  ...resourceOf(row),
  groups: (row.membership ?? []) as readonly GroupOfUser[],
});

const asGroup = (row: FoundRow): DirectoryGroup => ({
  ...resourceOf(row),
  external: row.external === true,
  members: (row.membership ?? []) as readonly UserId[],
});
