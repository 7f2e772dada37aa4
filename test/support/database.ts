import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  /** Also closes whatever is still connected to it. */
  readonly drop: () => Promise<void>;
}

const TEMPLATE = 'rollcall_template';
const TEMPLATE_LOCK = "hashtext('rollcall test template')";

/** A migrated, empty database of its own: a copy of a template that the first caller of the run migrates. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(async (client) => {
    await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  });
  return {
    url: urlOf(name),
    drop: () =>
      asAdministrator(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/** Migrated under another name first, so that a failed migration leaves no half-made template. */
async function ensureTemplate(client: pg.Client): Promise<void> {
  const unfinished = `${TEMPLATE}_unfinished`;
  await client.query(`SELECT pg_advisory_lock(${TEMPLATE_LOCK})`);
  try {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (found.rowCount === 1) return;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    const { runMigrations } = await import('../../src/database.js');
    await runMigrations(urlOf(unfinished));
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${TEMPLATE}`);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${TEMPLATE_LOCK})`);
  }
}

async function asAdministrator(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const base = process.env.ROLLCALL_TEST_DATABASE_URL;
  if (!base) throw new Error('no test database: run the tests with node scripts/test.mjs');
  const url = new URL(base);
  url.pathname = database;
  return url.href;
}
