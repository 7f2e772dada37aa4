import {
  eventually,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { Service, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await sharedService();
});

async function switchScim(organization: TestOrganization, to: 'enable' | 'disable'): Promise<void> {
  expect((await organization.api('POST', `/scim/${to}`)).status).toBeLessThan(300);
}

/** What an administrator sees of users and teams, once it holds `users` users. */
async function roster(organization: TestOrganization, users: number): Promise<unknown> {
  const list = await eventually(
    () => organization.api('GET', '/users'),
    ({ body }) => body.items.length === users,
  );
  const teams = await organization.api('GET', '/teams');
  return { users: list.body.items, teams: teams.body.items };
}

it('R1 refuses SCIM until the organization enables it, and others are unaffected', async () => {
  const neighbour = await newOrganization(service);
  const organization = await newOrganization(service, { enableScim: false });
  expectScimError(await organization.scim('GET', '/Users'), [401, 403]);
  expect((await neighbour.scim('GET', '/Users')).status).toBe(200);
  await switchScim(organization, 'enable');
  const enabled = await organization.withNewToken();
  expect((await enabled.scim('GET', '/Users')).status).toBe(200);
});

it('R1 enabling twice is enabling once', async () => {
  const organization = await newOrganization(service);
  await switchScim(organization, 'enable');
  expect((await organization.scim('GET', '/Users')).status).toBe(200);
});

it('R2 shows the administrator what the identity provider created', async () => {
  const organization = await newOrganization(service);
  const { id, userName } = await organization.createUser();
  expect(await roster(organization, 1)).toMatchObject({ users: [{ id, userName, synced: true }] });
});

it('R14 leaves users, teams and memberships as they are when SCIM is disabled', async () => {
  const organization = await newOrganization(service);
  const user = await organization.createUser({ displayName: 'Ada' });
  await organization.createGroup({ members: [{ value: user.id }] });
  const before = await roster(organization, 1);
  await switchScim(organization, 'disable');
  expectScimError(await organization.scim('GET', `/Users/${user.id}`), [401, 403]);
  const body = { schemas: user.schemas, userName: randomUserName() };
  expectScimError(await organization.scim('POST', '/Users', body), [401, 403]);
  expect(await roster(organization, 1)).toEqual(before);
  expect((await organization.api('GET', '/scim')).body).toMatchObject({ enabled: false });
});

it('R15 continues with the same ids when SCIM is enabled again', async () => {
  const organization = await newOrganization(service);
  const user = await organization.createUser({ externalId: 'e-1' });
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  const read = await organization.readUser(user.id);
  await switchScim(organization, 'disable');
  await switchScim(organization, 'enable');
  expect(await organization.readUser(user.id)).toEqual(read);
  expect(await organization.readGroup(group.id)).toEqual(group);
  const put = await organization.scim('PUT', `/Users/${user.id}`, { ...read, displayName: 'Ada' });
  expect(put.status).toBe(200);
  expect((await organization.read('/Users')).totalResults).toBe(1);
});

it('R44 and R53 the probe of Okta creates nothing, fifty times in a row', async () => {
  const organization = await newOrganization(service);
  const probes = ['/Users?startIndex=1&count=2', '/Groups?startIndex=1&count=100'];
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all(probes.map((path) => organization.scim('GET', path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }
  const history = (await organization.api('GET', '/history')).body.items.map(({ type }) => type);
  expect(history.filter((type) => /^(User|Group|Team)/.test(type))).toEqual([]);
});

it('R43 answers the probe of Okta within 600 ms', async () => {
  const organization = await newOrganization(service);
  const started = Date.now();
  const users = await organization.read('/Users?startIndex=1&count=2');
  const groups = await organization.read('/Groups?startIndex=1&count=100');
  expect(Date.now() - started).toBeLessThan(600);
  expect([users.totalResults, groups.totalResults]).toEqual([0, 0]);
});
