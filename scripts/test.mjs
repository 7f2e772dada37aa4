import { inWords } from '../test/support/reporter.mjs';
import { ensureBuilt } from './build.mjs';
import { runJest } from './jest.mjs';
import { SHORT, testWithEventStoreDb } from './test-eventstoredb.mjs';

const args = process.argv.slice(2);
try {
  // Some tests start the service as it ships.
  await ensureBuilt();
  const runs = [await runJest(args)];
  // Everything was asked for: with the log on EventStoreDB, too, what says most in little time.
  if (args.length === 0) runs.push(await testWithEventStoreDb(SHORT));
  report(runs);
} catch (error) {
  console.error(error.message);
  console.log(inWords({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}

function report(runs) {
  const sum = (count) => runs.reduce((total, { summary }) => total + summary[count], 0);
  console.log(inWords({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }));
  process.exitCode = runs.find(({ code }) => code !== 0)?.code ?? 0;
}
