import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { TokenId, OrganizationId } from '../../src/domain/identifiers.js';
import {
  RequestLog,
  type AnsweredRequest,
} from '../../src/projections/scim-requests/request-log.js';
import { ScimRequestQueries } from '../../src/projections/scim-requests/scim-requests.queries.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const MINUTE = Date.UTC(2026, 10, 22, 12, 0);

let database: TestDatabase;
let pool: pg.Pool;
let queries: ScimRequestQueries;
let failures: unknown[];
let log: RequestLog;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, statement_timeout: 300 });
  pool.on('error', () => undefined);
  queries = new ScimRequestQueries(pool, 'access');
  failures = [];
  log = newLog();
});

afterEach(async () => {
  await log.stop();
  await pool.end();
  await database.drop();
});

const newLog = (): RequestLog => new RequestLog(pool, (error) => failures.push(error));

function request(given: Partial<AnsweredRequest> = {}): AnsweredRequest {
  return {
    id: randomUUID(),
    organization: 'acme',
    organizationKnown: true,
    at: MINUTE,
    tokenId: 'token-1' as TokenId,
    admitted: true,
    method: 'POST',
    resourceType: 'User',
    resourceIds: [],
    status: 201,
    outcome: 'ok',
    correlationId: randomUUID(),
    sourceIp: '203.0.113.7',
    userAgent: null,
    durationMs: 3,
    shape: null,
    facts: {},
    ...given,
  };
}

const lookup = (given: Partial<AnsweredRequest> = {}): AnsweredRequest =>
  request({ method: 'GET', status: 200, shape: 'User userName eq … 0', ...given });

const stranger = (given: Partial<AnsweredRequest> = {}): AnsweredRequest =>
  request({ tokenId: null, admitted: false, status: 401, outcome: 'refused', ...given });

async function rows() {
  await log.flush();
  return queries.requests({ limit: 1_000 });
}

const counts = async () => (await rows()).map(({ count }) => count);

it('gives writes a row each', async () => {
  log.record(request());
  log.record(request());
  expect(await counts()).toEqual([1, 1]);
});

it('merges reads of one shape, token and minute, also across instances', async () => {
  const other = newLog();
  log.record(lookup({ at: MINUTE + 1_000, resourceIds: ['a'] }));
  log.record(lookup({ at: MINUTE + 2_000, resourceIds: ['b'] }));
  await log.flush();
  other.record(lookup({ at: MINUTE + 3_000, resourceIds: ['a', 'c'], correlationId: 'latest' }));
  await other.stop();
  const [row, ...others] = await rows();
  expect(others).toEqual([]);
  expect(row).toMatchObject({ count: 3, correlationId: 'latest' });
  expect(row).toMatchObject({ occurredAt: '2026-11-22T12:00:01.000Z' });
  expect(row).toMatchObject({ lastAt: '2026-11-22T12:00:03.000Z' });
  expect([...row!.resourceIds].sort()).toEqual(['a', 'b', 'c']);
});

it.each([
  ['shape', lookup({ shape: 'User userName eq … 1' })],
  ['token', lookup({ tokenId: 'token-2' as TokenId })],
  ['minute', lookup({ at: MINUTE + 60_000 })],
  ['method', lookup({ method: 'HEAD' })],
])('keeps reads of another %s apart', async (_, other) => {
  log.record(lookup());
  log.record(other);
  expect(await counts()).toEqual([1, 1]);
});

it('gives twenty strangers a minute a row each, and one row to all others', async () => {
  for (let sent = 0; sent < 50; sent += 1) log.record(stranger());
  expect(await counts()).toEqual([30, ...Array.from({ length: 20 }, () => 1)]);
  log.record(stranger({ at: MINUTE + 60_000 }));
  expect(await counts()).toHaveLength(22);
});

it('gives those who try out organizations a hundred rows a minute, and one without a name', async () => {
  for (let sent = 0; sent < 500; sent += 1) {
    log.record(stranger({ organization: `guess-${sent}`, organizationKnown: false }));
  }
  const all = await rows();
  expect(all).toHaveLength(101);
  expect(all[0]).toMatchObject({ organization: null, count: 400 });
  log.record(stranger());
  expect((await rows())[0]).toMatchObject({ organization: 'acme', count: 1 });
});

it('waits for a database that is away, writes everything then, and nothing twice', async () => {
  const blocker = await pool.connect();
  await blocker.query('BEGIN; LOCK TABLE operations.scim_requests');
  log.record(request());
  log.record(lookup());
  await log.flush();
  expect(failures).toHaveLength(1);
  log.record(lookup());
  await blocker.query('ROLLBACK');
  blocker.release();
  expect((await counts()).sort()).toEqual([1, 2]);
  await log.flush();
  expect((await counts()).sort()).toEqual([1, 2]);
});

it('leaves a row alone that an earlier statement wrote, although it seemed to fail', async () => {
  const sent = request();
  log.record(sent);
  await log.flush();
  log.record(sent);
  expect(await counts()).toEqual([1]);
});

it('drops what it cannot hold, and counts that', async () => {
  for (let sent = 0; sent < 5_010; sent += 1) log.record(request());
  expect(log.dropped).toBe(10);
  for (let sent = 0; sent < 3; sent += 1) log.record(lookup());
  expect(log.dropped).toBe(13);
  await log.flush();
  log.record(lookup());
  expect(log.dropped).toBe(13);
});

it('takes text of any kind', async () => {
  const odd = '"\\\u2028 … \u{1F600}';
  log.record(request({ userAgent: odd, facts: { received: { attributes: [odd] } } }));
  expect(await rows()).toEqual([
    expect.objectContaining({ userAgent: odd, facts: { received: { attributes: [odd] } } }),
  ]);
});

it('forgets requests that are older than asked for', async () => {
  log.record(request({ at: MINUTE - 1 }));
  log.record(request({ at: MINUTE }));
  await log.flush();
  await log.purge(MINUTE);
  expect(await rows()).toEqual([
    expect.objectContaining({ occurredAt: '2026-11-22T12:00:00.000Z' }),
  ]);
});

it('keeps the last sign of life and the last change of each organization', async () => {
  const heartbeat = () => queries.heartbeat('acme' as OrganizationId);
  expect(await heartbeat()).toBeUndefined();
  log.record(lookup({ at: MINUTE }));
  await log.flush();
  const first = '2026-11-22T12:00:00.000Z';
  expect(await heartbeat()).toEqual({ lastRequestAt: first, lastChangeAt: null });
  log.record(request({ at: MINUTE + 1_000, facts: { changed: ['UserProvisioned'] } }));
  log.record(lookup({ at: MINUTE + 2_000 }));
  log.record(stranger({ at: MINUTE + 3_000 }));
  log.record(request({ at: MINUTE + 4_000, admitted: false, status: 403 }));
  await log.flush();
  expect(await heartbeat()).toEqual({
    lastRequestAt: '2026-11-22T12:00:02.000Z',
    lastChangeAt: '2026-11-22T12:00:01.000Z',
  });
});
