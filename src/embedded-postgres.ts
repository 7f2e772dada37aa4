/**
 * The default database: real PostgreSQL from npm, in the data directory, driven by pg_ctl.
 *
 * The server outlives a killed service, and the next one takes it over. Several services may share a data directory:
 * the first starts the server, the last to stop stops it.
 */
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { installedNative, openBinaries } from './embedded-postgres/binaries.js';
import { createCluster } from './embedded-postgres/cluster.js';
import { openHome, type Home } from './embedded-postgres/home.js';
import { disown, readPostmaster, type Postmaster } from './embedded-postgres/postmaster.js';
import { explain, hasCode, run, type Log } from './embedded-postgres/program.js';

export interface EmbeddedPostgresOptions {
  /** The database goes into its folder `postgres`, or where that folder links to. */
  readonly dataDir: string;
  readonly log: Log;
  /** Where programs and data go when PostgreSQL's user cannot enter their place; the first that is usable. */
  readonly sharedRoots?: readonly string[];
  /** The `native` folder of a platform package; default: the installed one. */
  readonly native?: string;
}

export interface EmbeddedPostgres {
  /** With the password; the same for as long as this service runs, also when the server was restarted meanwhile. */
  readonly url: string;
  /** Folder of `postgres`, `initdb` and `pg_ctl`. */
  readonly binaries: string;
  /** PostgreSQL's own data directory. */
  readonly dataDir: string;
  /** The postmaster; another one after it was restarted. */
  readonly pid: number;
  /** Stops the server, unless another service still uses it. Idempotent. */
  stop(): Promise<void>;
}

const ROLE = 'rollcall';
const DATABASE = 'rollcall';
/** Every service holds this lock shared; the one that gets it exclusively is the last and stops the server. */
const KEEPER_LOCK = "hashtext('rollcall embedded postgres')";
/** Below the range from which systems choose ports of outgoing connections, so that it stays free during a restart. */
const PORTS = { from: 20_000, to: 32_000 };
const PATIENCE_MS = 60_000;
const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

/** Durability stays at PostgreSQL's defaults; statements and values stay out of its log, they hold personal data. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  jit: 'off',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * Starts the server of `dataDir`, or takes over the one that runs, and keeps it running until `stop`: a server that
 * dies is started again.
 * @throws Error saying what stands in the way, with the end of the server's log
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { dataDir, log, sharedRoots = ['/var/lib/rollcall'] } = options;
  const native = options.native ?? installedNative();
  const home = await openHome(dataDir, sharedRoots, log);
  const binaries = await openBinaries(native, home.account, sharedRoots, log);
  await createCluster(home, binaries, log);
  const server = new Server(home, binaries, log);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** The outcome of asking the server of this data directory for a connection. */
type Answer =
  | { readonly kind: 'connected'; readonly keeper: pg.Client }
  | { readonly kind: 'busy' }
  | { readonly kind: 'refused'; readonly reason: string };

