import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase } from '../support/database.js';
import {
  expectScimError,
  newOrganization,
  TestOrganization,
  USER,
} from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';

let services: readonly RunningService[] = [];
let databaseUrl: string;
let here: TestOrganization;
let there: TestOrganization;

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url;
  const adminKey = randomUUID();
  const first = await startService({ databaseUrl, adminKey });
  const second = await startService({ databaseUrl, adminKey });
  services = [first, second];
  here = await newOrganization(first);
  there = new TestOrganization(second, here.slug, here.token);
}, 60_000);

afterAll(() => Promise.all(services.map((service) => service.kill())));

it('revokes a token on every instance before it says so', async () => {
  for (let round = 0; round < 5; round += 1) {
    const issued = await here.withNewToken();
    const elsewhere = new TestOrganization(there.service, here.slug, issued.token);
    expect((await elsewhere.scim('GET', '/Users')).status).toBe(200);
    await here.api('DELETE', `/scim/tokens/${issued.id}`);
    expectScimError(await elsewhere.scim('GET', '/Users'), 401);
  }
});

it('turns SCIM off and on for every instance before it says so', async () => {
  for (let round = 0; round < 5; round += 1) {
    expect((await there.scim('GET', '/Users')).status).toBe(200);
    await here.api('POST', '/scim/disable');
    expectScimError(await there.scim('GET', '/Users'), 403);
    await here.api('POST', '/scim/enable');
  }
});

it('shows on every instance what any instance acknowledged', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id } = await here.createUser();
    await here.createGroup({ members: [{ value: id }] });
    const user = await there.api('GET', `/users/${id}`);
    expect([user.status, (user.body['teams'] as unknown[]).length]).toEqual([200, 1]);
    const { body } = await there.api('GET', `/history?user=${id}`);
    expect(body.items.map(({ type }) => type)).toEqual([
      'GroupMembersChanged',
      'UserProvisioned',
      'NameClaimed',
    ]);
  }
});

describe('while the directory is behind what another instance has written', () => {
  /** Runs the work while no projection of users comes to its end; reads go on. */
  async function behind<Result>(work: () => Promise<Result>): Promise<Result> {
    const blocker = new pg.Client({ connectionString: databaseUrl });
    await blocker.connect();
    try {
      const { rows } = await blocker.query<{ schema: string }>(
        "SELECT schemaname AS schema FROM pg_tables WHERE schemaname LIKE 'directory%' AND tablename = 'users'",
      );
      await blocker.query(`BEGIN; LOCK TABLE ${rows[0]!.schema}.users IN EXCLUSIVE MODE`);
      return await work();
    } finally {
      await blocker.end();
    }
  }

  it('a user that a refused DELETE names as gone is gone from reads', async () => {
    const { id } = await here.createUser();
    const read = await behind(async () => {
      expect((await here.scim('DELETE', `/Users/${id}`)).status).toBe(204);
      expectScimError(await there.scim('DELETE', `/Users/${id}`), 404);
      return there.scim('GET', `/Users/${id}`);
    });
    expectScimError(read, 404);
  });

  it('a POST is told that its name is taken when reads find who bears it', async () => {
    const body = { schemas: [USER], userName: `${randomUUID()}@example.com` };
    const filter = encodeURIComponent(`userName eq "${body.userName}"`);
    let isAnswered = false;
    const { first, second } = await behind(async () => {
      const first = here.scim('POST', '/Users', body);
      await sleep(300);
      const second = there.scim('POST', '/Users', body).finally(() => (isAnswered = true));
      await sleep(300);
      expect(isAnswered).toBe(false);
      return { first, second };
    });
    expectScimError(await second, 409);
    expect((await there.scim('GET', `/Users?filter=${filter}`)).body.totalResults).toBe(1);
    expect((await first).status).toBe(201);
  });
});
