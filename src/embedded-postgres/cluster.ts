import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Home } from './home.js';
import { explain, run, type Log } from './program.js';
import { finish, removeUnfinished, unfinished } from './unfinished.js';

const INITDB = [
  '--username=rollcall',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** Makes the cluster, with the password of its role in it, unless there is one. */
export async function createCluster(home: Home, binaries: string, log: Log): Promise<void> {
  await removeUnfinished(home.directory);
  const cluster = path.join(home.directory, 'data');
  if (fs.existsSync(cluster)) return;
  log(`PostgreSQL: making a new database in ${home.directory}`);
  const filled = unfinished(cluster);
  const passwordFile = `${filled}.password`;
  fs.writeFileSync(passwordFile, randomBytes(24).toString('base64url'), {
    mode: 0o600,
    flag: 'wx',
  });
  if (home.account) fs.chownSync(passwordFile, home.account.uid, home.account.gid);
  try {
    await run(
      path.join(binaries, 'initdb'),
      [`--pgdata=${filled}`, `--pwfile=${passwordFile}`, ...INITDB],
      home.account,
    );
  } catch (error) {
    throw new Error(
      `PostgreSQL could not make its database in ${home.directory}: ${explain(error)}`,
    );
  }
  fs.renameSync(passwordFile, path.join(filled, 'rollcall.password'));
  finish(filled, cluster);
  syncFolder(home.directory);
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}
