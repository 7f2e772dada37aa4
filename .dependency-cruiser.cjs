/** The import rules of the folders in src/. test/architecture/import-rules.spec.ts plants a violation of each. */

/** `folder` may import itself, what `allowed` names, and nothing else below src/. */
const onlyImports = (name, comment, folder, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed] },
});

/** `folder` imports from src/domain/ types, which leave no trace when the program runs, and `allowed` values. */
const onlyTypesOfDomain = (name, comment, folder, allowed = []) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/domain/', pathNot: allowed, dependencyTypesNot: ['type-only'] },
});

const DATABASE = '^node_modules/(typeorm|pg|pg-[^/]+|@eventstore)/';

module.exports = {
  forbidden: [
    {
      name: 'scim-is-a-pure-library',
      comment:
        'The protocol knows nothing of us or of a framework; it reads its own schema documents and no more.',
      severity: 'error',
      from: { path: '^src/scim/' },
      to: { pathNot: ['^src/scim/', '^(fs|url)$'] },
    },
    {
      name: 'domain-is-pure',
      comment:
        'A decision depends on its arguments alone, so that replay gives the same answer for ever.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    onlyImports(
      'event-store-knows-only-events',
      'The log stores what happened and does not know who decides or reads it.',
      'event-store',
      ['^src/domain/', '^src/config\\.ts$'],
    ),
    onlyTypesOfDomain(
      'event-store-uses-domain-types-only',
      'The log must be able to store an event whose decider it has never seen.',
      'event-store',
    ),
    {
      name: 'event-store-drivers-in-adapters',
      comment: 'A database driver outside the adapters would leak one store through the port.',
      severity: 'error',
      from: { path: '^src/event-store/', pathNot: '^src/event-store/(postgres|eventstoredb)' },
      to: { path: DATABASE },
    },
    onlyImports(
      'commands-never-read-projections',
      'The write side decides from streams; a projection may be behind.',
      'commands',
      ['^src/(domain|scim|event-store)/'],
    ),
    {
      name: 'commands-use-no-database',
      comment: 'The write side keeps nothing but events, and those go through the port.',
      severity: 'error',
      from: { path: '^src/commands/' },
      to: { path: DATABASE },
    },
    onlyImports(
      'projections-never-command',
      'The read side is a function of the log; it never appends.',
      'projections',
      ['^src/(domain|scim|event-store)/', '^src/config\\.ts$'],
    ),
    onlyTypesOfDomain(
      'projections-use-domain-types-only',
      'A rebuilt table must not depend on how decisions are made today.',
      'projections',
      ['^src/domain/(lease|policies)\\.ts$'],
    ),
    onlyImports(
      'delivery-follows-the-log',
      'Outbound delivery is one more subscriber: it neither commands nor reads the directory.',
      'delivery',
      ['^src/(domain|event-store)/', '^src/config\\.ts$'],
    ),
    onlyTypesOfDomain(
      'delivery-uses-domain-types-only',
      'What is delivered is what was recorded, not what would be decided today.',
      'delivery',
    ),
    onlyImports(
      'http-decides-nothing',
      'The edge sends commands and queries: no log, no handlers, no tables.',
      'http',
      [
        '^src/(scim|domain)/',
        '^src/commands/messages\\.ts$',
        '^src/projections/.+\\.queries\\.ts$',
        '^src/projections/projector\\.ts$',
        '^src/projections/access/token-usage\\.ts$',
        '^src/projections/scim-requests/request-log\\.ts$',
        '^src/config\\.ts$',
      ],
    ),
    onlyTypesOfDomain(
      'http-uses-domain-types-only',
      'A decider called from the edge would decide without a stream; the error filters know rejections.',
      'http',
      ['^src/domain/(rejection|policies|lease)\\.ts$'],
    ),
    {
      name: 'http-uses-no-database',
      comment: 'SQL in a controller would escape the projections that own the tables.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: DATABASE },
    },
    onlyImports(
      'cli-works-without-http',
      'The operator needs the log and the projections when nothing listens.',
      'cli',
      ['^src/(event-store|projections|domain)/', '^src/(config|database|embedded-postgres)\\.ts$'],
    ),
    onlyImports(
      'console-sees-the-contract-only',
      "The console is a client: it shares the admin API's types and nothing else.",
      'console',
      ['^src/http/admin/contract\\.ts$'],
    ),
    {
      name: 'composition-root-is-on-top',
      comment: 'What wires everything together is imported by nothing it wires.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(main|app\\.module)\\.ts$' },
    },
    {
      name: 'source-stands-alone',
      comment: 'What ships imports neither tests nor scripts nor the configuration of tools.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/|^ormconfig\\.ts$' },
    },
    {
      name: 'declared-dependencies-only',
      comment: 'npm ci --omit=dev must leave everything that the service imports.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'no-unresolvable-imports',
      comment: 'An import that leads nowhere fails when it is reached.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circular',
      comment: 'A circle has no first file to read and, in ESM, no safe order of evaluation.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports is dead, unless it is where a process starts.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/main\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['import', 'require', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
