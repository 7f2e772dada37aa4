import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '../support/database.js';
import { expectScimError, newOrganization, TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';

let services: readonly RunningService[] = [];
let here: TestOrganization;
let there: TestOrganization;

beforeAll(async () => {
  const { url: databaseUrl } = await createTestDatabase();
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
