import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Programs are named by path, because an alias in package.json may take over a name in .bin. */
const STEPS = [
  ['format', 'node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn'],
  [
    'lint',
    'node_modules/oxlint/bin/oxlint',
    '--type-aware',
    'src',
    'test',
    'scripts',
    'bench',
    'demo',
    'ormconfig.ts',
  ],
  ['types', 'node_modules/typescript-native/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  [
    'imports',
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    'src',
    '--config',
    '.dependency-cruiser.cjs',
  ],
  ['docs', 'scripts/check-docs.mjs'],
  ['compose', 'scripts/check-compose.mjs'],
];

const failed = STEPS.filter((step) => !passes(step));
process.exitCode = failed.length > 0 ? 1 : 0;

function passes([name, program, ...args]) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status === 0;
}
