import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { logEnvironment, type ServicePlace } from '../support/log-place.js';
import type { Writers } from './writers.js';

const VERIFY = fileURLToPath(new URL('../../dist/cli/verify.js', import.meta.url));

/** Stops the writers and expects that nothing acknowledged is lost and that tables and log agree. */
export async function expectNothingLost(writers: Writers, place: ServicePlace): Promise<void> {
  await writers.stop();
  expect(writers.surprises).toEqual([]);
  expect(await writers.losses()).toEqual([]);
  await expectTablesToEqualLog(place);
}

/** Folds the whole log anew and expects the same tables as those that serve. */
export async function expectTablesToEqualLog(place: ServicePlace): Promise<void> {
  const { databaseUrl, dataDir } = place;
  const env = {
    PATH: process.env.PATH,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(dataDir === undefined ? {} : { ROLLCALL_DATA_DIR: dataDir }),
    ...logEnvironment(place),
  };
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const verify = execFile(process.execPath, [VERIFY], { env }, (_error, stdout, stderr) =>
      resolve({ code: verify.exitCode ?? -1, output: stdout + stderr }),
    );
  });
  expect({ code, differences: differencesIn(output) }).toEqual({ code: 0, differences: '' });
  expect(output).toMatch(/directory at \d+, [1-9]\d* events folded/);
}

function differencesIn(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/events folded$|, equal$|^$/.test(line))
    .join('\n');
}
