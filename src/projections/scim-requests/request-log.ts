import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { TokenId } from '../../domain/identifiers.js';
import { FloodLimit } from './flood-limit.js';

const FLUSH_MS = 1_000;
/** Rows that wait to be written; more are dropped and counted. */
const MOST_PENDING = 5_000;
const MOST_IN_A_STATEMENT = 1_000;
const MOST_RESOURCES = 20;
const MINUTE_MS = 60_000;
const PURGED_AT_ONCE = 5_000;

/** `ok` was done, `refused` is for the sender to correct, `failed` is ours. */
export type Outcome = 'ok' | 'refused' | 'failed';

/** Why a request was not done, and what a person can do about it. */
export interface Refusal {
  /** A stable code. */
  readonly reason: string;
  readonly explanation: string;
}

/** A cause worth a look, whether or not the request was refused. */
export interface Hint {
  /** A stable code. */
  readonly code: string;
  readonly hint: string;
}

/** What was sent: names and paths only, no values but ids. */
export interface Received {
  readonly attributes?: readonly string[];
  readonly operations?: readonly string[];
  readonly filter?: string;
  readonly parameters?: readonly string[];
}

/** What one request came to; nothing in it is personal data. */
export interface RequestFacts {
  readonly received?: Received;
  /** The attribute by which the resources were found. */
  readonly matchedBy?: string;
  readonly coerced?: readonly string[];
  readonly ignored?: readonly string[];
  /** Types of the events that it appended. */
  readonly changed?: readonly string[];
  readonly refusal?: Refusal;
  readonly diagnosis?: readonly Hint[];
}

/** A request that was answered. */
export interface AnsweredRequest {
  readonly id: string;
  /** The slug of its URL; null for what cannot be one. */
  readonly organization: string | null;
  /** False where nobody looked. */
  readonly organizationKnown: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Null without a valid token. */
  readonly tokenId: TokenId | null;
  /** Whether it was let in: a sign of life of its organization's provider. */
  readonly admitted: boolean;
  readonly method: string;
  readonly resourceType: string | null;
  readonly resourceIds: readonly string[];
  readonly status: number;
  readonly outcome: Outcome;
  readonly correlationId: string;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
  readonly durationMs: number;
  /** Requests of one shape, token and minute share a row; null: a row of its own. */
  readonly shape: string | null;
  readonly facts: RequestFacts;
}

interface Row extends AnsweredRequest {
  readonly key: string;
  readonly lastAt: number;
  readonly count: number;
}

interface Heartbeat {
  readonly requestAt: number;
  readonly changeAt: number | null;
}

/**
 * The log of SCIM requests: a side table, written at most once a second, never an event. Recording never waits and
 * never fails; while the database is away a bounded number of rows waits for it.
 */
export class RequestLog {
  private pending = new Map<string, Row>();
  private heartbeats = new Map<string, Heartbeat>();
  private readonly floods = new FloodLimit();
  private readonly timer: NodeJS.Timeout;
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private lost = 0;

