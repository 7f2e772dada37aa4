/** Folders are filled under a name of their own and then renamed, so that a crash leaves none or a whole one. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { exists, hasCode } from './program.js';

/** Where this process may fill what will be `place`. */
export function unfinished(place: string): string {
  return `${place}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Moves the filled folder to its place; when another process was first, that one's stays and ours is removed. */
export function finish(filled: string, place: string): void {
  try {
    fs.renameSync(filled, place);
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOTDIR')) throw error;
    fs.rmSync(filled, { recursive: true });
  }
}

/** Removes what killed processes left in `folder`. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of fs.readdirSync(folder)) {
    const maker = /\.new-(\d+)-/.exec(name)?.[1];
    if (maker === undefined || exists(Number(maker))) continue;
    // A program that the process had started may still be writing there, for a second at most.
    await fs.promises.rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 8 });
  }
}
