import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DomainEvent, EventMetadata } from '../../src/domain/events.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { Position, RecordedEvent } from '../../src/event-store/event-store.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { createGeneration } from '../../src/projections/generations.js';
import type { Projection } from '../../src/projections/projection.js';
import { createTestDatabase } from '../support/database.js';

/** A fact on its way into a test's log. */
export interface Fact {
  readonly stream: string;
  readonly organization?: OrganizationId;
  readonly event: DomainEvent;
  /** Whether it was decided together with the fact before. */
  readonly together?: boolean;
}

export interface ReadSide {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly store: PostgresEventStore;
  /** Appends the facts in this order and answers them as recorded. */
  readonly record: (facts: readonly Fact[]) => Promise<readonly RecordedEvent[]>;
  /** Creates the projection's tables in a schema of their own, empty. */
  readonly createTables: (projection: Projection, schema: string) => Promise<void>;
  /** Applies the events in one transaction. */
  readonly apply: (
    projection: Projection,
    schema: string,
    events: readonly RecordedEvent[],
  ) => Promise<void>;
  /** Every row of every table of the schema, as text and sorted. */
  readonly rowsOf: (schema: string) => Promise<Readonly<Record<string, readonly string[]>>>;
  readonly empty: (schema: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A log and a read side on a database of their own. */
export async function openReadSide(): Promise<ReadSide> {
  const { url, drop } = await createTestDatabase();
  const store = new PostgresEventStore({ connectionString: url });
  const pool = new pg.Pool({ connectionString: url, max: 6, pipeline: true });
  const inTransaction = async (work: (client: pg.PoolClient) => Promise<void>): Promise<void> => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  const tablesOf = async (schema: string): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ name: string }>(
      'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
      [schema],
    );
    return rows.map(({ name }) => name);
  };
  const clock = clockOfFacts();
  return {
    url,
    pool,
    store,
    async record(facts) {
      const from = await store.head();
      let instant = '';
      for (const { stream, organization, event, together } of facts) {
        if (!together) instant = clock();
        const metadata = metadataAt(instant, organization);
        await store.append(stream, 'any', [{ id: randomUUID(), event, metadata }]);
      }
      return after(store, from);
    },
    createTables: (projection, schema) =>
      inTransaction((client) => createGeneration(client, projection, schema)),
    apply: (projection, schema, events) =>
      inTransaction((client) => projection.apply(events, { client, schema })),
    async rowsOf(schema) {
      const tables: Record<string, readonly string[]> = {};
      for (const name of await tablesOf(schema)) {
        const { rows } = await pool.query<{ row: string }>(
          `SELECT t::text AS row FROM ${schema}.${name} t ORDER BY 1`,
        );
        tables[name] = rows.map(({ row }) => row);
      }
      return tables;
    },
    async empty(schema) {
      const tables = await tablesOf(schema);
      await pool.query(tables.map((name) => `DELETE FROM ${schema}.${name}`).join(';'));
    },
    async close() {
      await pool.end();
      await store.close();
      await drop();
    },
  };
}

export async function after(store: PostgresEventStore, from: Position): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let place = from; ;) {
    const page = await store.readAll(place, 1_000);
    const last = page.at(-1);
    if (!last) return events;
    events.push(...page);
    place = last.position;
  }
}

/** Instants that a test can foretell: one second apart. */
function clockOfFacts(): () => string {
  let seconds = 0;
  return () => new Date(Date.UTC(2026, 0, 1) + 1_000 * seconds++).toISOString();
}

function metadataAt(occurredAt: string, organization: OrganizationId | undefined): EventMetadata {
  return {
    ...(organization !== undefined && { organization }),
    actor: 'system',
    occurredAt,
    commandId: 'command',
    $correlationId: 'correlation',
    $causationId: 'command',
  };
}

/** The same events cut into batches after the given places. */
export function batches<Item>(items: readonly Item[], cuts: readonly number[]): readonly Item[][] {
  const places = [...new Set(cuts)].sort((a, b) => a - b);
  return [0, ...places]
    .map((start, i) => items.slice(start, places[i] ?? items.length))
    .filter((batch) => batch.length > 0);
}
