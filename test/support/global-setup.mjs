import { mkdirSync, mkdtempSync, chmodSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import '../../scripts/register-typescript.mjs';
import { removeAbandonedRuns, runFolderPrefix } from './run-folder.mjs';

/** One PostgreSQL and one folder for the whole run; what a killed run left is removed first. */
export default async function setUp() {
  await removeAbandonedRuns();
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), runFolderPrefix(process.pid)));
  // PostgreSQL's user must be able to enter.
  chmodSync(folder, 0o755);
  mkdirSync(path.join(folder, 'services'));
  const { startEmbeddedPostgres } = await import('../../src/embedded-postgres.ts');
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
  globalThis.rollcallTestRun = { folder, postgres };
  process.env.ROLLCALL_TEST_FOLDER = folder;
  process.env.ROLLCALL_TEST_DATABASE_URL = postgres.url;
}
