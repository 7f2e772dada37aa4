import { writeFileSync } from 'node:fs';

/**
 * Reports the whole run as `N passed, N failed`, with `, N skipped` when any: to the file named by
 * ROLLCALL_TEST_SUMMARY for a launcher that prints it last, else to standard output.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const summary = summarize(results);
    const file = process.env.ROLLCALL_TEST_SUMMARY;
    if (file) writeFileSync(file, summary);
    else process.stdout.write(`${summary}\n`);
  }
}

/** A file that could not run counts as one failure: its tests are unknown, but it did not pass. */
export function summarize(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
