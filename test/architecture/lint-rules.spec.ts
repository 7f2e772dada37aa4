import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

/** Rule, the file that breaks it, its text. */
const PLANTED = [
  [
    'no-floating-promises',
    'http/forgotten.ts',
    'async function f() {}\nexport const g = () => { f(); };',
  ],
  [
    'no-misused-promises',
    'http/misused.ts',
    'const f = async () => 1;\nexport const a = f() ? 1 : 2;',
  ],
  ['no-explicit-any', 'http/any.ts', 'export const a: any = 1;'],
  ['no-non-null-assertion', 'http/bang.ts', 'export const a = (b?: string) => b!.length;'],
  [
    'switch-exhaustiveness-check',
    'http/switch.ts',
    "export function f(a: 'x' | 'y') { switch (a) { case 'x': return 1; } return 2; }",
  ],
  ['no-process-env', 'http/environment.ts', 'export const a = process.env.PORT;'],
  ['no-console', 'http/print.ts', "console.log('x');"],
  ['no-restricted-properties', 'domain/now.ts', 'export const a = () => Date.now();'],
  ['no-restricted-properties', 'domain/chance.ts', 'export const a = () => Math.random();'],
  ['no-restricted-globals', 'domain/id.ts', 'export const a = () => crypto.randomUUID();'],
] as const;

const ALLOWED = [
  ['config.ts', 'export const a = process.env.PORT;'],
  ['commands/time-and-ids.ts', 'export const a = () => Date.now();'],
] as const;

let folder: string;
let report: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-lint-'));
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const name of ['package.json', 'tsconfig.json', '.oxlintrc.json']) {
    fs.copyFileSync(path.join(root, name), path.join(folder, name));
  }
  for (const [, file, text] of PLANTED) write(file, text);
  for (const [file, text] of ALLOWED) write(file, text);
  const program = path.join(root, 'node_modules', '.bin', 'oxlint');
  report = spawnSync(program, ['--type-aware', 'src', '--format', 'unix'], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout;
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

it.each(PLANTED)('%s catches src/%s', (rule, file) => {
  expect(complaintsAbout(file)).toContainEqual(expect.stringContaining(`(${rule})`));
});

it.each(ALLOWED)('nothing is wrong with src/%s', (file) => {
  expect(complaintsAbout(file)).toEqual([]);
});

/** No lint rule sees an argument list, and a Date without arguments is a clock. */
it('no decision reads the clock through a Date without arguments', () => {
  const domain = path.join(root, 'src', 'domain');
  const files = fs.readdirSync(domain, { recursive: true, encoding: 'utf8' });
  const clocks = files.filter((file) =>
    /new Date\(\s*\)/.test(fs.readFileSync(path.join(domain, file), 'utf8')),
  );
  expect(clocks).toEqual([]);
});

function complaintsAbout(file: string): string[] {
  return report.split('\n').filter((line) => line.includes(`src/${file}:`));
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, 'src', file)), { recursive: true });
  fs.writeFileSync(path.join(folder, 'src', file), `${text}\n`);
}
