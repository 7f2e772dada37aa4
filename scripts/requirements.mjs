import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

export const REQUIREMENTS = 'docs/requirements.json';
export const PAGE = 'docs/requirements.md';

/** In a walk the title's first word is the requirement it checks; elsewhere a title may name several. */
const WALKS = path.join('test', 'walks');

/**
 * What docs/requirements.md must say of the tests of the repository at `root`, and what is wrong with them:
 * requirements that no test names, and names that no requirement has.
 */
export function describeRequirements(root) {
  const requirements = JSON.parse(readFileSync(path.join(root, REQUIREMENTS), 'utf8'));
  const tests = testsOf(root);
  const named = new Set(tests.flatMap(({ names }) => names));
  const problems = [
    ...Object.keys(requirements)
      .filter((name) => !named.has(name))
      .map((name) => `docs/requirements.json: no test names ${name}`),
    ...tests.flatMap(({ file, title, names }) =>
      names
        .filter((name) => !(name in requirements))
        .map((name) => `${file}: "${title}" names ${name}, which is no requirement`),
    ),
  ];
  return { page: pageOf(requirements, tests), problems };
}

function pageOf(requirements, tests) {
  const rows = Object.entries(requirements).map(
    ([name, sentence]) => `| ${name} | ${sentence} | ${checksOf(name, tests)} |`,
  );
  return [
    '# Requirements',
    '',
    'Every requirement and the tests whose titles name it, generated from `docs/requirements.json` and `test/` by `npm run docs:requirements`.',
    '',
    '| requirement | what it asks for | checked by |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** One line a file. */
function checksOf(name, tests) {
  const titlesByFile = new Map();
  for (const { file, title, names } of tests) {
    if (!names.includes(name)) continue;
    const shown = title.replace(new RegExp(`^${name}:? `), '');
    titlesByFile.set(file, [...(titlesByFile.get(file) ?? []), shown]);
  }
  return [...titlesByFile]
    .map(([file, titles]) => {
      const link = `[${path.posix.relative('test', file)}](../${file})`;
      return `${link}: ${titles.join('; ').replaceAll('|', '\\|').replaceAll('<', '&lt;')}`;
    })
    .join('<br>');
}

function testsOf(root) {
  return readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => path.join('test', name))
    .sort()
    .flatMap((file) => {
      const titles = titlesIn(readFileSync(path.join(root, file), 'utf8'));
      return titles.map((title) => ({
        file: file.replaceAll(path.sep, '/'),
        title,
        names: namesIn(file, title),
      }));
    })
    .filter(({ names }) => names.length > 0);
}

function namesIn(file, title) {
  const pattern = file.startsWith(WALKS) ? /^R\d+\b/g : /\bR\d+\b/g;
  return [...new Set(title.match(pattern))];
}

/** The titles of `it(…)`, `it.each(…)(…)` and their like, as they are written. */
function titlesIn(source) {
  const titles = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('spec.ts', source, ts.ScriptTarget.Latest, true));
  return titles;
}

function isTest(callee) {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test';
  if (ts.isPropertyAccessExpression(callee)) {
    return callee.name.text !== 'each' && isTest(callee.expression);
  }
  return (
    ts.isCallExpression(callee) &&
    ts.isPropertyAccessExpression(callee.expression) &&
    callee.expression.name.text === 'each' &&
    isTest(callee.expression.expression)
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = path.join(import.meta.dirname, '..');
  const { page, problems } = describeRequirements(root);
  writeFileSync(path.join(root, PAGE), page);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
