/**
 * projections/ THE READ SIDE: events → tables → queries. Imports domain types, scim, event-store and database drivers;
 * never commands or http.
 */
import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../event-store/event-store.js';

/** What a projection writes into: one transaction, one generation of its tables. */
export interface ProjectionTarget {
  readonly client: PoolClient;
  /** The PostgreSQL schema that holds the generation; safe to stand in SQL text. */
  readonly schema: string;
}

/** Events → rows. A function of the events alone, so that rebuilt tables equal live ones byte for byte. */
export interface Projection {
  readonly name: string;
  /** Raised when the tables or their meaning change: a new generation is then filled from the log. */
  readonly version: number;
  /** DDL that creates the tables of a generation. */
  tables(schema: string): string;
  /**
   * Applies events in log order; those already applied change nothing.
   * @throws for an event that it cannot apply: the projection halts there, it never skips
   */
  apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void>;
}
