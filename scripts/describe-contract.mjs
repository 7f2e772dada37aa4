/** Writes into docs/event-store.md what every adapter made of every case of the contract, by running them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import prettier from 'prettier';

export const PAGE = 'docs/event-store.md';
const BEGIN = '<!-- npm run docs:contract writes from here -->';
const END = '<!-- to here -->';
const SUITES = ['test/event-store/postgres.spec.ts', 'test/event-store/eventstoredb.spec.ts'];
const LIVE = 'on the server that EVENTSTORE_URL names ';
/** The columns, and how Jest names a case of each. */
const ADAPTERS = [
  ['PostgreSQL', (title) => `PostgreSQL as an event store ${title}`],
  ['EventStoreDB (double)', (title) => `EventStoreDB as an event store ${title}`],
  ['EventStoreDB (live)', (title) => `${LIVE}EventStoreDB as an event store ${title}`],
];
const MARKS = { passed: '✓', failed: '✗ failed', pending: 'not offered' };
const NOT_RUN = 'not run';

/**
 * The titles of the cases, without the adapter's. Whoever calls it can import TypeScript.
 * @param {string} root of the repository
 */
export async function contractCases(root) {
  const collector = new Collector();
  const before = {};
  for (const [name, stub] of Object.entries(collector.globals)) {
    before[name] = globalThis[name];
    globalThis[name] = stub;
  }
  try {
    const contract = path.join(root, 'test/event-store/contract.ts');
    const { eventStoreContract } = await import(pathToFileURL(contract).href);
    eventStoreContract('', async () => undefined, { appendMany: true });
  } finally {
    Object.assign(globalThis, before);
  }
  return collector.titles.map((title) => title.replace(/^ as an event store /, ''));
}

/**
 * What the page says that is not so.
 * @param {string} page its text
 * @param {readonly string[]} cases
 * @param {readonly string[]} tests the sources of tests whose titles the page quotes
 */
export function problemsInPage(page, cases, tests) {
  const stale = (what) => `${PAGE}: ${what}; npm run docs:contract writes it anew`;
  const rows = rowsOf(page);
  const listed = rows.map(([title]) => title);
  return [
    ...cases.filter((title) => !listed.includes(title)).map((title) => stale(`lacks "${title}"`)),
    ...listed
      .filter((title) => !cases.includes(title))
      .map((title) => stale(`has "${title}", which is no case of the contract`)),
    ...rows
      .filter((cells) => !isKept(cells))
      .map(([title]) => `${PAGE}: not every adapter keeps "${title}"`),
    ...quotedTitles(page)
      .filter((title) => !tests.some((source) => source.includes(`'${title}'`)))
      .map((title) => `${PAGE}: no test is called "${title}"`),
  ];
}

function isKept([title, postgres, double, live]) {
  // Appending to several streams is the one capability that an adapter may lack.
  const offered = title.startsWith('appendMany ') ? [MARKS.passed, MARKS.pending] : [MARKS.passed];
  return (
    postgres === MARKS.passed && offered.includes(double) && [...offered, NOT_RUN].includes(live)
  );
}

/** In the guards' table, tests stand in quotation marks. */
const quotedTitles = (page) => [...page.matchAll(/“([^”]+)”/g)].map(([, title]) => title);

/** The table's cells, without its head. */
function rowsOf(page) {
  const table = page.split(BEGIN)[1]?.split(END)[0] ?? '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|').replace(/^`|`$/g, '')));
}

/** Stands in for Jest's globals and notes the titles, as Jest makes them. */
class Collector {
  titles = [];
  #path = [];

  get globals() {
    const describe = (name, body) => {
      this.#path.push(name);
      body();
      this.#path.pop();
    };
    describe.skip = () => undefined;
    const it = (title) => this.titles.push([...this.#path, title].join(' '));
    it.each = (table) => (title) => {
      const places = title.match(/%[a-z]/g)?.length ?? 0;
      for (const row of table) it(format(title, ...[row].flat().slice(0, places)));
    };
    const nothing = () => undefined;
    return { describe, it, beforeAll: nothing, afterAll: nothing, beforeEach: nothing };
  }
}

/** By Jest's full name: passed, failed or pending. */
function runSuites(root) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-contract-'));
  const file = path.join(folder, 'results.json');
  const args = ['scripts/test.mjs', ...SUITES, '-t', 'as an event store', '--json'];
  spawnSync(process.execPath, [...args, `--outputFile=${file}`], { cwd: root, stdio: 'ignore' });
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  return new Map(results.map(({ fullName, status }) => [fullName, status]));
}

async function write(root) {
  const file = path.join(root, PAGE);
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest.split(END)[1];
  const known = new Map(rowsOf(page).map(([title, ...cells]) => [title, cells]));
  const results = runSuites(root);
  const withLive = Boolean(process.env.EVENTSTORE_URL);
  const cellOf = (title, column) => {
    const [adapter, fullName] = ADAPTERS[column];
    if (adapter.includes('live') && !withLive) return known.get(title)?.[column] ?? NOT_RUN;
    return MARKS[results.get(fullName(title))] ?? NOT_RUN;
  };
  const cases = await contractCases(root);
  const rows = cases.map((title) => {
    const cells = ADAPTERS.map((_, column) => cellOf(title, column));
    return `| ${title.replaceAll('|', '\\|')} | ${cells.join(' | ')} |`;
  });
  const head = [`| case | ${ADAPTERS.map(([name]) => name).join(' | ')} |`, '|---|---|---|---|'];
  const text = `${before}${BEGIN}\n\n${[...head, ...rows].join('\n')}\n\n${END}${after}`;
  const style = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(text, { ...style, parser: 'markdown' }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await import('./register-typescript.mjs');
  await write(fileURLToPath(new URL('..', import.meta.url)));
}
