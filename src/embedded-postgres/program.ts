import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The user PostgreSQL runs as; undefined is the user of this process. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

export type Log = (line: string) => void;

export const onWindows = process.platform === 'win32';

const execute = promisify(execFile);

/**
 * Runs one of PostgreSQL's programs to its end, with an environment of ours, so that PGPORT and the like do not leak in.
 * @returns what it printed
 * @throws Error with `stderr`, and `code` (exit status, or EACCES and the like when it could not be started)
 */
export async function run(
  command: string,
  args: readonly string[],
  account: Account,
): Promise<string> {
  const { stdout } = await execute(command, args, {
    ...account,
    ...(onWindows ? {} : { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }),
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

/** By its fields, not its class: under Jest, Node's own errors are not instances of the test's `Error`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return isObject(error) && codes.some((code) => code === error.code);
}

/** What a failed program said, else why it could not be started. */
export function explain(error: unknown): string {
  if (!isObject(error)) return String(error);
  const said = typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return said === '' ? String(error.message) : said;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Whether there is such a process, a zombie included, of any user. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
