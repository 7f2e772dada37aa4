/** Runs the tests that start the service, with its log on EventStoreDB and its read models in PostgreSQL. */
import { inWords } from '../test/support/reporter.mjs';
import { ensureBuilt } from './build.mjs';
import { startDouble } from './eventstoredb-double.mjs';
import { runJest } from './jest.mjs';

/** Every suite that starts the service. */
const ALL = [
  'test/acceptance/',
  'test/walks/',
  'test/rules/',
  'test/faults/',
  'test/admin/',
  'test/demo.spec.ts',
  'test/http/read-your-writes.spec.ts',
];

/** On the server that EVENTSTORE_URL names, else on the double. @param {readonly string[]} args for Jest */
async function testWithEventStoreDb(args) {
  const server = process.env.EVENTSTORE_URL
    ? { url: process.env.EVENTSTORE_URL, stop: async () => undefined }
    : await startDouble();
  try {
    return await runJest(args, { ROLLCALL_TEST_EVENTSTORE_URL: server.url });
  } finally {
    await server.stop();
  }
}

const given = process.argv.slice(2);
try {
  await ensureBuilt();
  const { code, summary } = await testWithEventStoreDb(given.length > 0 ? given : ALL);
  for (const reason of summary.reasons) console.log(`skipped: ${reason}`);
  console.log(inWords(summary));
  process.exitCode = code;
} catch (error) {
  console.error(error.message);
  console.log(inWords({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
