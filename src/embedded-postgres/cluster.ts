import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Home } from './home.js';
import { exists, explain, hasCode, run, type Log } from './program.js';

const INITDB = [
  '--username=rollcall',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** Makes the cluster beside its place and moves it there in one step, so that a crash leaves none or a whole one. */
export async function createCluster(home: Home, binaries: string, log: Log): Promise<void> {
  await removeUnfinished(home.directory);
  const cluster = path.join(home.directory, 'data');
  if (fs.existsSync(cluster)) return;
  log(`PostgreSQL: making a new database in ${home.directory}`);
  const unfinished = path.join(
    home.directory,
    `new-${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  const passwordFile = `${unfinished}.password`;
  fs.writeFileSync(passwordFile, randomBytes(24).toString('base64url'), {
    mode: 0o600,
    flag: 'wx',
  });
  if (home.account) fs.chownSync(passwordFile, home.account.uid, home.account.gid);
  try {
    await run(
      path.join(binaries, 'initdb'),
      [`--pgdata=${unfinished}`, `--pwfile=${passwordFile}`, ...INITDB],
      home.account,
    );
  } catch (error) {
    throw new Error(
      `PostgreSQL could not make its database in ${home.directory}: ${explain(error)}`,
    );
  }
  fs.renameSync(passwordFile, path.join(unfinished, 'rollcall.password'));
  try {
    fs.renameSync(unfinished, cluster);
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY', 'EPERM')) throw error;
    fs.rmSync(unfinished, { recursive: true });
  }
  syncFolder(home.directory);
}

/** What a service that was killed during initdb left. */
async function removeUnfinished(home: string): Promise<void> {
  for (const name of fs.readdirSync(home)) {
    const maker = /^new-(\d+)-/.exec(name)?.[1];
    if (maker !== undefined && !exists(Number(maker))) {
      // Its initdb may still be writing, for a second at most.
      await fs.promises.rm(path.join(home, name), { recursive: true, force: true, maxRetries: 8 });
    }
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}
