import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';

export interface HistoryEntry {
  readonly position: string;
  readonly occurredAt: string;
  readonly type: string;
  /** `token:{id}`, `key:{id}` or `system`, and what the token is called. */
  readonly actor: string;
  readonly actorName: string | null;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly subjectName: string | null;
  readonly sentence: string;
  readonly correlationId: string;
}

export interface HistoryRequest {
  /** Position of the last entry of the page before. */
  readonly before?: string;
  readonly limit: number;
  /** Entries about this user, group or team, also those whose subject is another. */
  readonly about?: string;
  readonly actor?: string;
  readonly type?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The history of one organization. */
export class HistoryQueries {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** Newest first. */
  async entries(
    organization: OrganizationId,
    { before, limit, about, actor, type, from, to }: HistoryRequest,
  ): Promise<readonly HistoryEntry[]> {
    const { rows } = await this.pool.query<HistoryEntry>(
      `SELECT e.position, e.occurred_at AS "occurredAt", e.type, e.actor, n.name AS "actorName",
              e.subject_kind AS "subjectKind", e.subject_id AS "subjectId",
              e.subject_name AS "subjectName", e.sentence, e.correlation_id AS "correlationId"
       FROM ${this.schema}.events e
       LEFT JOIN ${this.schema}.names n
         ON n.organization IN (e.organization, '') AND e.actor = n.kind || ':' || n.id AND n.kind IN ('token', 'key')
         AND n.id = split_part(e.actor, ':', 2)
       WHERE e.organization = $1
         AND ($2::bigint IS NULL OR e.position < $2)
         AND ($3::text IS NULL OR e.subject_id = $3 OR $3 = ANY(e.others))
         AND ($4::text IS NULL OR e.actor = $4)
         AND ($5::text IS NULL OR e.type = $5)
         AND ($6::text IS NULL OR e.occurred_at >= $6)
         AND ($7::text IS NULL OR e.occurred_at < $7)
       ORDER BY e.position DESC LIMIT $8`,
      [
        organization,
        before ?? null,
        about ?? null,
        actor ?? null,
        type ?? null,
        from ?? null,
        to ?? null,
        limit,
      ],
    );
    return rows;
  }
}