class Server implements EmbeddedPostgres {
  readonly dataDir: string;
  readonly #password: string;
  #port: number | undefined;
  #pid = 0;
  /** Open for as long as the server lives: it tells at once when the server dies, and other services that we use it. */
  #keeper: pg.Client | undefined;
  #running = false;
  #recovery: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly home: Home,
    readonly binaries: string,
    private readonly log: Log,
  ) {
    this.dataDir = path.join(home.directory, 'data');
    this.#password = fs.readFileSync(path.join(this.dataDir, 'rollcall.password'), 'utf8');
  }

  get url(): string {
    return `postgres://${ROLE}:${this.#password}@127.0.0.1:${this.#port}/${DATABASE}`;
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    await this.#ensureRunning();
    await this.#ensureDatabase();
    this.#running = true;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#recovery;
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    try {
      const last = await this.#isLastService(keeper);
      if (last) await this.#control(['stop', '-m', 'fast', '-w', '-t', '60']);
      else this.log('PostgreSQL is left running: another service uses it');
    } finally {
      await keeper.end().catch(() => undefined);
    }
  }

  async #isLastService(keeper: pg.Client): Promise<boolean> {
    try {
      // Every stopping service first gives its own share back, so exactly the last one gets the whole lock; one that
      // starts now waits for its share until the server is down, and then starts it again.
      await keeper.query(`SELECT pg_advisory_unlock_shared(${KEEPER_LOCK})`);
      const { rows } = await keeper.query<{ last: boolean }>(
        `SELECT pg_try_advisory_lock(${KEEPER_LOCK}) AS last`,
      );
      return rows[0]?.last === true;
    } catch {
      // Died this instant: nothing to stop but what a crashed server may have left, which the next start sees to.
      return false;
    }
  }

  /** Returns when the keeper is connected to the server of this data directory, started if need be. */
  async #ensureRunning(): Promise<void> {
    let giveUpAt = Date.now() + PATIENCE_MS;
    let told = false;
    for (let wait = 50; ; wait = Math.min(wait * 2, 500)) {
      this.#stopping.signal.throwIfAborted();
      const reason = await this.#tryOnce();
      if (reason === undefined) return;
      if (reason === 'busy') {
        // Crash recovery takes as long as it takes: no reason to give up.
        giveUpAt = Date.now() + PATIENCE_MS;
        if (!told) this.log('PostgreSQL is starting up or shutting down: waiting for it');
        told = true;
      }
      if (Date.now() > giveUpAt) throw new Error(reason);
      await sleep(wait);
    }
  }

  /** @returns undefined when connected, else why not yet @throws Error when trying again cannot help */
  async #tryOnce(): Promise<string | undefined> {
    const running = readPostmaster(this.dataDir);
    if (running === undefined) return this.#launch();
    if (running.state === 'dead') {
      disown(this.dataDir, running);
      return this.#launch();
    }
    if (running.port === undefined) return 'busy';
    const answer = await this.#connect(running.port);
    switch (answer.kind) {
      case 'connected':
        this.#keep(answer.keeper, running);
        return undefined;
      case 'busy':
        return 'busy';
      case 'refused':
        return `PostgreSQL (process ${running.pid}) of ${this.dataDir} does not answer on port ${running.port}: ${answer.reason}`;
    }
  }

  async #connect(port: number): Promise<Answer> {
    const keeper = new pg.Client({
      host: '127.0.0.1',
      port,
      user: ROLE,
      password: this.#password,
      database: 'postgres',
      application_name: 'rollcall keeper',
      connectionTimeoutMillis: 5_000,
    });
    // Without a listener a connection that breaks later would end the process.
    keeper.on('error', () => undefined);
    try {
      await keeper.connect();
      const { rows } = await keeper.query<{ data_directory: string }>('SHOW data_directory');
      if (rows[0]?.data_directory !== this.dataDir) {
        throw new Error(`that port serves ${rows[0]?.data_directory}`);
      }
      await keeper.query(`SELECT pg_advisory_lock_shared(${KEEPER_LOCK})`);
      return { kind: 'connected', keeper };
    } catch (error) {
      await keeper.end().catch(() => undefined);
      // 57P03: starting up, recovering or shutting down.
      return hasCode(error, '57P03')
        ? { kind: 'busy' }
        : { kind: 'refused', reason: explain(error) };
    }
  }

  #keep(keeper: pg.Client, running: Postmaster): void {
    this.#keeper = keeper;
    this.#pid = running.pid;
    this.#port = running.port;
    keeper.once('end', () => {
      this.#keeper = undefined;
      if (!this.#stopping.signal.aborted && this.#running) this.#recovery = this.#recover();
    });
  }

  /** Runs pg_ctl start. Connecting is the next try's work, as for a server that somebody else started. */
  async #launch(): Promise<string | undefined> {
    const port = this.#port ?? (await this.#choosePort());
    const logFile = path.join(this.home.directory, 'server.log');
    const logged = rotate(logFile);
    const settings = Object.entries({ ...SETTINGS, port: String(port) })
      .map(([name, value]) => `-c ${name}="${value}"`)
      .join(' ');
    try {
      await this.#control(['start', '-w', '-t', '600', '-l', logFile, '-o', settings]);
      return await this.#tryOnce();
    } catch (error) {
      const said = readFrom(logFile, logged);
      const reason = `PostgreSQL did not start in ${this.dataDir}: ${explain(error)}\n${said.slice(-1500)}`;
      if (/could not bind|Address already in use/.test(said)) {
        // Once the service runs its connections know the port; before, any other will do.
        if (!this.#running) fs.rmSync(this.#portFile, { force: true });
        return reason;
      }
      // Another service starts it this instant, or processes of a killed server are still ending.
      if (/lock file "postmaster.pid"|shared memory block/.test(said)) return reason;
      throw new Error(reason, { cause: error });
    }
  }

  get #portFile(): string {
    return path.join(this.home.directory, 'port');
  }

  /** The port of the last start when it is free, so that configuration which names it stays right. */
  async #choosePort(): Promise<number> {
    const remembered = fs.existsSync(this.#portFile)
      ? Number(fs.readFileSync(this.#portFile, 'utf8'))
      : undefined;
    let port = remembered ?? randomInt(PORTS.from, PORTS.to);
    while (!(await isFree(port))) port = randomInt(PORTS.from, PORTS.to);
    if (remembered !== undefined && remembered !== port) {
      this.log(`PostgreSQL: port ${remembered} is taken, using ${port}`);
    }
    fs.writeFileSync(this.#portFile, String(port));
    return port;
  }

  async #ensureDatabase(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) throw new Error('PostgreSQL went away while it was being set up');
    const found = await keeper.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 1) return;
    try {
      await keeper.query(`CREATE DATABASE ${DATABASE}`);
    } catch (error) {
      // duplicate_database, or its unique violation: another service made it this instant.
      if (!hasCode(error, '42P04', '23505')) throw error;
    }
  }

  async #recover(): Promise<void> {
    this.log('PostgreSQL is gone: starting it again');
    for (let wait = 250; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, 30_000)) {
      try {
        await this.#ensureRunning();
        this.log(`PostgreSQL runs again (process ${this.#pid})`);
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.log(`PostgreSQL does not start yet: ${explain(error)}`);
        await sleep(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  async #control(args: readonly string[]): Promise<void> {
    await run(path.join(this.binaries, 'pg_ctl'), [...args, '-D', this.dataDir], this.home.account);
  }
}

/** Starts a new log when the old one is large; keeps one old one. Returns where the next lines begin. */
function rotate(file: string): number {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size < LARGEST_LOG_BYTES) return size;
  fs.renameSync(file, `${file}.1`);
  return 0;
}

function readFrom(file: string, offset: number): string {
  if (!fs.existsSync(file)) return '';
  return fs.readFileSync(file).subarray(offset).toString('utf8');
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      probe.close(() => resolve(true)),
    );
  });
}
