import pg from 'pg';
import { createTestDatabase } from '../support/database.js';
import { expectScimError, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService, startService } from '../support/service.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const UNHEARD = { silent: false, silentAfterMinutes: 1_440 };
const PRECONDITIONS = [
  { name: 'entitlement', met: true },
  { name: 'sso', met: true },
  { name: 'sso-provider', met: true },
];
/** Of an organization whose policies nobody changed and whose provider nobody heard. */
const ALWAYS = { provider: 'generic', provisioning: UNHEARD, preconditions: PRECONDITIONS };

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const connection = async () => (await organization.api('GET', '/scim')).body;
const provisioning = async () => (await connection())['provisioning'] as Provisioning;

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
  expect(body).toEqual({ ...ALWAYS, enabled: false, baseUrl: fresh.scimUrl });
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
  const off = { ...ALWAYS, enabled: false, baseUrl, frozenAt: TIME, changedAt: TIME };
  expect(disabled.body).toEqual(off);
  expect(await connection()).toEqual(disabled.body);
  const enabled = await organization.api('POST', '/scim/enable');
  expect(enabled.status).toBe(200);
  expect(enabled.body).toEqual({ ...ALWAYS, enabled: true, baseUrl, changedAt: TIME });
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

it('tells when the identity provider was last heard, and when it last changed something', async () => {
  const before = Date.now();
  await organization.createUser();
  const changed = await provisioning();
  expect(changed).toMatchObject({ ...UNHEARD, lastRequestAt: TIME, lastChangeAt: TIME });
  expect(Date.parse(changed.lastRequestAt)).toBeGreaterThanOrEqual(before);
  await organization.scim('GET', '/Users');
  const heard = await provisioning();
  expect(heard.lastChangeAt).toBe(changed.lastChangeAt);
  expect(heard.lastRequestAt >= changed.lastRequestAt).toBe(true);
});

it('does not take a refused request for a sign of life', async () => {
  await organization.scim('GET', '/Users', undefined, { authorization: 'Bearer wrong' });
  expect(await provisioning()).toEqual(UNHEARD);
});

it('calls a provider silent when nothing was heard since, and counts the silent ones', async () => {
  const database = await createTestDatabase();
  const service = await startService({ databaseUrl: database.url });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const [silent, heard] = [await newOrganization(service), await newOrganization(service)];
    await silent.api('PATCH', '/policies', { silentAfterMinutes: 5 });
    const longAgo = new Date(Date.now() - 6 * 60_000).toISOString();
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.organizations', schemaname) AS name FROM pg_tables
       WHERE tablename = 'organizations' AND schemaname LIKE 'access%'`,
    );
    await client.query(`UPDATE ${rows[0]!.name} SET sync_changed_at = $1`, [longAgo]);
    const { body: before } = await silent.api('GET', '/scim');
    expect(before['provisioning']).toEqual({ silent: true, silentAfterMinutes: 5 });
    expect((await heard.api('GET', '/scim')).body).toMatchObject({ provisioning: UNHEARD });
    expect(await silentOrganizations(service.url)).toBe(1);
    await silent.scim('GET', '/Users');
    const { body } = await silent.api('GET', '/scim');
    expect(body).toMatchObject({ provisioning: { silent: false } });
    expect(await silentOrganizations(service.url)).toBe(0);
  } finally {
    await client.end();
    await service.kill();
    await database.drop();
  }
}, 60_000);

interface Provisioning {
  readonly lastRequestAt: string;
  readonly lastChangeAt: string;
}

async function silentOrganizations(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^rollcall_scim_silent_organizations (\S+)$/m.exec(text)?.[1]);
}
