/** cli/ THE OPERATOR: imports event-store and projections, never http. */
import pg from 'pg';
import { loadConfig } from '../config.js';
import { startEmbeddedPostgres } from '../embedded-postgres.js';
import { openEventStore } from '../event-store/open-event-store.js';
import { projectionCatalogue } from '../projections/catalogue.js';
import { agrees, verifyProjection } from '../projections/verification.js';

const config = loadConfig();
const embedded =
  config.databaseUrl === undefined
    ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: () => undefined })
    : undefined;
const databaseUrl = embedded?.url ?? config.databaseUrl ?? '';
const store = await openEventStore({ ...config, databaseUrl });
const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, pipeline: true });
let sound = true;
for (const projection of Object.values(projectionCatalogue(store))) {
  const verdict = await verifyProjection(projection, store, pool);
  sound &&= agrees(verdict);
  const { position, events, tables } = verdict;
  process.stdout.write(`${projection.name} at ${position}, ${events} events folded\n`);
  for (const { table, rows, missing, surplus } of tables) {
    const word =
      missing === 0 && surplus === 0 ? 'equal' : `${missing} missing, ${surplus} surplus`;
    process.stdout.write(`  ${table}: ${rows} rows, ${word}\n`);
  }
}
await store.close();
await pool.end();
await embedded?.stop();
process.exitCode = sound ? 0 : 1;
