import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../scripts/build.mjs';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PATIENCE_MS = 60_000;

/** The service that ROLLCALL_URL and ROLLCALL_ADMIN_KEY name, else one of the demo's own. */
export function openService({ PATH, ROLLCALL_URL, ROLLCALL_ADMIN_KEY, EVENTSTORE_URL }) {
  if (!ROLLCALL_URL) return startService({ PATH, ...(EVENTSTORE_URL && newLog(EVENTSTORE_URL)) });
  if (!ROLLCALL_ADMIN_KEY) throw new Error('ROLLCALL_URL is set: set ROLLCALL_ADMIN_KEY as well');
  const url = ROLLCALL_URL.replace(/\/+$/, '');
  return { url, adminKey: ROLLCALL_ADMIN_KEY, stop: async () => undefined };
}

/** On EventStoreDB, beside the logs of others; its streams stay there. */
function newLog(EVENTSTORE_URL) {
  return { EVENTSTORE_URL, EVENTSTORE_STREAM_PREFIX: `demo_${randomBytes(6).toString('hex')}.` };
}

/** On a free port, with data that nobody else uses and that `stop` removes. */
async function startService(environment) {
  await ensureBuilt();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rollcall-demo-'));
  // PostgreSQL's user must be able to enter.
  chmodSync(dataDir, 0o755);
  const adminKey = randomBytes(24).toString('base64url');
  const child = spawn(process.execPath, [PROGRAM], {
    // Not in the terminal's foreground group: an interrupt is the demo's to handle.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      PORT: '0',
      ROLLCALL_DATA_DIR: dataDir,
      ROLLCALL_ADMIN_KEY: adminKey,
    },
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    return { url: await announcedUrl(child), adminKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function announcedUrl(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = () => reject(new Error(`the service did not start\n${output}`));
    const timer = setTimeout(fail, PATIENCE_MS);
    const read = (chunk) => {
      output += chunk;
      const url = /management API +(\S+)\/api/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => {
      clearTimeout(timer);
      fail();
    });
  });
}
