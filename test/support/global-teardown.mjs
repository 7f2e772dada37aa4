import { rmSync } from 'node:fs';
import { stopServices } from './run-folder.mjs';

export default async function tearDown() {
  const { folder, postgres } = globalThis.rollcallTestRun;
  try {
    await stopServices(folder);
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
