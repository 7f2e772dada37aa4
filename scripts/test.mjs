import { inWords } from '../test/support/reporter.mjs';
import { ensureBuilt } from './build.mjs';
import { runJest } from './jest.mjs';

const args = process.argv.slice(2);
try {
  // Some tests start the service as it ships.
  await ensureBuilt();
  const { summary, code } = await runJest(args);
  console.log(inWords(summary));
  process.exitCode = code;
} catch (error) {
  console.error(error.message);
  console.log(inWords({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
