import { rmSync } from 'node:fs';
import { stopDatabases, stopServices } from './run-folder.mjs';

export default async function tearDown() {
  const { folder, postgres } = globalThis.rollcallTestRun;
  try {
    await stopServices(folder);
  } finally {
    await postgres.stop();
    await stopDatabases(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
