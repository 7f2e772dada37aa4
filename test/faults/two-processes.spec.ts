import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { USER, inParallel, newOrganization, TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { expectNothingLost, expectTablesToEqualLog } from './soundness.js';
import { Writers } from './writers.js';

/** Of every writer, before and after each fault. */
const WRITES = 5;
const ADMIN_KEY = 'administrator-of-two-processes';

jest.setTimeout(180_000);

let database: TestDatabase;
let first: RunningService;
let second: RunningService;
/** The same organization, reached through each process. */
let here: TestOrganization;
let there: TestOrganization;

beforeAll(async () => {
  database = await createTestDatabase();
  first = await start();
  second = await start();
});

beforeEach(async () => {
  here = await newOrganization(first);
  there = new TestOrganization(second, here.slug, here.token);
});

afterAll(async () => {
  await Promise.all([first.stop(), second.stop()]);
  await database.drop();
});

function start(port?: number): Promise<RunningService> {
  const address = port === undefined ? {} : { port };
  return startService({ databaseUrl: database.url, adminKey: ADMIN_KEY, ...address });
}

describe('what one process acknowledges, the other shows at once', () => {
  it('users that were created, changed and deleted', async () => {
    for (let round = 0; round < 20; round++) {
      const [writer, reader] = round % 2 === 0 ? [here, there] : [there, here];
      const { id, userName } = await writer.createUser();
      expect((await reader.readUser(id)).userName).toBe(userName);
      expect((await reader.search(`userName eq "${userName}"`)).body.totalResults).toBe(1);
      await writer.patchUser(id, { op: 'replace', path: 'displayName', value: `round ${round}` });
      expect((await reader.readUser(id)).displayName).toBe(`round ${round}`);
      await writer.scim('DELETE', `/Users/${id}`);
      expect((await reader.scim('GET', `/Users/${id}`)).status).toBe(404);
    }
  });

  it('memberships', async () => {
    const { id: value } = await here.createUser();
    const group = await here.createGroup();
    for (let round = 0; round < 10; round++) {
      const [writer, reader] = round % 2 === 0 ? [here, there] : [there, here];
      await writer.patchGroup(group.id, { op: 'add', path: 'members', value: [{ value }] });
      expect((await reader.readUser(value)).groups).toMatchObject([{ value: group.id }]);
      await writer.patchGroup(group.id, { op: 'remove', path: 'members', value: [{ value }] });
      expect((await reader.readGroup(group.id)).members ?? []).toEqual([]);
    }
  });

  it('tokens that were issued and revoked', async () => {
    for (let round = 0; round < 3; round++) {
      const issued = await here.withNewToken();
      const seen = new TestOrganization(second, here.slug, issued.token);
      expect((await seen.scim('GET', '/Users?count=1')).status).toBe(200);
      expect((await here.api('DELETE', `/scim/tokens/${issued.id}`)).status).toBe(204);
      expect((await seen.scim('GET', '/Users?count=1')).status).toBe(401);
    }
  });

  it('that SCIM was turned off and on', async () => {
    const { id } = await here.createUser();
    for (let round = 0; round < 3; round++) {
      await here.api('POST', '/scim/disable');
      expect([401, 403]).toContain((await there.scim('GET', `/Users/${id}`)).status);
      const body = { schemas: [USER], userName: `${randomUUID()}@example.com` };
      expect([401, 403]).toContain((await there.scim('POST', '/Users', body)).status);
      await here.api('POST', '/scim/enable');
      expect((await there.scim('GET', `/Users/${id}`)).status).toBe(200);
    }
  });
});

describe('of concurrent creations of one userName exactly one succeeds', () => {
  const spellings = {
    'in the same letters': (name: string) => name,
    'in other letter case': (name: string, attempt: number) =>
      attempt % 2 === 0 ? name.toUpperCase() : name.toLowerCase(),
  };

  it.each(Object.entries(spellings))('%s, across two processes', async (_, spelling) => {
    for (let round = 0; round < 8; round++) {
      const name = `straße-${randomUUID()}@example.com`;
      const statuses = await inParallel([...Array(8).keys()], 8, async (attempt) => {
        const organization = attempt % 4 < 2 ? here : there;
        const body = { schemas: [USER], userName: spelling(name, attempt) };
        return (await organization.scim('POST', '/Users', body)).status;
      });
      expect(statuses.sort()).toEqual([201, ...Array<number>(7).fill(409)]);
      expect((await there.search(`userName eq "${name}"`)).body.totalResults).toBe(1);
    }
  });
});

it('loses nothing under load on both', async () => {
  const writers = await startWriters();
  await writers.everyoneWrites(WRITES);
  await expectNothingLost(writers, { databaseUrl: database.url });
});

it.each(['first', 'second'] as const)('loses nothing when the %s is killed', async (which) => {
  const writers = await startWriters();
  await writers.everyoneWrites(WRITES);
  const victim = which === 'first' ? first : second;
  await victim.kill('SIGKILL');
  await writers.everyoneWrites(1);
  const again = await start(victim.port);
  if (which === 'first') first = again;
  else second = again;
  await writers.everyoneWrites(WRITES);
  await expectNothingLost(writers, { databaseUrl: database.url });
});

it('keeps tables and log equal through all of this', async () => {
  await expectTablesToEqualLog({ databaseUrl: database.url });
});

function startWriters(): Promise<Writers> {
  const { slug, token } = here;
  return Writers.start({ slug, token, urls: [first.url, second.url] });
}
