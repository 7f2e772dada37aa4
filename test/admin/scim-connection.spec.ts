import { expectScimError, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const connection = async () => (await organization.api('GET', '/scim')).body;

async function roster(): Promise<unknown> {
  const users = (await organization.api('GET', '/users')).body.items;
  const teams = (await organization.api('GET', '/teams')).body.items;
  const members = await Promise.all(
    teams.map(async ({ id }) => (await organization.api('GET', `/teams/${id}/members`)).body.items),
  );
  return { users, teams, members };
}

it('R1 is off at first, and says which base URL it will have', async () => {
  const fresh = await newOrganization(organization.service, { enableScim: false });
  const { body } = await fresh.api('GET', '/scim');
  expect(body).toEqual({ enabled: false, baseUrl: fresh.scimUrl });
});

it('R1 accepts SCIM from the answer of enable on, refuses it from the answer of disable on', async () => {
  for (let round = 0; round < 5; round += 1) {
    await organization.api('POST', '/scim/disable');
    expectScimError(await organization.scim('GET', '/Users'), [401, 403]);
    await organization.api('POST', '/scim/enable');
    expect((await organization.scim('GET', '/Users')).status).toBe(200);
  }
});

it('answers enable and disable with the state of the connection', async () => {
  const disabled = await organization.api('POST', '/scim/disable');
  expect(disabled.status).toBe(200);
  const { baseUrl } = disabled.body;
  expect(disabled.body).toEqual({ enabled: false, baseUrl, frozenAt: TIME, changedAt: TIME });
  expect(await connection()).toEqual(disabled.body);
  const enabled = await organization.api('POST', '/scim/enable');
  expect(enabled.status).toBe(200);
  expect(enabled.body).toEqual({ enabled: true, baseUrl, changedAt: TIME });
  expect(await connection()).toEqual(enabled.body);
});

it.each(['enable', 'disable'])('records one event when told twice to %s', async (action) => {
  if (action === 'enable') await organization.api('POST', '/scim/disable');
  const type = action === 'enable' ? 'SyncEnabled' : 'SyncDisabled';
  const before = (await organization.api('GET', `/history?type=${type}`)).body.items.length;
  const first = await organization.api('POST', `/scim/${action}`);
  const second = await organization.api('POST', `/scim/${action}`);
  expect(second.body).toEqual(first.body);
  const after = (await organization.api('GET', `/history?type=${type}`)).body.items.length;
  expect(after - before).toBe(1);
});

it('R14 leaves users, teams and memberships as they are when SCIM is disabled', async () => {
  const user = await organization.createUser({ displayName: 'Ada' });
  await organization.createGroup({ members: [{ value: user.id }] });
  const before = await roster();
  await organization.api('POST', '/scim/disable');
  expect(await roster()).toEqual(before);
});

it('R15 continues with the same ids and the same roster when SCIM is enabled again', async () => {
  const user = await organization.createUser({ externalId: 'e-1' });
  const before = await roster();
  await organization.api('POST', '/scim/disable');
  await organization.api('POST', '/scim/enable');
  expect(await organization.readUser(user.id)).toEqual(user);
  expect(await roster()).toEqual(before);
});

it('R14 keeps tokens through disable and enable', async () => {
  await organization.api('POST', '/scim/disable');
  const { body } = await organization.api('GET', '/scim/tokens');
  expect(body.items).toHaveLength(1);
  await organization.api('POST', '/scim/enable');
  expect((await organization.scim('GET', '/Users')).status).toBe(200);
});
