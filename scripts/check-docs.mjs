import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { contractCases, PAGE as EVENT_STORE_PAGE, problemsInPage } from './describe-contract.mjs';
import { describeEvents } from './describe-events.mjs';
import { PAGE, REQUIREMENTS, describeRequirements } from './requirements.mjs';

/**
 * What the documents of the repository at `root` say that is not so.
 * @param variables the environment variables that the service reads
 */
export function problemsInDocs(root, variables) {
  const repository = new Repository(root);
  return [
    ...brokenLinks(repository),
    ...unknownScripts(repository),
    ...variablesOutOfStep(repository, variables),
    ...dependenciesWithoutReason(repository),
    ...unknownSections(repository),
    ...eventsOutOfStep(repository),
    ...requirementsOutOfStep(repository),
  ];
}

function eventsOutOfStep(repository) {
  const source = repository.read('src/domain/events.ts');
  if (source === '' || repository.read('docs/events.md') === `${describeEvents(source)}\n`)
    return [];
  return ['docs/events.md: not what src/domain/events.ts says; npm run docs:events writes it anew'];
}

function requirementsOutOfStep(repository) {
  if (!repository.has(REQUIREMENTS)) return [];
  const { page, problems } = describeRequirements(repository.root);
  if (repository.read(PAGE) === page) return problems;
  const stale = `${PAGE}: not what ${REQUIREMENTS} and the tests say; npm run docs:requirements writes it anew`;
  return [...problems, stale];
}

async function problemsInEventStorePage(repository) {
  const tests = ['test/event-store', 'test/faults'].flatMap((folder) =>
    repository.files(folder, '.ts').map((file) => repository.read(file)),
  );
  const cases = await contractCases(repository.root);
  return problemsInPage(repository.read(EVENT_STORE_PAGE), cases, tests);
}

class Repository {
  constructor(root) {
    this.root = root;
  }

  has(file) {
    return existsSync(path.join(this.root, file));
  }

  read(file) {
    return this.has(file) ? readFileSync(path.join(this.root, file), 'utf8') : '';
  }

  files(folder, extension) {
    if (!this.has(folder)) return [];
    return readdirSync(path.join(this.root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(extension))
      .map((name) => path.join(folder, name));
  }

  get documents() {
    const atTop = readdirSync(this.root).filter((name) => name.endsWith('.md'));
    return [...atTop, ...this.files('docs', '.md')];
  }

  get manifest() {
    return JSON.parse(this.read('package.json'));
  }
}

function brokenLinks(repository) {
  return repository.documents.flatMap((file) =>
    linksOf(repository.read(file))
      .filter((link) => !leadsSomewhere(repository, file, link))
      .map((link) => `${file}: the link ${link} leads nowhere`),
  );
}

function linksOf(markdown) {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(repository, file, link) {
  const [target, anchor] = link.split('#');
  const found = target === '' ? file : path.join(path.dirname(file), target);
  if (!repository.has(found)) return false;
  return !anchor || !found.endsWith('.md') || anchorsOf(repository.read(found)).includes(anchor);
}

/** As GitHub makes them from headings. */
function anchorsOf(markdown) {
  return [...withoutCode(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, heading]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(markdown) {
  return markdown.replace(/^```[^]*?^```/gm, '');
}

function unknownScripts(repository) {
  const { scripts } = repository.manifest;
  return repository.documents.flatMap((file) =>
    [...repository.read(file).matchAll(/npm run ([\w:-]+)/g)]
      .filter(([, name]) => !(name in scripts))
      .map(([command]) => `${file}: package.json has no script for ${command}`),
  );
}

/** The README's table whose first column is headed "variable" names every variable, and no other. */
function variablesOutOfStep(repository, variables) {
  const [, rows = ''] =
    /^\| *variables? *\|.*\n\|[-| :]+\n((?:\|.*\n)*)/im.exec(repository.read('README.md')) ?? [];
  const firstColumn = rows.split('\n').map((row) => row.split('|')[1] ?? '');
  const documented = firstColumn.flatMap((cell) =>
    [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  );
  return [
    ...variables
      .filter((name) => !documented.includes(name))
      .map((name) => `README.md: the table of variables lacks ${name}`),
    ...documented
      .filter((name) => !variables.includes(name))
      .map(
        (name) =>
          `README.md: the table of variables has ${name}, which src/config.ts does not read`,
      ),
  ];
}

function dependenciesWithoutReason(repository) {
  const { dependencies, devDependencies, optionalDependencies } = repository.manifest;
  const named = repository.read('docs/dependencies.md');
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter((name) => ![name, name.replace(/\/.*/, '/*')].some((it) => named.includes(`\`${it}\``)))
    .map((name) => `docs/dependencies.md: does not say what ${name} is for`);
}

function unknownSections(repository) {
  const sections = JSON.parse(repository.read('test/support/rfc-sections.json') || '{}');
  const files = [...repository.files('src', '.ts'), ...repository.files('test', '.ts')];
  return files.flatMap((file) =>
    [...repository.read(file).matchAll(/RFC (\d{4}) §(\d+(?:\.\d+)*)/g)]
      .filter(([, rfc, section]) => sections[rfc] && !sections[rfc].includes(section))
      .map(([citation]) => `${file}: there is no ${citation}`),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await import('./register-typescript.mjs');
  const { CONFIG_VARIABLES } = await import('../src/config.ts');
  const root = path.join(import.meta.dirname, '..');
  const problems = [
    ...problemsInDocs(root, CONFIG_VARIABLES),
    ...(await problemsInEventStorePage(new Repository(root))),
  ];
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
