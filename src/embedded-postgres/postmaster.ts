/** Who holds the data directory: reads and repairs PostgreSQL's lock file, `postmaster.pid`. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { exists, hasCode } from './program.js';

export interface Postmaster {
  readonly pid: number;
  /** Undefined until a starting server has written it. */
  readonly port: number | undefined;
  /** `dead`: the process is gone, is a zombie, or is another program that was given the same number. */
  readonly state: 'alive' | 'dead';
}

/** No process has it: it is above the largest process number of every system. */
const NOBODY = 2_147_483_647;

/** What the lock file names; undefined when there is none. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  const lines = readLines(dataDir);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  return {
    pid,
    port: Number.isInteger(port) && port > 0 ? port : undefined,
    state: isPostmasterOf(pid, dataDir) ? 'alive' : 'dead',
  };
}

/**
 * Lets a new server start although the number in the lock file belongs to a zombie or to an unrelated program, which
 * PostgreSQL takes for a living server. Only that number is replaced: the rest of the file lets PostgreSQL itself refuse
 * to start while processes of the old server still use its shared memory.
 */
export function disown(dataDir: string, { pid }: Postmaster): void {
  const lines = readLines(dataDir);
  // PostgreSQL itself sees through a number that nobody has.
  if (lines === undefined || Number(lines[0]) !== pid || !exists(pid)) return;
  fs.writeFileSync(lockFile(dataDir), [NOBODY, ...lines.slice(1)].join('\n'));
}

function lockFile(dataDir: string): string {
  return path.join(dataDir, 'postmaster.pid');
}

function readLines(dataDir: string): string[] | undefined {
  try {
    return fs.readFileSync(lockFile(dataDir), 'utf8').split('\n');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isPostmasterOf(pid: number, dataDir: string): boolean {
  switch (process.platform) {
    case 'linux':
      return isPostmasterOnLinux(pid, dataDir);
    case 'darwin':
      return isPostmasterByCommand(pid, dataDir);
    default:
      return exists(pid);
  }
}

/** A postmaster works in its data directory. */
function isPostmasterOnLinux(pid: number, dataDir: string): boolean {
  try {
    const status = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (/\) [ZX] /.test(status)) return false;
    return fs.readlinkSync(`/proc/${pid}/cwd`) === dataDir;
  } catch (error) {
    // Not ours to look at: then it runs as another user than PostgreSQL, which runs as us.
    if (hasCode(error, 'ENOENT', 'EACCES', 'ESRCH')) return false;
    throw error;
  }
}

function isPostmasterByCommand(pid: number, dataDir: string): boolean {
  try {
    const shown = execFileSync('ps', ['-o', 'stat=,command=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    return !shown.startsWith('Z') && shown.includes(dataDir);
  } catch {
    return false;
  }
}
