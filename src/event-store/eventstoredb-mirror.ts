import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import type { OrganizationId } from '../domain/identifiers.js';
import { backoffMs } from './backoff.js';
import { codec } from './codec.js';
import type { EventStore, Position, RecordedEvent } from './event-store.js';
import { applySettings, connectionConfig, isTransient, SEPARATOR } from './postgres-connection.js';
import { Wakeup } from './subscription.js';

/** Session lock of the process that fills the mirror. */
const LEADER_LOCK = 7_205_759_405;
const LEADERSHIP_POLL_MS = 250;
const RETRY = { firstMs: 50, maxMs: 2_000 };
const QUERY_TIMEOUT_MS = 30_000;
const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8_000_000;
/** How long events may gather while nobody waits for them. */
const GATHER_MS = 50;
const POLL_MS = { first: 4, most: 50 };
/** A reader does the work itself after so long without progress. */
const STALL_MS = 300;
/** What a crash takes, the checkpoint goes with it, and the log has it still. */
const SESSION_SETTINGS = { synchronous_commit: 'off' };

/** The events of one organization in the order of the log, where the log itself cannot be asked for them. */
export interface OrganizationEvents {
  /** Those after `after` up to and with `upTo`, where an event stands, in pages; waits until it has them. */
  read(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncIterable<readonly RecordedEvent[]>;

  close(): Promise<void>;
}

export interface MirrorOptions {
  readonly connectionString: string;
  readonly log: Pick<EventStore, 'subscribe' | 'readAll'>;
  onTrouble(error: unknown): void;
}

type MirrorRow = [
  covered: 't' | 'f',
  position: string | null,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

interface Queryable {
  query<Row extends unknown[]>(query: {
    name: string;
    text: string;
    values: unknown[];
    rowMode: 'array';
  }): Promise<{ rows: Row[] }>;
}

/**
 * A copy of the log in PostgreSQL, schema `mirror`, ordered by organization. It follows the log like a projection: the
 * checkpoint moves by compare-and-set with the rows, so that every event counts once however many processes follow, and
 * the session lock only spares wasted work. It can be emptied, checkpoint included, and fills again from the log.
 *
 * Why a copy. The log knows streams, their names, and one order of all events. Link streams per organization would be a
 * second append for every event, not atomic with the first; the server's `$by_category` and custom projections write
 * them by themselves, but late, on one node, in an order of their own across categories, and must be switched on by an
 * administrator; scanning `$all` behind a filter reads everything that anybody ever wrote. The copy costs its storage
 * and one more subscription, and reads of an organization cost what they return.
 */
export class OrganizationMirror implements OrganizationEvents {
  readonly #options: MirrorOptions;
  readonly #pool: Pool;
  readonly #wakeup = new Wakeup();
  readonly #closing = new AbortController();
  readonly #attending: Promise<void>;
  #waiting = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#pool = new Pool({
      ...connectionConfig(options.connectionString, 'rollcall mirror read'),
      max: 2,
      query_timeout: QUERY_TIMEOUT_MS,
      types: { getTypeParser: () => (value: string) => value },
    });
    this.#pool.on('error', (error) => options.onTrouble(error));
    this.#attending = this.#attend();
  }

  async *read(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    for (let place = after; place < upTo;) {
      const page = await this.#page(organization, place, upTo);
      const last = page?.at(-1);
      if (page === undefined) await this.#cover(upTo);
      else if (!last) return;
      else {
        yield page;
        place = last.position;
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#attending;
    await this.#pool.end();
  }

  /** Undefined where the mirror does not reach `upTo`, be it that a crash of the database has thrown it back. */
  async #page(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): Promise<RecordedEvent[] | undefined> {
    const rows = await this.#query<MirrorRow>('mirror.read', READ, [
      organization,
      String(after),
      String(upTo),
      PAGE_EVENTS,
      PAGE_BYTES,
    ]);
    if (rows[0]?.[0] !== 't') return undefined;
    return rows.filter(([, position]) => position !== null).map(recordedFromMirror);
  }

  /** Waits until the mirror reaches `upTo`; where nobody fills it, fills it. */
  async #cover(upTo: Position): Promise<void> {
    this.#waiting += 1;
    this.#wakeup.wake();
    try {
      let known = -1n;
      let progressAt = performance.now();
      let pollMs = POLL_MS.first;
      for (;;) {
        const seen = this.#wakeup.calls;
        const position = await this.#checkpoint();
        if (position >= upTo) return;
        if (position > known) progressAt = performance.now();
        known = position;
        if (performance.now() - progressAt > STALL_MS) {
          const events = await this.#options.log.readAll(position, PAGE_EVENTS);
          await this.#query('mirror.keep', KEEP, keptColumns(position, events));
          progressAt = performance.now();
        }
        this.#closing.signal.throwIfAborted();
        await this.#wakeup.sleep(seen, pollMs, this.#closing.signal);
        pollMs = Math.min(pollMs * 1.5, POLL_MS.most);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  async #checkpoint(): Promise<Position> {
    const [row] = await this.#query<[position: string]>('mirror.checkpoint', CHECKPOINT, []);
    return BigInt(row?.[0] ?? 0);
  }

  async #query<Row extends unknown[]>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await queryRows<Row>(this.#pool, name, text, values);
      } catch (error) {
        if (!isTransient(error) || this.#closing.signal.aborted) throw error;
        this.#options.onTrouble(error);
        await delay(backoffMs(attempt, RETRY));
      }
    }
  }

  async #attend(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#attendOnce();
        attempt = 0;
      } catch (error) {
        if (!signal.aborted) this.#options.onTrouble(error);
      }
      await this.#pause(backoffMs(attempt, RETRY));
    }
  }

  /** Keeps one connection for as long as the database lives: it carries the leadership and, with it, the writing. */
  async #attendOnce(): Promise<void> {
    const client = new Client({
      ...connectionConfig(this.#options.connectionString, 'rollcall mirror'),
      query_timeout: QUERY_TIMEOUT_MS,
      types: { getTypeParser: () => (value: string) => value },
    });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    const attending = AbortSignal.any([this.#closing.signal, lost.signal]);
    try {
      await client.connect();
      await applySettings(client, SESSION_SETTINGS);
      while (!attending.aborted) {
        const [row] = await queryRows<[leads: 't' | 'f']>(client, 'mirror.lead', LEAD, [
          LEADER_LOCK,
        ]);
        if (row?.[0] === 't') await this.#follow(client, attending);
        else await this.#pause(LEADERSHIP_POLL_MS * (0.5 + Math.random() / 2));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Copies the log as it grows, until the signal aborts or another process has moved the checkpoint. */
  async #follow(client: Client, signal: AbortSignal): Promise<void> {
    let place = await this.#checkpoint();
    const pages = this.#options.log.subscribe({ from: place, signal, pageSize: PAGE_EVENTS });
    for await (const page of pages) {
      const last = page.at(-1);
      if (!last) continue;
      const [moved] = await queryRows<[moved: string]>(
        client,
        'mirror.keep',
        KEEP,
        keptColumns(place, page),
      );
      if (moved?.[0] !== '1') return;
      place = last.position;
      const seen = this.#wakeup.calls;
      this.#wakeup.wake();
      if (this.#waiting === 0) await this.#wakeup.sleep(seen + 1, GATHER_MS, signal);
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

async function queryRows<Row extends unknown[]>(
  database: Queryable,
  name: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  return (await database.query<Row>({ name, text, values, rowMode: 'array' })).rows;
}

function keptColumns(from: Position, events: readonly RecordedEvent[]): unknown[] {
  const kept = events.flatMap(({ metadata, event, ...rest }) =>
    metadata.organization === undefined
      ? []
      : [{ ...rest, organization: metadata.organization, ...codec.encode(event, metadata) }],
  );
  const column = (name: keyof (typeof kept)[number]): string =>
    kept.map((row) => String(row[name])).join(SEPARATOR);
  return [
    String(from),
    String(events.at(-1)?.position ?? from),
    ...(
      ['organization', 'position', 'stream', 'revision', 'id', 'type', 'data', 'metadata'] as const
    ).map(column),
  ];
}

function recordedFromMirror([
  ,
  position,
  stream,
  revision,
  id,
  type,
  data,
  metadata,
]: MirrorRow): RecordedEvent {
  const at = BigInt(position ?? 0);
  return {
    id,
    stream,
    revision: Number(revision),
    position: at,
    ...codec.decode({ type, data, metadata }, at),
  };
}

const LEAD = 'SELECT pg_try_advisory_lock($1)';

const CHECKPOINT = 'SELECT position FROM mirror.checkpoint';

/* One statement, so that rows and checkpoint stand or fall together; lists as in log.append. */
const KEEP = `
WITH moved AS (
  UPDATE mirror.checkpoint SET position = $2 WHERE position = $1 RETURNING position
), kept AS (
  INSERT INTO mirror.events (organization, position, stream, revision, event_id, type, data, metadata)
  SELECT e.organization, e.position::bigint, e.stream, e.revision::bigint, e.event_id::uuid, e.type,
         e.data::json, e.metadata::json
    FROM unnest(string_to_array($3, E'\\x1e'), string_to_array($4, E'\\x1e'),
                string_to_array($5, E'\\x1e'), string_to_array($6, E'\\x1e'),
                string_to_array($7, E'\\x1e'), string_to_array($8, E'\\x1e'),
                string_to_array($9, E'\\x1e'), string_to_array($10, E'\\x1e'))
         e (organization, position, stream, revision, event_id, type, data, metadata)
   WHERE EXISTS (SELECT FROM moved)
)
SELECT count(*) FROM moved`;

/* The checkpoint is read with the rows, in one snapshot. A page ends early with the event that fills it. */
const READ = `
SELECT c.position >= $3, e.position, e.stream, e.revision, e.event_id, e.type, e.data, e.metadata
  FROM mirror.checkpoint c
  LEFT JOIN LATERAL (
    SELECT p.*, coalesce(sum(octet_length(p.data::text)) OVER (
             ORDER BY p.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
      FROM (SELECT * FROM mirror.events
             WHERE organization = $1 AND position > $2 AND position <= $3
             ORDER BY position LIMIT $4) p) e
    ON c.position >= $3 AND e.before < $5
 ORDER BY e.position`;
