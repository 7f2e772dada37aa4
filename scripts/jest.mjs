import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const NOT_RUN = { passed: 0, failed: 1, skipped: 0, reasons: [] };

/**
 * Runs Jest and passes on what it says.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment besides this process's own
 * @returns {Promise<{ code: number, summary: import('../test/support/reporter.mjs').Summary }>} a run that did not come
 *   to its end counts as a failure
 */
export async function runJest(args, environment = {}) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'rollcall-summary-'));
  const summaryFile = path.join(scratch, 'summary');
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...args,
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, ...environment, ROLLCALL_TEST_SUMMARY: summaryFile },
    },
  );
  const kill = (signal) => jest.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, kill);
  try {
    const code = await new Promise((resolve) => jest.on('exit', (status) => resolve(status ?? 1)));
    return { code, summary: summaryIn(summaryFile) };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, kill);
    rmSync(scratch, { recursive: true });
  }
}

function summaryIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return NOT_RUN;
  }
}
