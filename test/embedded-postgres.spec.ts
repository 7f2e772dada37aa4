import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { installedNative } from '../src/embedded-postgres/binaries.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/embedded-postgres.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('not root: the tests of running PostgreSQL as another user are skipped');
const asRoot = isRoot ? it : it.skip;

let template: string;
let folder: string;
let dataDir: string;
let lines: string[];
let started: EmbeddedPostgres[];
let holders: ChildProcess[];

beforeAll(async () => {
  template = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: template, log: () => undefined });
  await postgres.stop();
});

afterAll(() => fs.rmSync(template, { recursive: true }));

beforeEach(() => {
  folder = temporaryFolder();
  dataDir = path.join(folder, 'data');
  lines = [];
  started = [];
  holders = [];
});

afterEach(async () => {
  for (const holder of holders) await end(holder, 'SIGKILL');
  for (const postgres of started) await postgres.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('start', () => {
  beforeEach(useExistingDatabase);

  it('keeps the data and the port over a stop', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(second.url).toBe(first.url);
  });

  it('takes less than three seconds the second time', async () => {
    await (await start()).stop();
    const began = performance.now();
    await start();
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('leaves durability as PostgreSQL ships it', async () => {
    const { url } = await start();
    const durability = `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
      current_setting('synchronous_commit') AS commit`;
    expect(await query(url, durability)).toEqual([{ fsync: 'on', pages: 'on', commit: 'on' }]);
  });

  it('lets nobody in without the password', async () => {
    const url = new URL((await start()).url);
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps the password from other users of the machine', async () => {
    const { dataDir: cluster } = await start();
    expect(fs.statSync(path.join(cluster, 'rollcall.password')).mode & 0o077).toBe(0);
    expect(fs.statSync(path.dirname(cluster)).mode & 0o077).toBe(0);
  });

  it('takes another port when the remembered one is taken', async () => {
    const first = await start();
    await first.stop();
    const squatter = net.createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(squatter, 'listening');
    const second = await start();
    squatter.close();
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says what PostgreSQL says when it cannot start', async () => {
    const { dataDir: cluster } = await startThenStop();
    fs.appendFileSync(path.join(cluster, 'postgresql.conf'), '\nno_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/did not start in .*no_such_setting/s);
  });

  it('restores the links between libraries that npm does not carry', async () => {
    const native = copyOfNative(path.join(folder, 'package'));
    for (const name of linksIn(path.join(native, 'lib'))) fs.rmSync(name);
    const { binaries } = await start({ native });
    expect(binaries).toBe(path.join(native, 'bin'));
    expect(linksIn(path.join(native, 'lib'))).not.toHaveLength(0);
  });
});

describe('as root', () => {
  asRoot('runs as an unprivileged user', async () => {
    const { pid } = await start();
    expect(fs.statSync(`/proc/${pid}`).uid).not.toBe(0);
  });

  asRoot('puts the data where that user can go, says so, and finds it again', async () => {
    fs.chmodSync(folder, 0o700);
    await withSharedRoot(async (sharedRoot) => {
      const first = await start({ sharedRoots: [sharedRoot] });
      await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      expect(first.dataDir.startsWith(sharedRoot)).toBe(true);
      expect(lines.join()).toContain(`the database is in ${path.dirname(first.dataDir)}`);
      const second = await start({ sharedRoots: [sharedRoot] });
      expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await second.stop();
    });
  });

  asRoot('copies the programs to where that user can run them, and says so', async () => {
    const native = copyOfNative(path.join(folder, 'home', 'package'));
    fs.chmodSync(path.join(folder, 'home'), 0o700);
    await withSharedRoot(async (sharedRoot) => {
      const { binaries } = await startThenStop({ native, sharedRoots: [sharedRoot] });
      expect(binaries.startsWith(sharedRoot)).toBe(true);
      expect(lines.join()).toContain(`cannot run the programs in ${native}`);
    });
  });

  asRoot('passes over a shared folder that others may write', async () => {
    fs.chmodSync(folder, 0o700);
    await withSharedRoot(async (sharedRoot) => {
      const open = path.join(sharedRoot, 'open');
      fs.mkdirSync(open);
      fs.chmodSync(open, 0o777);
      const fitting = path.join(sharedRoot, 'fitting');
      const postgres = await start({ sharedRoots: [open, fitting] });
      await postgres.stop();
      expect(postgres.dataDir.startsWith(fitting)).toBe(true);
    });
  });

  asRoot('refuses to start empty where the data should be', async () => {
    fs.chmodSync(folder, 0o700);
    await withSharedRoot(async (sharedRoot) => {
      const { dataDir: cluster } = await startThenStop({ sharedRoots: [sharedRoot] });
      fs.rmSync(path.dirname(cluster), { recursive: true });
      await expect(start({ sharedRoots: [sharedRoot] })).rejects.toThrow(/which is gone/);
    });
  });
});

describe('after a crash', () => {
  beforeEach(useExistingDatabase);

  it('restarts a killed server by itself, at the same address, with every committed row', async () => {
    const postgres = await start();
    await query(postgres.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const killed = postgres.pid;
    process.kill(killed, 'SIGKILL');
    const rows = await eventually(() => query(postgres.url, 'SELECT answer FROM kept'));
    expect(rows).toEqual([{ answer: 42 }]);
    await eventually(async () => expect(postgres.pid).not.toBe(killed));
  });

  it('restarts a server that was killed several times in a row', async () => {
    const postgres = await start();
    for (let round = 0; round < 3; round++) {
      const killed = postgres.pid;
      process.kill(killed, 'SIGKILL');
      await eventually(async () => expect(postgres.pid).not.toBe(killed));
    }
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('takes over the server of a killed service, and stops it in the end', async () => {
    const { holder, pid } = await startInProcess();
    await end(holder, 'SIGKILL');
    const postgres = await start();
    expect(postgres.pid).toBe(pid);
    await postgres.stop();
    expect(fs.existsSync(path.join(postgres.dataDir, 'postmaster.pid'))).toBe(false);
  });

  it('starts after service and server were killed together', async () => {
    const { holder, pid, url } = await startInProcess();
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    holder.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('is not misled by a lock file that names an unrelated living process', async () => {
    const { dataDir: cluster } = await startThenStop();
    const { uid, gid } = fs.statSync(cluster);
    const unrelated = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    holders.push(unrelated);
    const lock = path.join(cluster, 'postmaster.pid');
    fs.writeFileSync(lock, `${unrelated.pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`);
    fs.chownSync(lock, uid, gid);
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts afresh after a crash in the middle of making the database', async () => {
    fs.rmSync(dataDir, { recursive: true });
    const holder = hold();
    const home = path.join(dataDir, 'postgres');
    const unfinished = () => fs.readdirSync(home).filter((name) => name.includes('.new-'));
    await eventually(async () =>
      expect(unfinished()).toContainEqual(expect.not.stringMatching(/password$/)),
    );
    await end(holder, 'SIGKILL');
    expect(fs.existsSync(path.join(home, 'data'))).toBe(false);
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(unfinished()).toEqual([]);
  });
});

describe('two services on one data directory', () => {
  it('share one server when they start at once, and the last to stop stops it', async () => {
    const services = await Promise.all([start(), startInProcess()]);
    const [here, there] = services;
    expect(here.pid).toBe(there.pid);
    await end(there.holder, 'SIGTERM');
    expect(await query(here.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await here.stop();
    expect(fs.existsSync(path.join(here.dataDir, 'postmaster.pid'))).toBe(false);
  });

  it('both go on after the server was killed', async () => {
    const here = await start();
    const there = await startInProcess();
    process.kill(here.pid, 'SIGKILL');
    await eventually(async () => {
      const keepers = `SELECT count(*)::int AS keepers FROM pg_stat_activity WHERE application_name = 'rollcall keeper'`;
      expect(await query(here.url, keepers)).toEqual([{ keepers: 2 }]);
    });
    expect(await end(there.holder, 'SIGTERM')).toBe(0);
    expect(await query(here.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

function temporaryFolder(): string {
  const made = fs.mkdtempSync(path.join(process.env.ROLLCALL_TEST_FOLDER!, 'embedded-'));
  fs.chmodSync(made, 0o755);
  return made;
}

/** A copy is ten times faster than initdb. */
function useExistingDatabase(): void {
  execFileSync('cp', ['-a', template, dataDir]);
}

type Options = Partial<Parameters<typeof startEmbeddedPostgres>[0]>;

async function start(options: Options = {}): Promise<EmbeddedPostgres> {
  const log = (line: string) => void lines.push(line);
  const postgres = await startEmbeddedPostgres({ dataDir, log, ...options });
  started.push(postgres);
  return postgres;
}

async function startThenStop(options: Options = {}): Promise<EmbeddedPostgres> {
  const postgres = await start(options);
  await postgres.stop();
  return postgres;
}

function hold(): ChildProcess {
  const program = path.join(import.meta.dirname, 'support', 'embedded-postgres-holder.mjs');
  const holder = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  return holder;
}

async function startInProcess() {
  const holder = hold();
  const [line] = (await once(createInterface(holder.stdout!), 'line')) as [string];
  const { url, pid } = JSON.parse(line) as { url: string; pid: number };
  return { holder, url, pid };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  await once(child, 'exit');
  return child.exitCode;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const until = Date.now() + 15_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(20);
    }
  }
}

function copyOfNative(place: string): string {
  const native = path.join(place, 'native');
  fs.cpSync(installedNative(), native, { recursive: true, verbatimSymlinks: true });
  fs.copyFileSync(
    path.join(installedNative(), '..', 'package.json'),
    path.join(place, 'package.json'),
  );
  return native;
}

function linksIn(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .map((name) => path.join(directory, name))
    .filter((name) => fs.lstatSync(name).isSymbolicLink());
}

/** Beside, not below, the folder that PostgreSQL's user may not enter. */
async function withSharedRoot(use: (sharedRoot: string) => Promise<void>): Promise<void> {
  const sharedRoot = temporaryFolder();
  try {
    await use(sharedRoot);
  } finally {
    for (const postgres of started) await postgres.stop();
    fs.rmSync(sharedRoot, { recursive: true, force: true });
  }
}
