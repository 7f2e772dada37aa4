import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}dist/.built-from`;
const lock = `${root}node_modules/.rollcall-build`;

/**
 * Builds dist/ unless it was built from exactly these sources.
 * @throws Error with the compiler's output when the build fails
 */
export async function ensureBuilt() {
  if (isCurrent()) return;
  await whileLocked(() => {
    if (isCurrent()) return;
    const sources = fingerprint();
    const nest = `${root}node_modules/@nestjs/cli/bin/nest.js`;
    const build = spawnSync(process.execPath, [nest, 'build'], { cwd: root, encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`the build failed\n${build.stdout}${build.stderr}`);
    writeFileSync(stamp, sources);
  });
}

function isCurrent() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

/** Changes when a source file is added, removed, edited or touched. */
function fingerprint() {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name}`)
    .concat('.swcrc', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json')
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(root + file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** One build at a time: a build removes dist/ first. A lock whose owner is gone is taken over. */
async function whileLocked(build) {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!ownerIsAlive()) rmSync(lock, { recursive: true, force: true });
      else await sleep(100);
    }
  }
  try {
    writeFileSync(`${lock}/pid`, String(process.pid));
    build();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function ownerIsAlive() {
  try {
    process.kill(Number(readFileSync(`${lock}/pid`, 'utf8')), 0);
    return true;
  } catch {
    // No pid yet means that the owner has this instant taken the lock.
    return existsSync(lock) && Date.now() - statSync(lock).mtimeMs < 1000;
  }
}
