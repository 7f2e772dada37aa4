import { jest } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { newOrganization, TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { expectTablesToEqualLog } from './soundness.js';

const WRITERS = 100;
const ADMIN_KEY = 'administrator-of-contention';

jest.setTimeout(120_000);

let database: TestDatabase;
let services: readonly RunningService[];
let organization: TestOrganization;

beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, adminKey: ADMIN_KEY };
  services = [await startService(options), await startService(options)];
  organization = await newOrganization(services[0]!);
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await database.drop();
});

/** The organization as each of 100 writers reaches it, through one process or through two in turn. */
function writers(processes: number): TestOrganization[] {
  const { slug, token } = organization;
  return Array.from(
    { length: WRITERS },
    (_, writer) => new TestOrganization(services[writer % processes]!, slug, token),
  );
}

describe.each([1, 2])('100 parallel writers through %i process(es)', (processes) => {
  it('all get their change of one user in', async () => {
    const { id } = await organization.createUser();
    const statuses = await Promise.all(
      writers(processes).map(async (through, writer) => {
        const value = [{ type: `t${writer}`, value: `w${writer}@example.com` }];
        return (await through.patchUser(id, { op: 'add', path: 'emails', value })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const emails = (await organization.readUser(id)).emails.map(({ value }) => value);
    expect(emails.sort()).toEqual(
      writers(1)
        .map((_, writer) => `w${writer}@example.com`)
        .sort(),
    );
  });

  it('all get their member into one group', async () => {
    const { id } = await organization.createGroup();
    const users = await Promise.all(writers(processes).map((through) => through.createUser()));
    const statuses = await Promise.all(
      writers(processes).map(async (through, writer) => {
        const value = [{ value: users[writer]!.id }];
        return (await through.patchGroup(id, { op: 'add', path: 'members', value })).status;
      }),
    );
    expect(statuses.every((status) => [200, 204].includes(status))).toBe(true);
    const members = (await organization.readGroup(id)).members.map(({ value }) => value);
    expect(members.sort()).toEqual(users.map((user) => user.id).sort());
  });
});

it('keeps tables and log equal through all of this', async () => {
  await expectTablesToEqualLog({ databaseUrl: database.url });
});
