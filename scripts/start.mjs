import { ensureBuilt } from './build.mjs';

try {
  await ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// In this process, so that signals reach the service and its exit code is ours.
await import('../dist/main.js');
