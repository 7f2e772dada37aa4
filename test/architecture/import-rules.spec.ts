import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(import.meta.dirname, '..', '..');
const config = path.join(root, '.dependency-cruiser.cjs');
const run = promisify(execFile);

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Rule, the folder or file that breaks it, and what it imports: a path below src/, or a package. */
const PLANTED = [
  ['scim-is-a-pure-library', 'scim/', 'domain/target.js'],
  ['scim-is-a-pure-library', 'scim/', '@nestjs/common'],
  ['scim-is-a-pure-library', 'scim/', 'typeorm'],
  ['scim-is-a-pure-library', 'scim/', 'node:crypto'],
  ['domain-is-pure', 'domain/', 'scim/target.js'],
  ['domain-is-pure', 'domain/', 'node:fs'],
  ['domain-is-pure', 'domain/', 'uuid'],
  ['event-store-knows-only-events', 'event-store/', 'commands/target.js'],
  ['event-store-knows-only-events', 'event-store/', 'projections/target.js'],
  ['event-store-knows-only-events', 'event-store/', 'http/target.js'],
  ['event-store-uses-domain-types-only', 'event-store/', 'domain/target.js'],
  ['event-store-drivers-in-adapters', 'event-store/', 'pg'],
  ['commands-never-read-projections', 'commands/', 'projections/target.js'],
  ['commands-never-read-projections', 'commands/', 'http/target.js'],
  ['commands-use-no-database', 'commands/', 'typeorm'],
  ['projections-never-command', 'projections/', 'commands/target.js'],
  ['projections-never-command', 'projections/', 'http/target.js'],
  ['projections-use-domain-types-only', 'projections/', 'domain/target.js'],
  ['delivery-follows-the-log', 'delivery/', 'commands/target.js'],
  ['delivery-follows-the-log', 'delivery/', 'projections/target.js'],
  ['delivery-follows-the-log', 'delivery/', 'http/target.js'],
  ['delivery-uses-domain-types-only', 'delivery/', 'domain/target.js'],
  ['http-decides-nothing', 'http/', 'event-store/target.js'],
  ['http-decides-nothing', 'http/', 'commands/target.js'],
  ['http-decides-nothing', 'http/', 'projections/target.js'],
  ['http-uses-domain-types-only', 'http/', 'domain/target.js'],
  ['http-uses-no-database', 'http/', 'typeorm'],
  ['cli-works-without-http', 'cli/', 'http/target.js'],
  ['console-sees-the-contract-only', 'console/', 'domain/target.js'],
  ['composition-root-is-on-top', 'http/', 'app.module.js'],
  ['source-stands-alone', 'database.ts', '../ormconfig.js'],
  ['source-stands-alone', 'http/', '../test/target.js'],
  ['declared-dependencies-only', 'http/', 'fast-check'],
  ['no-unresolvable-imports', 'http/', 'http/missing.js'],
  ['no-circular', 'projections/circle-back.ts', 'projections/circle.js'],
  ['no-orphans', 'http/orphan.ts', undefined],
] as const;

const planted = PLANTED.map(([rule, place, imported], index) => ({
  rule,
  imported: imported ?? 'nothing',
  file: `src/${place.endsWith('/') ? `${place}planted-${index}.ts` : place}`,
}));

let folder: string;
let found: readonly Violation[];

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-rules-'));
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const name of ['package.json', 'tsconfig.json']) {
    fs.copyFileSync(path.join(root, name), path.join(folder, name));
  }
  plantTargets();
  for (const [index, { file, imported }] of planted.entries()) {
    if (imported === 'nothing') write(file, 'export const alone = 1;\n');
    else write(file, importing(file, imported, index));
  }
  write('src/projections/circle.ts', "import './circle-back.js';\nexport const planted = 1;\n");
  found = await violationsIn(folder, '--preserve-symlinks');
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

it.each(planted)('$rule catches $file importing $imported', ({ rule, file }) => {
  const rules = found.filter(({ from }) => from === file).map((violation) => violation.rule.name);
  expect(rules).toContain(rule);
});

it('has a planted violation for every rule', () => {
  const { forbidden } = createRequire(import.meta.url)(config) as {
    forbidden: readonly { readonly name: string }[];
  };
  const rules = forbidden.map(({ name }) => name);
  expect(new Set(planted.map(({ rule }) => rule))).toEqual(new Set(rules));
});

it('finds nothing in this repository', async () => {
  const violations = await violationsIn(root);
  expect(violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
});

async function violationsIn(
  directory: string,
  ...options: string[]
): Promise<readonly Violation[]> {
  const program = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout } = await run(
    process.execPath,
    [program, 'src', '--config', config, '--output-type', 'json', ...options],
    { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: { stdout: string }) => error);
  const { summary } = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } };
  return summary.violations;
}

function plantTargets(): void {
  const folders = ['scim', 'domain', 'event-store', 'commands', 'projections', 'http'];
  for (const name of folders) write(`src/${name}/target.ts`, 'export const planted = 1;\n');
  write('src/app.module.ts', 'export const planted = 1;\n');
  write('ormconfig.ts', 'export const planted = 1;\n');
  write('test/target.ts', 'export const planted = 1;\n');
}

/** Uses what it imports, so that the import is not one of types only. */
function importing(file: string, imported: string, index: number): string {
  const local = imported.endsWith('.js');
  const target = path.relative(path.dirname(file), path.join('src', imported));
  const specifier = local ? (target.startsWith('.') ? target : `./${target}`) : imported;
  return `import * as target from '${specifier}';\nexport const planted${index} = target;\n`;
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
}
