import type { Pool } from 'pg';
import type { OrganizationId, TokenId } from '../../domain/identifiers.js';
import type { Hint, Outcome, Refusal, RequestFacts } from './request-log.js';

export type { Hint, Outcome, Refusal, RequestFacts };

/** A row of the log; where it stands for several requests, the latest is shown. */
export interface LoggedRequest {
  readonly sequence: string;
  readonly id: string;
  readonly organization: string | null;
  readonly occurredAt: string;
  readonly lastAt: string;
  readonly count: number;
  readonly tokenId: TokenId | null;
  readonly method: string;
  readonly resourceType: string | null;
  readonly resourceIds: readonly string[];
  readonly status: number;
  readonly outcome: Outcome;
  readonly correlationId: string;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
  readonly durationMs: number;
  readonly facts: RequestFacts;
}

export interface LoggedRequestFilter {
  /** The sequence of the last row of the page before. */
  readonly before?: string;
  readonly limit: number;
  readonly organization?: string;
  readonly outcome?: Outcome;
  readonly method?: string;
  readonly resourceType?: string;
  readonly from?: string;
  readonly to?: string;
  /** The id of a resource, of a token, or a correlation id. */
  readonly about?: string;
}

/** When the identity provider of an organization was last heard of. */
export interface Heartbeat {
  readonly lastRequestAt: string;
  readonly lastChangeAt: string | null;
}

const time = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The log of SCIM requests, and the signs of life of their senders. */
export class ScimRequestQueries {
  /** @param accessSchema where organizations, their policies and whether their SCIM is on are read from */
  constructor(
    private readonly pool: Pool,
    private readonly accessSchema: string,
  ) {}

  /** Newest first. */
  async requests(filter: LoggedRequestFilter): Promise<readonly LoggedRequest[]> {
    const { before, limit, organization, outcome, method, resourceType, from, to, about } = filter;
    const { rows } = await this.pool.query<LoggedRequest>(
      `SELECT sequence, id, organization, ${time('occurred_at')} AS "occurredAt",
              ${time('last_at')} AS "lastAt", count, token_id AS "tokenId", method,
              resource_type AS "resourceType", resource_ids AS "resourceIds", status, outcome,
              correlation_id AS "correlationId", source_ip AS "sourceIp", user_agent AS "userAgent",
              duration_ms AS "durationMs", facts
       FROM operations.scim_requests
       WHERE ($1::bigint IS NULL OR sequence < $1)
         AND ($2::text IS NULL OR organization = $2)
         AND ($3::text IS NULL OR outcome = $3)
         AND ($4::text IS NULL OR method = $4)
         AND ($5::text IS NULL OR resource_type = $5)
         AND ($6::timestamptz IS NULL OR last_at >= $6)
         AND ($7::timestamptz IS NULL OR occurred_at < $7)
         AND ($8::text IS NULL OR resource_ids @> ARRAY[$8] OR correlation_id = $8 OR token_id = $8)
       ORDER BY sequence DESC LIMIT $9`,
      [
        before ?? null,
        organization ?? null,
        outcome ?? null,
        method ?? null,
        resourceType ?? null,
        from ?? null,
        to ?? null,
        about ?? null,
        limit,
      ],
    );
    return rows;
  }

  /** Undefined for an organization whose provider was never let in. */
  async heartbeat(organization: OrganizationId): Promise<Heartbeat | undefined> {
    const { rows } = await this.pool.query<Heartbeat>(
      `SELECT ${time('last_request_at')} AS "lastRequestAt", ${time('last_change_at')} AS "lastChangeAt"
       FROM operations.scim_heartbeats WHERE organization = $1`,
      [organization],
    );
    return rows[0];
  }

  /**
   * How many organizations have SCIM on and hear nothing of their provider.
   * @param silentAfterMinutes of organizations that have no such policy of their own
   */
  async silentOrganizations(silentAfterMinutes: number): Promise<number> {
    const { rows } = await this.pool.query<{ silent: number }>(
      `SELECT count(*)::int AS silent
       FROM ${this.accessSchema}.organizations o LEFT JOIN operations.scim_heartbeats h USING (organization)
       WHERE o.sync_enabled
         AND greatest(h.last_request_at, o.sync_changed_at::timestamptz)
           < now() - make_interval(mins => CASE jsonb_typeof(o.policies -> 'silentAfterMinutes')
               WHEN 'number' THEN (o.policies ->> 'silentAfterMinutes')::int ELSE $1 END)`,
      [silentAfterMinutes],
    );
    return rows[0]?.silent ?? 0;
  }
}
