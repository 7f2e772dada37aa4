import { writeFileSync } from 'node:fs';

/**
 * Reports the whole run: to the file named by ROLLCALL_TEST_SUMMARY for a launcher that says it last, else to standard
 * output.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const summary = summaryOf(results);
    const file = process.env.ROLLCALL_TEST_SUMMARY;
    if (file) writeFileSync(file, JSON.stringify(summary));
    else process.stdout.write(`${inWords(summary)}\n`);
  }
}

/**
 * A file that could not run counts as one failure: its tests are unknown, but it did not pass.
 * @typedef {{ passed: number, failed: number, skipped: number, reasons: string[] }} Summary the titles with which tests
 *   say why they are skipped
 * @returns {Summary}
 */
function summaryOf(results) {
  const tests = results.testResults.flatMap(({ testResults }) => testResults);
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
    reasons: tests.map(({ fullName }) => fullName).filter((name) => name.includes('(skipped: ')),
  };
}

/** `N passed, N failed`, with `, N skipped` when any. @param {Summary} summary */
export function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
