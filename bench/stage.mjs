import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const READY_WITHIN_MS = 30_000;
const TMPFS = 0x01021994;
/** Of the times in /proc, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const ORGANIZATION = 'bench';

/** PostgreSQL, the service, the bare server and the load process: everything a run needs and leaves nothing of. */
export class Stage {
  /** What {@link close} undoes, last first. */
  #closers = [];
  #opening = Promise.resolve();
  #closed;
  #folder;
  #load;
  #loadEnded = new AbortController();
  #service;
  #adminKey = randomBytes(24).toString('base64url');
  #port;
  /** @type {string} */
  databaseUrl;
  /** @type {number} */
  barePort;

  /** @param {readonly string[]} serviceFlags for the service's Node.js, such as `--cpu-prof` */
  open(serviceFlags) {
    this.#opening = this.#start(serviceFlags);
    return this.#opening;
  }

  async #start(serviceFlags) {
    this.#folder = mkdtempSync(path.join(tmpdir(), 'rollcall-bench-'));
    this.#opened(async () => rmSync(this.#folder, { recursive: true, force: true }));
    // PostgreSQL, which cannot run as root, has to enter it.
    chmodSync(this.#folder, 0o755);
    if (process.platform === 'linux' && statfsSync(this.#folder).type === TMPFS) {
      throw new Error(`${this.#folder} is in memory: set TMPDIR to a folder on a disk`);
    }
    await this.#startPostgres();
    await this.#startBareServer();
    await this.#startLoad();
    await this.#startService(serviceFlags);
    await this.#connect();
  }

  /** Runs one task of the load process. @throws Error with what went wrong there or with the service */
  async run(task, ...args) {
    const answered = once(this.#load, 'message', { signal: this.#loadEnded.signal });
    this.#load.send({ task, args });
    const [{ result, error }] = await answered;
    if (error !== undefined) throw new Error(`${task}: ${error}`);
    return result;
  }

  /**
   * Resident memory of the service in MB, of this moment and the most since its start.
   * @returns {{ now: number, most: number } | undefined} undefined where there is no /proc
   */
  memory() {
    if (process.platform !== 'linux') return undefined;
    const status = readFileSync(`/proc/${this.#service.pid}/status`, 'utf8');
    const megabytes = (field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)[1]) / 1024;
    return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
  }

  /** Processor seconds that the service has used, all threads; undefined where there is no /proc. */
  processorSeconds() {
    if (process.platform !== 'linux') return undefined;
    const stat = readFileSync(`/proc/${this.#service.pid}/stat`, 'utf8');
    // The command's name, which may hold spaces, ends with the last parenthesis; user and system time follow.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  }

  /** The end of what the service has said. */
  serviceLog() {
    try {
      return readFileSync(path.join(this.#folder, 'service.log'), 'utf8').slice(-3_000);
    } catch {
      return '';
    }
  }

  /**
   * Ends every process and removes every file. Idempotent, and safe while {@link open} runs.
   * @throws AggregateError after all of it was tried
   */
  close() {
    this.#closed ??= this.#undo();
    return this.#closed;
  }

  async #undo() {
    await this.#opening.catch(() => undefined);
    const failures = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      await close().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be ended');
  }

  #opened(close) {
    this.#closers.push(close);
    if (this.#closed) throw new Error('interrupted');
  }

  async #startPostgres() {
    const { startEmbeddedPostgres } = await import('../dist/embedded-postgres.js');
    const dataDir = path.join(this.#folder, 'data');
    const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    this.#opened(() => postgres.stop());
    this.databaseUrl = postgres.url;
  }

  async #startBareServer() {
    const server = fork(program('bare-server.mjs'));
    this.#opened(() => end(server));
    [this.barePort] = await once(server, 'message');
  }

  async #startLoad() {
    this.#load = fork(program('load-process.mjs'));
    this.#load.once('exit', () => this.#loadEnded.abort());
    this.#opened(() => end(this.#load));
  }

  async #startService(flags) {
    this.#port = await freePort();
    const log = openSync(path.join(this.#folder, 'service.log'), 'w');
    this.#service = spawn(process.execPath, [...flags, program('../dist/main.js')], {
      stdio: ['ignore', log, log],
      env: {
        PORT: String(this.#port),
        DATABASE_URL: this.databaseUrl,
        ROLLCALL_DATA_DIR: path.join(this.#folder, 'data'),
        ROLLCALL_ADMIN_KEY: this.#adminKey,
      },
    });
    this.#opened(() => end(this.#service));
    const until = Date.now() + READY_WITHIN_MS;
    while (!(await this.#isReady())) {
      if (this.#service.exitCode !== null || Date.now() > until) {
        throw new Error('the service did not get ready');
      }
      await sleep(50);
    }
  }

  async #isReady() {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  }

  async #connect() {
    const organization = `/api/organizations/${ORGANIZATION}`;
    await this.#api('/api/organizations', { slug: ORGANIZATION, displayName: 'Bench' });
    await this.#api(`${organization}/scim/enable`, {});
    const { token } = await this.#api(`${organization}/scim/tokens`, { name: 'bench' });
    await this.run('connect', { port: this.#port, organization: ORGANIZATION, token });
  }

  async #api(resource, body) {
    const answer = await fetch(`http://127.0.0.1:${this.#port}${resource}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${resource}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

function program(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const inTime = await Promise.race([ended, sleep(15_000, 'late', { ref: false })]);
  if (inTime !== 'late') return;
  child.kill('SIGKILL');
  await ended;
}

async function freePort() {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
