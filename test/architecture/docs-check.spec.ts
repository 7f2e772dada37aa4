import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// In two parts, so that this file itself cites nothing unknown.
const UNKNOWN = ['RFC 7644', '§3.99'].join(' ');

const { problemsInDocs } = (await import('../../scripts/check-docs.mjs' as string)) as {
  readonly problemsInDocs: (root: string, variables: readonly string[]) => string[];
};

const SOUND = {
  'package.json': JSON.stringify({
    scripts: { demo: '' },
    dependencies: { pg: '1', '@os/a': '1' },
  }),
  'README.md':
    '# Roll\n[top](#roll) [docs](docs/dependencies.md#why-pg) [web](https://example.com)\n`npm run demo`\n\n' +
    '| variable | meaning |\n|---|---|\n| `PORT`, `HOST` | where |\n',
  'docs/dependencies.md': '## Why pg?\n`pg` `@os/*`\n',
  'src/a.ts': '/** RFC 7644 §3.5.2.2, RFC 9110 §99. */\n',
  'test/support/rfc-sections.json': '{ "7644": ["3.5.2.2"] }',
};

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-docs-'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

it('has nothing against sound documents', () => {
  expect(problemsWith({})).toEqual([]);
});

it.each([
  ['a link to no file', 'docs/a.md', '[x](b.md)', 'docs/a.md: the link b.md leads nowhere'],
  ['a link to no heading', 'docs/a.md', '# B\n[x](#c)', 'docs/a.md: the link #c leads nowhere'],
  [
    'an unknown script',
    'docs/a.md',
    '`npm run x`',
    'docs/a.md: package.json has no script for npm run x',
  ],
  ['an unknown section', 'src/b.ts', `// ${UNKNOWN}`, `src/b.ts: there is no ${UNKNOWN}`],
  [
    'a page of events that is out of step',
    'src/domain/events.ts',
    "/** A thing happened. */\nexport interface Happened {\n  readonly type: 'Happened';\n}\n",
    'docs/events.md: not what src/domain/events.ts says; npm run docs:events writes it anew',
  ],
  [
    'a dependency without a reason',
    'docs/dependencies.md',
    '## Why pg\n`@os/*`',
    'docs/dependencies.md: does not say what pg is for',
  ],
])('finds %s', (_, file, text, problem) => {
  expect(problemsWith({ [file]: text })).toContain(problem);
});

const STALE =
  'docs/requirements.md: not what docs/requirements.json and the tests say; npm run docs:requirements writes it anew';

it('finds a requirement that no test names, a name that no requirement has, and a stale page', () => {
  const changes = {
    'docs/requirements.json': JSON.stringify({ R1: 'One.', R2: 'Two.', R3: 'Three.' }),
    'test/walks/a.spec.ts':
      "it('R1 does', () => {});\nit.each([1])('R4 does %i as R2', () => {});\n",
    'test/b.spec.ts': "it('answers within a bound, as R3 asks', () => {});\n",
  };
  expect(problemsWith(changes)).toEqual([
    'docs/requirements.json: no test names R2',
    'test/walks/a.spec.ts: "R4 does %i as R2" names R4, which is no requirement',
    STALE,
  ]);
});

it('finds a variable that the README lacks', () => {
  expect(problemsWith({}, ['PORT', 'HOST', 'ROLE'])).toEqual([
    'README.md: the table of variables lacks ROLE',
  ]);
});

it('finds a variable that only the README has', () => {
  expect(problemsWith({}, ['PORT'])).toEqual([
    'README.md: the table of variables has HOST, which src/config.ts does not read',
  ]);
});

function problemsWith(changes: Record<string, string>, variables = ['PORT', 'HOST']): string[] {
  for (const [file, text] of Object.entries({ ...SOUND, ...changes })) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
  return problemsInDocs(folder, variables);
}
