/** How TypeORM reaches PostgreSQL, and the schema's migrations. ormconfig.ts imports this, never the reverse. */
import pg from 'pg';
import type { DataSourceOptions, Logger } from 'typeorm';
import { EventLog1700000000001 } from './migrations/1700000000001-event-log.js';
import { ReadModels1700000000002 } from './migrations/1700000000002-read-models.js';
import { ScimRequests1700000000003 } from './migrations/1700000000003-scim-requests.js';
import { OrganizationMirror1700000000004 } from './migrations/1700000000004-organization-mirror.js';
import { LogOfCheckpoints1700000000005 } from './migrations/1700000000005-log-of-checkpoints.js';
import { LastOfMirror1700000000006 } from './migrations/1700000000006-last-of-mirror.js';

/** In the order in which they run. */
const MIGRATIONS = [
  EventLog1700000000001,
  ReadModels1700000000002,
  ScimRequests1700000000003,
  OrganizationMirror1700000000004,
  LogOfCheckpoints1700000000005,
  LastOfMirror1700000000006,
];

const MIGRATION_LOCK = "hashtext('rollcall migrations')";

export type Log = (line: string) => void;

type PostgresOptions = Extract<DataSourceOptions, { readonly type: 'postgres' }>;

/** Options of a DataSource on `url`, with every migration, one transaction each. */
export function dataSourceOptions(url: string, log: Log = () => undefined): PostgresOptions {
  return {
    type: 'postgres',
    url,
    applicationName: 'rollcall',
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    logger: new ReticentLogger(log),
  };
}

/**
 * Brings the database to this version's schema. Processes that start at once do it one after the other.
 * @returns the names of the migrations that ran, none when the schema was current
 */
export async function runMigrations(url: string, log?: Log): Promise<readonly string[]> {
  const lock = new pg.Client({ connectionString: url, application_name: 'rollcall migrations' });
  // A connection that breaks while it only holds the lock is noticed by the migrations' own.
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    if (await isCurrent(lock)) return [];
    // Loaded only when there is something to do: most starts are spared it.
    const { DataSource } = await import('typeorm');
    const dataSource = new DataSource({ ...dataSourceOptions(url, log), poolSize: 1 });
    await dataSource.initialize();
    try {
      const ran = await dataSource.runMigrations();
      return ran.map(({ name }) => name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}

async function isCurrent(database: pg.Client): Promise<boolean> {
  const { rows: tables } = await database.query(
    `SELECT 1 WHERE to_regclass('migrations') IS NOT NULL`,
  );
  if (tables.length === 0) return false;
  const { rows } = await database.query<{ name: string }>('SELECT name FROM migrations');
  const ran = new Set(rows.map(({ name }) => name));
  return MIGRATIONS.every(({ name }) => ran.has(name));
}

/** Logs what failed and never with which parameters: they hold personal data and hashes of secrets. */
class ReticentLogger implements Logger {
  constructor(private readonly write: Log) {}

  logQuery(): void {}

  logQueryError(error: string | Error, query: string): void {
    const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
    this.write(`query failed${code}: ${query.trim().slice(0, 200)}`);
  }

  logQuerySlow(): void {}

  /** What TypeORM's command line shows of the migrations. */
  logSchemaBuild(message: string): void {
    this.write(message);
  }

  logMigration(message: string): void {
    this.write(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.write(String(message));
  }
}
