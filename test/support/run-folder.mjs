import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A test run's folder carries the run's process number, so that a later run knows whether it was abandoned. */
export function runFolderPrefix(pid) {
  return `rollcall-test-${pid}-`;
}

/** Ends what killed runs left behind: services, PostgreSQL, folders. */
export async function removeAbandonedRuns() {
  for (const name of readdirSync(tmpdir())) {
    const run = /^rollcall-test-(\d+)-/.exec(name)?.[1];
    if (run === undefined || isAlive(Number(run))) continue;
    const folder = path.join(tmpdir(), name);
    if (statSync(folder).uid !== process.getuid?.()) continue;
    await stopServices(folder);
    await stopDatabases(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Stops every service that is recorded in the run's folder and still runs. */
export async function stopServices(folder) {
  const records = path.join(folder, 'services');
  const pids = existsSync(records) ? readdirSync(records).map(Number) : [];
  const running = pids.filter((pid) => commandOf(pid).includes('dist/main.js'));
  for (const pid of running) process.kill(pid, 'SIGTERM');
  const until = Date.now() + 10_000;
  while (running.some(isAlive) && Date.now() < until) await sleep(50);
  for (const pid of running.filter(isAlive)) process.kill(pid, 'SIGKILL');
}

/** Stops every PostgreSQL whose data is in the run's folder: those of services that tests have killed. */
export async function stopDatabases(folder) {
  const files = readdirSync(folder, { recursive: true });
  const locks = files.filter((name) => path.basename(name) === 'postmaster.pid');
  for (const lock of locks.map((name) => path.join(folder, name))) {
    const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
    if (!commandOf(pid).includes(path.dirname(lock))) continue;
    process.kill(pid, 'SIGQUIT');
    while (isAlive(pid)) await sleep(20);
  }
}

/** Empty when there is no such process or this system does not tell; then nothing is ended by mistake. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** A zombie is not: it may stay one where nobody waits for it. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return error.code === 'EPERM' || (error.code === 'ENOENT' && process.platform !== 'linux');
  }
}
