import pg from 'pg';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { DirectoryQueries } from '../../src/projections/directory/directory.queries.js';
import { groupType, userType } from '../../src/scim/schema.js';
import { parsed } from './random-directory.js';
import { openReadSide, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_1';
const acme = 'acme' as OrganizationId;
const page = { startIndex: 1, count: 10 };

describe('after a client has composed filters of 250 shapes', () => {
  let readSide: ReadSide;
  let pool: pg.Pool;
  let queries: DirectoryQueries;

  beforeAll(async () => {
    readSide = await openReadSide();
    await readSide.createTables(new DirectoryProjection(readSide.store), SCHEMA);
    pool = new pg.Pool({ connectionString: readSide.url, max: 1 });
    queries = new DirectoryQueries(pool, SCHEMA);
    for (let shape = 1; shape <= 250; shape += 1) {
      const text = Array.from({ length: shape }, () => 'title pr').join(' or ');
      await queries.users(acme, { ...page, filter: parsed(userType, text) });
    }
  });
  afterAll(async () => {
    await pool.end();
    await readSide.close();
  });

  const prepared = async (): Promise<number> => {
    const { rows } = await pool.query<{ count: string }>(
      'SELECT count(*) FROM pg_prepared_statements',
    );
    return Number(rows[0]!.count);
  };

  it('no more than 200 of them are prepared', async () => {
    expect(await prepared()).toBe(200);
  });

  it.each<{ read: string; run: (queries: DirectoryQueries) => Promise<unknown> }>([
    { read: 'a plain page of users', run: (q) => q.users(acme, page) },
    { read: 'a plain page of groups', run: (q) => q.groups(acme, page, true) },
    { read: 'a count of users', run: (q) => q.users(acme, { ...page, count: 0 }) },
    ...['userName', 'externalId', 'id'].map((name) => ({
      read: `a look-up of a user by ${name}`,
      run: (q: DirectoryQueries) =>
        q.users(acme, { ...page, filter: parsed(userType, `${name} eq "a"`) }),
    })),
    ...['displayName', 'externalId', 'id'].map((name) => ({
      read: `a look-up of a group by ${name}`,
      run: (q: DirectoryQueries) =>
        q.groups(acme, { ...page, filter: parsed(groupType, `${name} eq "a"`) }, false),
    })),
  ])('$read is still prepared', async ({ run }) => {
    const before = await prepared();
    await run(queries);
    expect(await prepared()).toBeGreaterThan(before);
  });
});
