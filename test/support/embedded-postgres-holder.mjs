import '../../scripts/register-typescript.mjs';

/** A service reduced to its database: starts it, prints `{url, pid, dataDir}`, and stops it on SIGTERM. */
const { startEmbeddedPostgres } = await import('../../src/embedded-postgres.ts');
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2], log: () => undefined });
const { url, pid, dataDir } = postgres;
process.once('SIGTERM', () => void postgres.stop());
console.log(JSON.stringify({ url, pid, dataDir }));
