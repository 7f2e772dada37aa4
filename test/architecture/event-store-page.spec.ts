import path from 'node:path';

const { contractCases, problemsInPage } = (await import(
  '../../scripts/describe-contract.mjs' as string
)) as {
  readonly contractCases: (root: string) => Promise<readonly string[]>;
  readonly problemsInPage: (
    page: string,
    cases: readonly string[],
    tests: readonly string[],
  ) => string[];
};

const CASES = ['append keeps | bars', 'appendMany is all or none'];
const TESTS = ["it('is answered late, and stored once', () => undefined);"];
const SOUND = `“is answered late, and stored once”
<!-- npm run docs:contract writes from here -->

| case | PostgreSQL | EventStoreDB (double) | EventStoreDB (live) |
| --- | --- | --- | --- |
| append keeps \\| bars | ✓ | ✓ | not run |
| appendMany is all or none | ✓ | not offered | not offered |

<!-- to here -->
`;

it('has nothing against a page that tells every case and test', () => {
  expect(problemsInPage(SOUND, CASES, TESTS)).toEqual([]);
});

it.each<[string, (page: string) => string, RegExp]>([
  [
    'lacks a case',
    (page) => page.replace(/^\| append keeps.*\n/m, ''),
    /lacks "append keeps \| bars"/,
  ],
  [
    'has a case too many',
    (page) => page.replace('all or none', 'fast'),
    /has "appendMany is fast"/,
  ],
  [
    'shows a failure',
    (page) => page.replace('✓ | ✓', '✓ | ✗ failed'),
    /not every adapter keeps "app/,
  ],
  [
    'shows a case that was skipped',
    (page) => page.replace('✓ | ✓', '✓ | not offered'),
    /keeps "app/,
  ],
  [
    'quotes a test that is not there',
    (page) => page.replace('late', 'soon'),
    /no test is called "is ans/,
  ],
])('finds a page that %s', (_, change, problem) => {
  expect(problemsInPage(change(SOUND), CASES, TESTS).join('\n')).toMatch(problem);
});

it('finds the cases of the contract as Jest names them', async () => {
  const cases = await contractCases(path.join(import.meta.dirname, '../..'));
  expect(cases).toContain('append refuses to append at a revision that has passed');
  expect(cases).toContain('append appends at 1 to a stream of 2 events');
  expect(cases).toContain('appendMany appends nothing when stream 0 of three is refused');
});
