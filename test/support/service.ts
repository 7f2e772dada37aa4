import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTestDatabase } from './database.js';
import { logEnvironment } from './log-place.js';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;

export interface ServiceOptions {
  /** Default: a fresh migrated database, unless `dataDir` is given. */
  readonly databaseUrl?: string;
  /** With an embedded database in it, unless that is given by its URL. */
  readonly dataDir?: string;
  readonly port?: number;
  readonly adminKey?: string;
  /** A log of the test's own, whatever the run says. */
  readonly eventStoreUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServiceAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminKey: string;
  readonly pid: number;
}

export interface RunningService extends ServiceAddress {
  readonly port: number;
  /** Undefined with an embedded database. */
  readonly databaseUrl: string | undefined;
  readonly process: ChildProcess;
  /** Standard output and error so far. */
  readonly output: () => string;
  /** Sends SIGTERM and waits. @returns the exit code; -1 when a signal ended it */
  readonly stop: () => Promise<number>;
  /** Sends the signal and waits for the end. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * Starts the built service and waits until it is ready. What a test leaves running ends with the test run.
 * @throws Error with the service's output when it is not ready in time
 */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const service = await launch(options);
  try {
    await untilReady(service.url, () => service.process.exitCode === null);
    return service;
  } catch (error) {
    const output = service.output();
    await service.kill('SIGKILL');
    throw new Error(`the service did not get ready\n${output}`, { cause: error });
  }
}

/**
 * One service for the whole run, started by its first user: for tests that each work in an organization of their own.
 * @throws Error with its output, for every user, when it did not start
 */
export async function sharedService(): Promise<ServiceAddress> {
  const record = path.join(runFolder(), 'shared-service.json');
  if (claim(path.join(runFolder(), 'shared-service.lock'))) {
    const outcome = await startService().then(
      ({ url, adminKey, pid, process: child }) => {
        child.unref();
        return { url, adminKey, pid };
      },
      (error: unknown) => ({ failure: String(error) }),
    );
    // Renamed when whole, because others wait for it to appear.
    writeFileSync(`${record}.new`, JSON.stringify(outcome));
    renameSync(`${record}.new`, record);
  }
  while (!existsSync(record)) await sleep(50);
  const outcome = JSON.parse(readFileSync(record, 'utf8')) as ServiceAddress | { failure: string };
  if ('failure' in outcome) throw new Error(outcome.failure);
  return outcome;
}

/** True for the first of all processes that ask. */
function claim(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch {
    return false;
  }
}

async function launch(options: ServiceOptions): Promise<RunningService> {
  const port = options.port ?? (await freePort());
  const adminKey = options.adminKey ?? randomBytes(24).toString('base64url');
  const databaseUrl =
    options.databaseUrl ?? (options.dataDir ? undefined : (await createTestDatabase()).url);
  const logFile = path.join(runFolder(), `service-${randomBytes(6).toString('hex')}.log`);
  // A file, because a pipe would break when Jest replaces the worker that reads it.
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, ['--enable-source-maps', PROGRAM], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ROLLCALL_ADMIN_KEY: adminKey,
      ROLLCALL_DATA_DIR: options.dataDir ?? `${logFile}.data`,
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
      ...logEnvironment({ ...options, databaseUrl }),
      ...options.env,
    },
  });
  closeSync(log);
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot run ${process.execPath}`);
  writeFileSync(path.join(runFolder(), 'services', String(pid)), '');
  return {
    url: `http://127.0.0.1:${port}`,
    adminKey,
    port,
    databaseUrl,
    process: child,
    pid,
    output: () => readFileSync(logFile, 'utf8'),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
}

async function untilReady(url: string, isRunning: () => boolean): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  for (;;) {
    if (!isRunning()) throw new Error('it ended');
    const answer = await fetch(`${url}/readyz`).catch((error: unknown) => error);
    if (answer instanceof Response && answer.status === 200) return;
    if (Date.now() > until) {
      throw new Error(
        answer instanceof Response ? `/readyz: ${answer.status}` : 'it does not listen',
      );
    }
    await sleep(50);
  }
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function runFolder(): string {
  const folder = process.env.ROLLCALL_TEST_FOLDER;
  if (!folder) throw new Error('no test run: run the tests with node scripts/test.mjs');
  return folder;
}
