import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions, runMigrations } from '../src/database.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';

let database: TestDatabase;
let lines: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  lines = [];
});

afterEach(() => database.drop());

const log = (line: string) => void lines.push(line);

it('migrates an empty database once when several processes start at once', async () => {
  await empty(database.url);
  const ran = await Promise.all([1, 2, 3].map(() => runMigrations(database.url)));
  const once = ran.filter((names) => names.length > 0);
  expect(once).toHaveLength(1);
  expect(once[0]).toContain('EventLog1700000000001');
});

it('does nothing to a database that is current', async () => {
  expect(await runMigrations(database.url)).toEqual([]);
});

it('can take every migration back', async () => {
  const dataSource = await new DataSource(dataSourceOptions(database.url, log)).initialize();
  const { length } = dataSource.migrations;
  for (let undone = 0; undone < length; undone++) await dataSource.undoLastMigration();
  await dataSource.destroy();
  expect(await runMigrations(database.url)).toHaveLength(length);
});

it('logs a failed query without its parameters', async () => {
  const dataSource = await new DataSource(dataSourceOptions(database.url, log)).initialize();
  await expect(dataSource.query('SELECT $1::int', ['ada@example.com'])).rejects.toMatchObject({
    code: '22P02',
  });
  await dataSource.destroy();
  expect(lines).toEqual(['query failed 22P02: SELECT $1::int']);
});

it('gives every test a database of its own', async () => {
  const other = await createTestDatabase();
  await query(database.url, 'CREATE TABLE mine ()');
  await expect(query(other.url, 'SELECT FROM mine')).rejects.toMatchObject({ code: '42P01' });
  await other.drop();
});

async function empty(url: string): Promise<void> {
  const schemas = await query(
    url,
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'`,
  );
  for (const { name } of schemas) await query(url, `DROP SCHEMA "${String(name)}" CASCADE`);
  await query(url, 'CREATE SCHEMA public');
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
