import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { newOrganization, type TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';

const LISTS_OF_ONE = 4;

let database: TestDatabase;
let service: RunningService;
let blocker: pg.Client;
let organizations: readonly TestOrganization[];

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService({ databaseUrl: database.url });
  organizations = await Promise.all([1, 2, 3, 4].map(() => newOrganization(service)));
}, 60_000);

afterAll(async () => {
  await service.kill();
  await database.drop();
});

beforeEach(async () => {
  blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
});
afterEach(() => blocker.end());

/** @param mode ACCESS EXCLUSIVE stops reads, EXCLUSIVE only what the projection writes */
async function lockUsers(mode: 'ACCESS EXCLUSIVE' | 'EXCLUSIVE'): Promise<void> {
  const { rows } = await blocker.query<{ name: string }>(
    `SELECT format('%I.users', schemaname) AS name FROM pg_tables
     WHERE tablename = 'users' AND schemaname LIKE 'directory%'`,
  );
  await blocker.query('BEGIN');
  await blocker.query(`LOCK TABLE ${rows[0]!.name} IN ${mode} MODE`);
}

const get = (organization: TestOrganization, path: string, token = organization.token) =>
  fetch(organization.scimUrl + path, { headers: { authorization: `Bearer ${token}` } });

async function outcome(answering: Promise<Response>) {
  const response = await answering;
  const { scimType } = (await response.json()) as { readonly scimType?: string };
  return { status: response.status, retry: response.headers.has('retry-after'), scimType };
}

it('lets callers in while the lists of several organizations hold the database up', async () => {
  await lockUsers('ACCESS EXCLUSIVE');
  const lists = organizations.flatMap((organization) =>
    Array.from({ length: LISTS_OF_ONE }, () => get(organization, '/Users?filter=title%20pr')),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const asked = performance.now();
  // Nothing is cached of this one.
  const unknown = `scim_01a2035a-d794-713d-a5ba-8d8bab7cece7_${'x'.repeat(43)}`;
  expect((await get(organizations[0]!, '/Groups', unknown)).status).toBe(401);
  expect(performance.now() - asked).toBeLessThan(1_000);
  await blocker.query('ROLLBACK');
  const statuses = await Promise.all(lists.map(async (list) => (await list).status));
  expect(statuses).toEqual(statuses.map(() => 200));
});

it.each(['/Users?filter=title%20pr', '/Users?filter=userName%20eq%20%22x%22', '/Users'])(
  'answers %s with tooMany when it takes too long',
  async (path) => {
    await lockUsers('ACCESS EXCLUSIVE');
    const tooMany = { status: 400, retry: false, scimType: 'tooMany' };
    expect(await outcome(get(organizations[0]!, path))).toEqual(tooMany);
  },
);

it('answers a read by id with 503 when it takes too long', async () => {
  await lockUsers('ACCESS EXCLUSIVE');
  const unavailable = { status: 503, retry: true, scimType: undefined };
  expect(await outcome(get(organizations[0]!, '/Users/none'))).toEqual(unavailable);
});

it('holds a list back until it sees a write that was answered before reads saw it', async () => {
  const [organization] = organizations;
  await lockUsers('EXCLUSIVE');
  const { id } = await organization!.createUser();
  const listing = organization!.read('/Users?filter=id%20pr');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await blocker.query('ROLLBACK');
  expect((await listing).Resources.map((user) => user.id)).toEqual([id]);
});
