import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'rollcall-summary-'));
const summaryFile = path.join(scratch, 'summary');
const exitCode = await run();
console.log(summary());
rmSync(scratch, { recursive: true });
process.exitCode = exitCode;

async function run() {
  try {
    // Some tests start the service as it ships.
    await ensureBuilt();
  } catch (error) {
    console.error(error.message);
    return 1;
  }
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit', env: { ...process.env, ROLLCALL_TEST_SUMMARY: summaryFile } },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
  return new Promise((resolve) => jest.on('exit', (code) => resolve(code ?? 1)));
}

function summary() {
  try {
    return readFileSync(summaryFile, 'utf8');
  } catch {
    return '0 passed, 1 failed';
  }
}
