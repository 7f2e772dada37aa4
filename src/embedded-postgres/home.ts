import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hasCode, run, type Account, type Log } from './program.js';
import { finish, removeUnfinished, unfinished } from './unfinished.js';

export interface Home {
  /** Holds the cluster and the server's log; only `account` may enter. Real path. */
  readonly directory: string;
  readonly account: Account;
}

/**
 * Opens `<dataDir>/postgres`, made when missing. Where the account cannot enter `dataDir`, that name is a link to a
 * folder under the first usable of `roots`, so the next start finds it again.
 */
export async function openHome(dataDir: string, roots: readonly string[], log: Log): Promise<Home> {
  fs.mkdirSync(dataDir, { recursive: true });
  const place = path.join(fs.realpathSync(dataDir), 'postgres');
  if (fs.lstatSync(place, { throwIfNoEntry: false }) === undefined) {
    await createHome(place, roots);
  }
  return existingHome(place, log);
}

async function createHome(place: string, roots: readonly string[]): Promise<void> {
  const account = await unprivilegedAccount();
  const dataDir = path.dirname(place);
  if (await canEnter(dataDir, account)) {
    await removeUnfinished(dataDir);
    const made = unfinished(place);
    fs.mkdirSync(made, { mode: 0o700 });
    if (account) fs.chownSync(made, account.uid, account.gid);
    finish(made, place);
    return;
  }
  const checkout = path.basename(path.dirname(dataDir)) || 'root';
  const made = fs.mkdtempSync(path.join(await sharedFolder(roots, account), `${checkout}-`));
  if (account) fs.chownSync(made, account.uid, account.gid);
  try {
    fs.symlinkSync(made, place);
  } catch (error) {
    fs.rmdirSync(made);
    // Another service that starts at once was first: its home is used.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function existingHome(place: string, log: Log): Home {
  if (!fs.existsSync(place)) {
    throw new Error(
      `${place} is a link to ${fs.readlinkSync(place)}, which is gone: ` +
        `restore that folder, or remove the link to start with an empty database`,
    );
  }
  const directory = fs.realpathSync(place);
  if (directory !== place) {
    log(
      `PostgreSQL's user cannot enter ${path.dirname(place)}: the database is in ${directory} (${place} links to it)`,
    );
  }
  const { uid, gid } = fs.statSync(directory);
  const self = process.getuid?.();
  if (self === undefined || self === uid) return { directory, account: undefined };
  if (self === 0) return { directory, account: { uid, gid } };
  throw new Error(
    `${directory} belongs to user ${uid} and this process runs as user ${self}: start as that user or as root`,
  );
}

/** The user for a new database: nobody but ourselves, unless we are root. */
async function unprivilegedAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'rollcall', 'nobody', 'daemon']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map((flag) => run('id', [flag, name], undefined)),
      );
      return { uid: Number(uid), gid: Number(gid) };
    } catch {
      continue;
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user postgres, rollcall, nobody or daemon to run it: ' +
      'start as another user, or set DATABASE_URL',
  );
}

/** Asks the system rather than reading mode bits, which miss access lists and mount options. */
async function canEnter(directory: string, account: Account): Promise<boolean> {
  if (account === undefined) return true;
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], account);
    return true;
  } catch {
    return false;
  }
}

/** The first of `roots` that only we may write and that the account can enter; else a fresh temporary folder. */
export async function sharedFolder(roots: readonly string[], account: Account): Promise<string> {
  for (const root of roots) {
    try {
      if (fs.mkdirSync(root, { recursive: true }) !== undefined) fs.chmodSync(root, 0o755);
      const { uid, mode } = fs.statSync(root);
      const ours = uid === process.getuid?.() && (mode & 0o022) === 0;
      if (ours && (await canEnter(root, account))) return root;
    } catch (error) {
      if (!hasCode(error, 'EACCES', 'EROFS', 'ENOTDIR', 'EEXIST', 'EPERM')) throw error;
    }
  }
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-'));
  fs.chmodSync(temporary, 0o755);
  return temporary;
}
