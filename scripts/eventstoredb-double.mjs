import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const DOUBLE = fileURLToPath(new URL('../test/support/eventstoredb/main.mjs', import.meta.url));

/**
 * Starts the double of EventStoreDB in a process of its own, with its log in a file.
 * @returns {Promise<{ url: string, stop(): Promise<void> }>} `stop` leaves nothing of it
 */
export async function startDouble() {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-eventstoredb-'));
  const child = fork(DOUBLE, ['--file', path.join(folder, 'log')], {
    execArgv: [],
    // Its channel tells it when this process is gone.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  };
  for await (const line of createInterface(child.stdout)) {
    return { url: JSON.parse(line).connectionString, stop };
  }
  await stop();
  throw new Error('the double of EventStoreDB did not start');
}