  constructor(
    private readonly pool: Pool,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => {
      if (!this.isWriting) void this.flush();
    }, FLUSH_MS).unref();
  }

  record(request: AnsweredRequest): void {
    const row = this.rowOf(request);
    this.add(row);
    const { organization, admitted, at, facts } = request;
    if (organization === null || !admitted) return;
    const changeAt = facts.changed === undefined ? null : at;
    const before = this.heartbeats.get(organization);
    this.heartbeats.set(organization, latest(before, { requestAt: at, changeAt }));
  }

  /** How many requests are not in the log because too many waited to be written. */
  get dropped(): number {
    return this.lost;
  }

  /** Writes what was recorded until now. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  /** Forgets requests from before `time`. @param time milliseconds since 1970 */
  async purge(time: number): Promise<void> {
    for (;;) {
      const { rowCount } = await this.pool.query(
        `DELETE FROM operations.scim_requests WHERE sequence IN
           (SELECT sequence FROM operations.scim_requests
            WHERE occurred_at < to_timestamp($1 / 1000.0) ORDER BY occurred_at LIMIT $2)`,
        [time, PURGED_AT_ONCE],
      );
      if ((rowCount ?? 0) < PURGED_AT_ONCE) return;
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private rowOf(request: AnsweredRequest): Row {
    const { organizationKnown, shape } = request;
    const minute = Math.floor(request.at / MINUTE_MS);
    const row = { ...request, lastAt: request.at, count: 1 };
    if (request.tokenId !== null) {
      if (shape === null) return { ...row, key: request.id };
      const shared = [request.tokenId, request.method, minute, digest(shape)];
      return { ...row, key: shared.join(' ') };
    }
    if (this.floods.grants(request.organization, organizationKnown, minute)) {
      return { ...row, key: request.id };
    }
    const organization = organizationKnown ? request.organization : null;
    return { ...row, organization, key: `unauthenticated ${organization ?? ''} ${minute}` };
  }

  private add(row: Row): void {
    const before = this.pending.get(row.key);
    if (before) this.pending.set(row.key, merged(before, row));
    else if (this.pending.size < MOST_PENDING) this.pending.set(row.key, row);
    else this.lost += row.count;
  }

  private async write(): Promise<void> {
    const { pending, heartbeats } = this;
    if (pending.size === 0 && heartbeats.size === 0) return;
    this.pending = new Map();
    this.heartbeats = new Map();
    this.isWriting = true;
    const waiting = [...pending.values()];
    try {
      while (waiting.length > 0) {
        await this.insert(waiting.slice(0, MOST_IN_A_STATEMENT));
        waiting.splice(0, MOST_IN_A_STATEMENT);
      }
      await this.beat(heartbeats);
    } catch (error) {
      this.restore(waiting, heartbeats);
      this.onFailure(error);
    } finally {
      this.isWriting = false;
    }
  }

  /** What could not be written waits for the next time, before what came since. */
  private restore(rows: readonly Row[], heartbeats: ReadonlyMap<string, Heartbeat>): void {
    const since = this.pending;
    this.pending = new Map();
    for (const row of [...rows, ...since.values()]) this.add(row);
    for (const [organization, beat] of heartbeats) {
      this.heartbeats.set(organization, latest(this.heartbeats.get(organization), beat));
    }
  }

  /** A row that an earlier, seemingly failed statement wrote after all is left as it is. */
  private async insert(rows: readonly Row[]): Promise<void> {
    await this.pool.query(
      `INSERT INTO operations.scim_requests AS r
         (merge_key, id, organization, occurred_at, last_at, count, token_id, method, resource_type,
          resource_ids, status, outcome, correlation_id, source_ip, user_agent, duration_ms, facts)
       SELECT key, id, organization, to_timestamp(at / 1000.0), to_timestamp("lastAt" / 1000.0), count,
              "tokenId", method, "resourceType", "resourceIds", status, outcome, "correlationId",
              "sourceIp", "userAgent", "durationMs", facts
       FROM jsonb_to_recordset($1::jsonb) AS n
         (key text, id uuid, organization text, at float8, "lastAt" float8, count int, "tokenId" text,
          method text, "resourceType" text, "resourceIds" text[], status int2, outcome text,
          "correlationId" text, "sourceIp" text, "userAgent" text, "durationMs" int, facts jsonb)
       ON CONFLICT (merge_key) DO UPDATE
       SET count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at),
           resource_ids = coalesce((SELECT array_agg(id) FROM
             (SELECT DISTINCT unnest(excluded.resource_ids || r.resource_ids) AS id LIMIT $2) AS ids), '{}'),
           status = excluded.status, outcome = excluded.outcome,
           correlation_id = excluded.correlation_id, source_ip = excluded.source_ip,
           user_agent = excluded.user_agent, duration_ms = excluded.duration_ms, facts = excluded.facts
       WHERE r.id <> excluded.id`,
      [JSON.stringify(rows), MOST_RESOURCES],
    );
  }

  private async beat(heartbeats: ReadonlyMap<string, Heartbeat>): Promise<void> {
    if (heartbeats.size === 0) return;
    const beats = [...heartbeats].map(([organization, beat]) => ({ organization, ...beat }));
    await this.pool.query(
      `INSERT INTO operations.scim_heartbeats AS h (organization, last_request_at, last_change_at)
       SELECT organization, to_timestamp("requestAt" / 1000.0), to_timestamp("changeAt" / 1000.0)
       FROM jsonb_to_recordset($1::jsonb) AS n (organization text, "requestAt" float8, "changeAt" float8)
       ON CONFLICT (organization) DO UPDATE
       SET last_request_at = greatest(h.last_request_at, excluded.last_request_at),
           last_change_at = greatest(h.last_change_at, excluded.last_change_at)`,
      [JSON.stringify(beats)],
    );
  }
}

/** Keys of an index must be short. */
const digest = (text: string): string => createHash('sha1').update(text).digest('base64url');

/** One row for both: it shows the later request, and how many there were since when. */
function merged(before: Row, after: Row): Row {
  const { id, at, count } = before;
  const resourceIds = [...new Set([...after.resourceIds, ...before.resourceIds])];
  return {
    ...after,
    id,
    at,
    count: count + after.count,
    resourceIds: resourceIds.slice(0, MOST_RESOURCES),
  };
}

function latest(before: Heartbeat | undefined, { requestAt, changeAt }: Heartbeat): Heartbeat {
  if (!before) return { requestAt, changeAt };
  const changes = [before.changeAt, changeAt].filter((at) => at !== null);
  return {
    requestAt: Math.max(before.requestAt, requestAt),
    changeAt: changes.length > 0 ? Math.max(...changes) : null,
  };
}
