import type { Pool, PoolClient } from 'pg';
import { ConfigError } from '../config.js';
import type { Position } from '../event-store/event-store.js';
import type { Projection } from './projection.js';

/** Two processes that start at once create a generation once. */
const GENERATION_LOCK = 7_205_759_403;

/** The schema that holds a projection's tables: one per generation, so that a new one fills beside the old. */
export const schemaOf = ({ name, version }: Projection): string => `${name}_${version}`;

/** Creates the tables of a projection's generation and its checkpoint before the first event, if they are not there. */
export async function ensureGeneration(pool: Pool, projection: Projection): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await createGeneration(client, projection, schemaOf(projection));
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * Makes sure that the generations follow the log of this name; one that has read nothing yet may follow any.
 * @throws ConfigError on those of another log: its positions would skip and repeat events of this one without a word
 */
export async function ensureFollowing(
  pool: Pool,
  log: string,
  schemas: readonly string[],
): Promise<void> {
  await pool.query('UPDATE projections.checkpoints SET log = $1 WHERE position = 0', [log]);
  const { rows } = await pool.query<{ log: string }>(
    'SELECT log FROM projections.checkpoints WHERE generation = ANY ($1) AND log <> $2',
    [schemas, log],
  );
  const [other] = rows;
  if (!other) return;
  throw new ConfigError(
    `the read models of this database were filled from the log in ${other.log}, not from that in ${log}: ` +
      'empty them (deploy/empty-read-models.sql) or start on an empty database, once the log is copied (npm run log:copy)',
  );
}

/** @param client inside a transaction */
export async function createGeneration(
  client: PoolClient,
  projection: Projection,
  schema: string,
): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [GENERATION_LOCK]);
  const { rowCount } = await client.query(
    'SELECT 1 FROM projections.checkpoints WHERE generation = $1',
    [schema],
  );
  if (rowCount) return;
  await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(projection.tables(schema));
  await client.query('INSERT INTO projections.checkpoints (generation, position) VALUES ($1, 0)', [
    schema,
  ]);
}

/** Tells the planner what a generation holds: it would learn by itself some minutes after a fill, and plan blindly until then. */
export async function analyzeGeneration(pool: Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ tables: string | null }>(
    `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables
     FROM pg_tables WHERE schemaname = $1`,
    [schema],
  );
  if (rows[0]?.tables) await pool.query(`ANALYZE ${rows[0].tables}`);
}

export async function readCheckpoint(
  database: Pool | PoolClient,
  schema: string,
): Promise<Position> {
  const { rows } = await database.query<{ position: string }>({
    name: 'checkpoint-read',
    text: 'SELECT position FROM projections.checkpoints WHERE generation = $1',
    values: [schema],
  });
  const [row] = rows;
  if (!row) throw new Error(`projection generation ${schema} has no checkpoint`);
  return BigInt(row.position);
}

/** Moves the checkpoint if nobody else did. @returns false: another writer was here, roll back */
export async function advanceCheckpoint(
  client: PoolClient,
  schema: string,
  from: Position,
  to: Position,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'checkpoint-advance',
    text: 'UPDATE projections.checkpoints SET position = $3 WHERE generation = $1 AND position = $2',
    values: [schema, from.toString(), to.toString()],
  });
  return rowCount === 1;
}
