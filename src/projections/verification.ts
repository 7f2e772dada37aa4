import type { Pool, PoolClient } from 'pg';
import type { EventStore, Position } from '../event-store/event-store.js';
import { createGeneration, schemaOf } from './generations.js';
import type { Projection } from './projection.js';

const PAGE_SIZE = 1_000;

export interface TableVerdict {
  readonly table: string;
  readonly rows: number;
  /** Rows that the log demands and the table has not, and the reverse. */
  readonly missing: number;
  readonly surplus: number;
}

export interface Verdict {
  readonly projection: string;
  readonly position: Position;
  readonly events: number;
  readonly tables: readonly TableVerdict[];
}

export const agrees = ({ tables }: Verdict): boolean =>
  tables.every(({ missing, surplus }) => missing === 0 && surplus === 0);

/**
 * Folds the whole log anew into tables of its own and compares them with those that serve reads, row for row, at one
 * position. The service may run on meanwhile: its projection pauses only for the last events and the comparison.
 */
export async function verifyProjection(
  projection: Projection,
  store: EventStore,
  pool: Pool,
): Promise<Verdict> {
  const served = schemaOf(projection);
  const rebuilt = `verify_${served}_${process.pid}`;
  const [client, pause] = [await pool.connect(), await pool.connect()];
  try {
    await inTransaction(client, () => createGeneration(client, projection, rebuilt));
    const replay = new Replay(projection, store, client, rebuilt);
    await replay.upTo(await checkpointOf(client, served, ''));
    await pause.query('BEGIN');
    const position = await checkpointOf(pause, served, 'FOR UPDATE');
    await replay.upTo(position);
    const tables = await compareTables(client, served, rebuilt);
    await pause.query('ROLLBACK');
    return { projection: projection.name, position, events: replay.events, tables };
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${rebuilt} CASCADE`);
    await client.query('DELETE FROM projections.checkpoints WHERE generation = $1', [rebuilt]);
    client.release();
    pause.release(true);
  }
}

async function checkpointOf(client: PoolClient, schema: string, lock: string): Promise<Position> {
  const { rows } = await client.query<{ position: string }>(
    `SELECT position FROM projections.checkpoints WHERE generation = $1 ${lock}`,
    [schema],
  );
  return BigInt(rows[0]?.position ?? 0);
}

/** Applies the log to one generation, page by page, each in a transaction. */
class Replay {
  private place: Position = 0n;
  events = 0;

  constructor(
    private readonly projection: Projection,
    private readonly store: EventStore,
    private readonly client: PoolClient,
    private readonly schema: string,
  ) {}

  async upTo(position: Position): Promise<void> {
    while (this.place < position) {
      const page = await this.store.readAll(this.place, PAGE_SIZE);
      const events = page.filter((recorded) => recorded.position <= position);
      const last = events.at(-1);
      if (!last) return;
      await inTransaction(this.client, () =>
        this.projection.apply(events, { client: this.client, schema: this.schema }),
      );
      this.place = last.position;
      this.events += events.length;
    }
  }
}

async function compareTables(
  client: PoolClient,
  served: string,
  rebuilt: string,
): Promise<readonly TableVerdict[]> {
  const { rows: tables } = await client.query<{ table: string }>(
    `SELECT tablename AS table FROM pg_tables WHERE schemaname = $1 ORDER BY tablename`,
    [served],
  );
  const verdicts: TableVerdict[] = [];
  for (const { table } of tables) {
    const without = (left: string, right: string): string =>
      `(SELECT count(*)::int FROM (SELECT r::text FROM ${left}.${table} r
        EXCEPT ALL SELECT r::text FROM ${right}.${table} r) AS difference)`;
    const { rows } = await client.query<Omit<TableVerdict, 'table'>>(
      `SELECT (SELECT count(*)::int FROM ${served}.${table}) AS rows,
              ${without(rebuilt, served)} AS missing, ${without(served, rebuilt)} AS surplus`,
    );
    const [counts] = rows;
    if (counts) verdicts.push({ table, ...counts });
  }
  return verdicts;
}

async function inTransaction(client: PoolClient, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
