import type { OrganizationId } from '../domain/identifiers.js';
import { codec } from './codec.js';
import type { Position, RecordedEvent } from './event-store.js';
import { SEPARATOR } from './postgres-connection.js';

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8_000_000;

/** A client or a pool of `pg` that answers every value as text. */
export interface Queryable {
  query<Row extends unknown[]>(query: {
    name: string;
    text: string;
    values: unknown[];
    rowMode: 'array';
  }): Promise<{ rows: Row[] }>;
}

/** How far the mirror has come. */
export interface MirrorCheckpoint {
  readonly position: Position;
  /** The event that stands there; null at the beginning, and where an earlier release has written it. */
  readonly last: Pick<RecordedEvent, 'stream' | 'revision' | 'id'> | null;
}

type CheckpointRow = [
  position: string,
  stream: string | null,
  revision: string | null,
  id: string | null,
];

type EventRow = [
  covered: 't' | 'f',
  position: string | null,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

export async function readMirrorCheckpoint(database: Queryable): Promise<MirrorCheckpoint> {
  const [row] = await rowsOf<CheckpointRow>(database, 'mirror.checkpoint', CHECKPOINT, []);
  if (!row) throw new Error('the mirror has no checkpoint');
  const [position, stream, revision, id] = row;
  const known = stream !== null && revision !== null && id !== null;
  return {
    position: BigInt(position),
    last: known ? { stream, revision: Number(revision), id } : null,
  };
}

/**
 * A page of an organization's events after `after` up to and with `upTo`, in log order, empty when there are no more.
 * @returns undefined where the mirror does not reach `upTo`
 */
export async function readMirror(
  database: Queryable,
  organization: OrganizationId,
  after: Position,
  upTo: Position,
): Promise<RecordedEvent[] | undefined> {
  const rows = await rowsOf<EventRow>(database, 'mirror.read', READ, [
    organization,
    String(after),
    String(upTo),
    PAGE_EVENTS,
    PAGE_BYTES,
  ]);
  if (rows[0]?.[0] !== 't') return undefined;
  return rows.filter(([, position]) => position !== null).map(recorded);
}

/**
 * Adds the events of the log that follow `from`.
 * @returns false, with nothing added, where the mirror does not stand at `from`
 */
export async function keepInMirror(
  database: Queryable,
  from: Position,
  events: readonly RecordedEvent[],
): Promise<boolean> {
  const last = events.at(-1);
  if (!last) return true;
  const [moved] = await rowsOf<[moved: string]>(database, 'mirror.keep', KEEP, [
    String(from),
    String(last.position),
    last.stream,
    String(last.revision),
    last.id,
    ...columnsOf(events),
  ]);
  return moved?.[0] === '1';
}

async function rowsOf<Row extends unknown[]>(
  database: Queryable,
  name: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  return (await database.query<Row>({ name, text, values, rowMode: 'array' })).rows;
}

function columnsOf(events: readonly RecordedEvent[]): string[] {
  const kept = events.flatMap(({ metadata, event, ...rest }) =>
    metadata.organization === undefined
      ? []
      : [{ ...rest, organization: metadata.organization, ...codec.encode(event, metadata) }],
  );
  return (
    ['organization', 'position', 'stream', 'revision', 'id', 'type', 'data', 'metadata'] as const
  ).map((name) => kept.map((row) => String(row[name])).join(SEPARATOR));
}

function recorded(row: EventRow): RecordedEvent {
  const [, position, stream, revision, id, type, data, metadata] = row;
  const at = BigInt(position ?? 0);
  return {
    id,
    stream,
    revision: Number(revision),
    position: at,
    ...codec.decode({ type, data, metadata }, at),
  };
}

const CHECKPOINT = 'SELECT position, stream, revision, event_id FROM mirror.checkpoint';

/* One statement, so that rows and checkpoint stand or fall together; lists as in log.append. */
const KEEP = `
WITH moved AS (
  UPDATE mirror.checkpoint SET position = $2, stream = $3, revision = $4, event_id = $5
   WHERE position = $1 RETURNING position
), kept AS (
  INSERT INTO mirror.events (organization, position, stream, revision, event_id, type, data, metadata)
  SELECT e.organization, e.position::bigint, e.stream, e.revision::bigint, e.event_id::uuid, e.type,
         e.data::json, e.metadata::json
    FROM unnest(string_to_array($6, E'\\x1e'), string_to_array($7, E'\\x1e'),
                string_to_array($8, E'\\x1e'), string_to_array($9, E'\\x1e'),
                string_to_array($10, E'\\x1e'), string_to_array($11, E'\\x1e'),
                string_to_array($12, E'\\x1e'), string_to_array($13, E'\\x1e'))
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
