import pg from 'pg';
import {
  GROUP,
  USER,
  callApi,
  eventually,
  expectScimError,
  inParallel,
  randomUserName,
  type ApiResponse,
  type Attributes,
  type ScimDocument,
} from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { expectProblem } from '../admin/expect-problem.js';
import { issueKey } from './client.js';
import { OKTA, lookup, oktaUser, putWhatWasRead } from './identity-providers.js';
import { presetOrganization, type PresetOrganization } from './preset-organization.js';
import * as directory from './scenarios.js';
import * as teams from './team-scenarios.js';

/** The requirements R89–R128, in their order: dbt SCIM, reproduced by the preset `dbt`. */

const METHODS = ['PUT', 'PATCH'] as const;
const okta = OKTA["Okta's catalogue app"];

describe('prerequisites', () => {
  it('R89 shows a change in the application in near real time: 95 of 100 within a second', async () => {
    const organization = await presetOrganization('dbt');
    const delays: number[] = [];
    for (let count = 0; count < 100; count += 1) {
      const { id } = await organization.createUser();
      const acknowledged = performance.now();
      await eventually(
        () => organization.app.call('GET', `/users/${id}`),
        ({ status }) => status === 200,
      );
      delays.push(performance.now() - acknowledged);
    }
    expect(delays.toSorted((left, right) => left - right)[94]).toBeLessThan(1_000);
  });

  it('R90 refuses to enable without the plan', () =>
    directory.refusesToEnable('dbt', { entitled: false }, 'entitlement-missing', {
      entitled: true,
    }));

  it('R90 refuses writes with the reason once the plan lapses, and keeps the users', () =>
    directory.lapseOfTheEntitlementStopsWrites('dbt'));

  it('R91 refuses to enable SCIM of one provider beside SSO of another, where they must match', () =>
    directory.refusesToEnable(
      'dbt',
      { provider: 'okta', ssoProvider: 'entra', ssoMatchesScim: true },
      'sso-mismatch',
      { ssoProvider: 'okta' },
    ));

  it('R91 names both providers in the refusal', async () => {
    const { app } = await presetOrganization('dbt', {
      policies: { provider: 'okta', ssoProvider: 'entra', ssoMatchesScim: true },
      enableScim: false,
    });
    const { body } = await app.call('POST', '/scim/enable');
    expect(body['detail']).toMatch(/okta/i);
    expect(body['detail']).toMatch(/entra/i);
  });

  it.each(['auditor', 'application'])(
    'R92 refuses the configuration of SCIM to the role %s',
    async (role) => {
      const { service, slug, app } = await presetOrganization('dbt', { enableScim: false });
      const key = await issueKey(service, { name: `${role} ${slug}`, role, organization: slug });
      const attempts: readonly (readonly [string, string, unknown?])[] = [
        ['POST', '/scim/enable'],
        ['POST', '/scim/tokens', { name: 'another' }],
        ['PATCH', '/policies', { ipAllowlist: [] }],
      ];
      for (const [method, path, body] of attempts) {
        expectProblem(await app.as(key).call(method, path, body), 403, 'forbidden');
      }
      expect((await app.connection()).enabled).toBe(false);
    },
  );

  it('R92 lets an administrator configure SCIM, and records who it was', async () => {
    const { service, slug, app } = await presetOrganization('dbt', { enableScim: false });
    const name = `administrator ${slug}`;
    const key = await issueKey(service, { name, role: 'administrator', organization: slug });
    await app.as(key).enableScim();
    expect(await app.history('?type=SyncEnabled')).toMatchObject([
      { actor: { kind: 'key', name } },
    ]);
  });

  it('R93 refuses a source that is not on the allowlist, shows it, and admits it once it is', async () => {
    const organization = await presetOrganization('dbt', {
      policies: { ipAllowlist: ['203.0.113.0/24'] },
    });
    expectScimError(await organization.scim('GET', '/Users'), 403);
    const row = await directory.loggedRequest(organization, ({ status }) => status === 403);
    expect(JSON.stringify(row)).toMatch(/127\.0\.0\.1/);
    await organization.app.setPolicies({ ipAllowlist: ['203.0.113.0/24', '127.0.0.0/8'] });
    expect((await organization.scim('GET', '/Users')).status).toBe(200);
  });

  it.each([
    ['okta', /IP (address|range)/i],
    ['entra', /AzureActiveDirectory/],
  ] as const)('R93 tells where the addresses of %s come from', async (provider, named) => {
    const { app } = await presetOrganization('dbt');
    expect(JSON.stringify(await app.setup(provider))).toMatch(named);
  });

  it('R94 names in the set-up the role that Okta asks for', async () => {
    const { app } = await presetOrganization('dbt');
    expect(JSON.stringify(await app.setup('okta'))).toMatch(
      /(super|application|app|organization) administrator/i,
    );
  });
});

describe('features', () => {
  it('R95 provisions users', () => directory.provisionsWithoutAHumanStep('dbt'));

  it.each(Object.entries(OKTA))('R95 deprovisions users as %s asks', (_, provider) =>
    directory.endsAndRestoresAccess('dbt', provider),
  );

  it.each(METHODS)('R96 applies a changed profile by %s', (method) =>
    directory.followsProfileChanges('dbt', method, directory.wholeProfile()),
  );

  it.each(Object.entries(OKTA))('R97 creates and manages a group as %s pushes it', (_, provider) =>
    teams.oktaPushGivesTheTeam('dbt', provider),
  );

  describe('an import', () => {
    async function organizationOf(count: number) {
      const organization = await presetOrganization('dbt');
      const users = await inParallel(Array.from({ length: count }), 16, () =>
        organization.createUser(),
      );
      return { organization, ids: teams.ids(users) };
    }

    const idsOf = (pages: readonly ScimDocument[]) =>
      pages.flatMap(({ Resources }) => Resources.map(({ id }) => id));

    it('R98 answers pages of 100, 100 and 50 of 250 users, each once, in the order of every import', async () => {
      const { organization, ids } = await organizationOf(250);
      const importAll = async () => [
        await organization.read('/Users?startIndex=1&count=100'),
        await organization.read('/Users?startIndex=101&count=100'),
        await organization.read('/Users?startIndex=201&count=100'),
      ];
      const pages = await importAll();
      expect(pages.map(({ Resources }) => Resources.length)).toEqual([100, 100, 50]);
      expect(pages.map(({ totalResults }) => totalResults)).toEqual([250, 250, 250]);
      expect(idsOf(pages).toSorted()).toEqual(ids);
      expect(idsOf(await importAll())).toEqual(idsOf(pages));
    }, 60_000);

    it('R98 loses nobody while users of earlier pages are deleted', async () => {
      const { organization, ids } = await organizationOf(30);
      const page = (startIndex: number) =>
        organization.read(`/Users?startIndex=${startIndex}&count=10`);
      const first = await page(1);
      const deleted = first.Resources.slice(0, 5).map(({ id }) => id);
      await inParallel(deleted, 5, (id) => organization.scim('DELETE', `/Users/${id}`));
      const seen = idsOf([first, await page(11), await page(21)]);
      const remaining = ids.filter((id) => !deleted.includes(id));
      expect(remaining.filter((id) => !seen.includes(id))).toEqual([]);
    });
  });

  it('R98 imports groups by pages', async () => {
    const organization = await presetOrganization('dbt');
    const groups: ScimDocument[] = [];
    while (groups.length < 5) groups.push(await organization.createGroup());
    const pages = [
      await organization.read('/Groups?startIndex=1&count=3'),
      await organization.read('/Groups?startIndex=4&count=3'),
    ];
    expect(pages.map(({ totalResults }) => totalResults)).toEqual([5, 5]);
    expect(pages.flatMap(({ Resources }) => Resources.map(({ id }) => id)).toSorted()).toEqual(
      teams.ids(groups),
    );
  });

  it("R99 accepts Okta's full body and round-trips the three attributes", async () => {
    const organization = await presetOrganization('dbt');
    const { userName, name, ...rest } = oktaUser(randomUserName());
    const body = { ...rest, userName, name, unknownAttribute: 'ignored' };
    const created = await organization.scim('POST', '/Users', body);
    expect(created.status).toBe(201);
    expect(await organization.readUser(created.body.id)).toMatchObject({ userName, name });
    expect(await organization.app.user(created.body.id)).toMatchObject({ userName, name });
  });
});

describe('supported identity providers', () => {
  it('R100 lists the kinds and how mature each is', async () => {
    const { service } = await presetOrganization('dbt');
    const { body } = await callApi(service, 'GET', '/api/providers');
    const maturity = new Map(body.items.map((item) => [item['kind'], item['maturity']]));
    expect([...maturity.keys()]).toEqual(expect.arrayContaining(['okta', 'entra', 'generic']));
    for (const flag of maturity.values()) expect(flag).toEqual(expect.stringMatching(/.+/));
  });

  it('R101 connects a generic client through the API alone', async () => {
    const organization = await presetOrganization('dbt', { policies: { provider: 'generic' } });
    expect(await organization.app.connection()).toMatchObject({
      enabled: true,
      provider: 'generic',
      baseUrl: organization.scimUrl,
    });
    expect(JSON.stringify(await organization.app.setup())).toContain(organization.scimUrl);
    const user = await organization.createUser();
    const { team } = await teams.pushGroup(organization, [user]);
    expect(await teams.memberIds(organization, team.id)).toEqual([user.id]);
    await organization.patchUser(user.id, { op: 'replace', path: 'active', value: false });
    expect((await organization.app.user(user.id)).status).toBe('disabled');
  });
});

describe('set-up', () => {
  it('R102 refuses to enable before SSO is set up, where that is required', () =>
    directory.refusesToEnable('dbt', { ssoRequired: true }, 'sso-missing', {
      ssoProvider: 'okta',
    }));

  it('R103 refuses to remove the SSO that SCIM rests on, unless it is chosen explicitly', async () => {
    const { app } = await presetOrganization('dbt', {
      policies: { ssoRequired: true, ssoProvider: 'okta' },
    });
    expect(await app.policies()).toMatchObject({ ssoRequired: true, ssoProvider: 'okta' });
    const refused = await app.call('PATCH', '/policies', { ssoProvider: null });
    expectProblem(refused, 409, 'sso-missing');
    expect(await app.policies()).toMatchObject({ ssoProvider: 'okta' });
    await app.setPolicies({ ssoProvider: null, ssoRequired: false });
    expect((await app.connection()).enabled).toBe(true);
  });

  it('R104 keeps the base URL when the token is rotated', async () => {
    const organization = await presetOrganization('dbt');
    const { baseUrl } = await organization.app.connection();
    const [old] = await organization.app.tokens();
    const { token } = await organization.app.issueToken('rotated');
    await organization.app.revokeToken(old!.id);
    expect((await organization.app.connection()).baseUrl).toBe(baseUrl);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await organization.scim('GET', `${baseUrl}/Users`, undefined, headers);
    expect(answer.status).toBe(200);
  });

  it('R105 creates, lists and revokes tokens', async () => {
    const { app } = await presetOrganization('dbt');
    const { id, name } = await app.issueToken('Okta production');
    expect(await app.tokens()).toContainEqual(expect.objectContaining({ id, name }));
    await app.revokeToken(id);
    expect((await app.tokens()).map((token) => token.id)).not.toContain(id);
  });

  it('R106 accepts two tokens at once, and after a revocation the other one alone', async () => {
    const organization = await presetOrganization('dbt');
    const renewed = await organization.withNewToken();
    const [old] = await organization.app.tokens();
    expect((await organization.scim('GET', '/Users')).status).toBe(200);
    expect((await renewed.scim('GET', '/Users')).status).toBe(200);
    await organization.app.revokeToken(old!.id);
    expectScimError(await organization.scim('GET', '/Users'), 401);
    expect((await renewed.scim('GET', '/Users')).status).toBe(200);
  });

  it('R106 shows when and by whom a token was last used, so that an idle one is known', async () => {
    const organization = await presetOrganization('dbt');
    const used = async () => (await organization.app.tokens())[0]!;
    const use = () =>
      organization.scim('GET', '/Users', undefined, { 'user-agent': 'Okta SCIM Client 1.0.0' });
    await use();
    const first = await eventually(used, ({ lastUsedAt }) => lastUsedAt !== undefined);
    expect(first.lastUsedBy).toBe('Okta SCIM Client 1.0.0');
    const moved = await eventually(
      async () => {
        await use();
        return used();
      },
      ({ lastUsedAt }) => lastUsedAt !== first.lastUsedAt,
    );
    expect(Date.parse(moved.lastUsedAt!)).toBeGreaterThan(Date.parse(first.lastUsedAt!));
  });

  it('R107 asks for a name of its own for each token, and shows it', async () => {
    const { app } = await presetOrganization('dbt');
    expectProblem(await app.call('POST', '/scim/tokens', {}), 400, 'request-invalid');
    await app.issueToken('Okta');
    const duplicate = await app.call('POST', '/scim/tokens', { name: 'Okta' });
    expectProblem(duplicate, 409, 'name-already-claimed');
    expect((await app.tokens()).map(({ name }) => name)).toContain('Okta');
  });

  describe('on a service whose log and database can be searched', () => {
    let service: RunningService;

    beforeAll(async () => {
      service = await startService();
    });

    afterAll(() => service.kill());

    it('R108 has the value of a token nowhere: no endpoint, log, event or table holds it', async () => {
      const organization = await presetOrganization('dbt', { service });
      await organization.createUser();
      expectScimError(await organization.scim('GET', '/Users/unknown'), 404);
      const places = {
        endpoints: await everythingReadable(organization),
        tables: await everythingStored(service.databaseUrl!),
        log: service.output(),
      };
      const secret = organization.token.slice(-32);
      for (const [place, text] of Object.entries(places)) {
        expect([place, text.length > 0]).toEqual([place, true]);
        expect([place, text.includes(secret)]).toEqual([place, false]);
        expect([place, text.includes(Buffer.from(secret).toString('hex'))]).toEqual([place, false]);
      }
    });

    /** The answers of every GET of the management API that needs no id. */
    async function everythingReadable({ slug }: PresetOrganization): Promise<string> {
      const document = await callApi(service, 'GET', '/docs/openapi.json');
      const paths = Object.entries(document.body['paths'] as Record<string, object>)
        .filter(([, methods]) => 'get' in methods)
        .map(([path]) => path.replace('{organization}', slug))
        .filter((path) => !path.includes('{'));
      expect(paths.length).toBeGreaterThan(5);
      const answers: ApiResponse[] = [];
      for (const path of paths) answers.push(await callApi(service, 'GET', path));
      return answers.map(({ text }) => text).join('\n');
    }

    /** Every row of every table, as text. */
    async function everythingStored(databaseUrl: string): Promise<string> {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        const { rows: tables } = await client.query<{ name: string }>(
          `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
           WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
        );
        const texts: string[] = [];
        for (const { name } of tables) {
          const { rows } = await client.query<{ text: string }>(
            `SELECT t::text AS text FROM ${name} t`,
          );
          texts.push(...rows.map(({ text }) => text));
        }
        return texts.join('\n');
      } finally {
        await client.end();
      }
    }
  });

  it('R109 has no way to show a token again', async () => {
    const { app } = await presetOrganization('dbt');
    const [token] = await app.tokens();
    for (const path of ['', '/reveal', '/value', '/secret']) {
      expect((await app.call('GET', `/scim/tokens/${token!.id}${path}`)).status).toBe(404);
    }
  });
});

describe('manual updates', () => {
  /** A pushed team of one, and a user beside it, all managed by the identity provider. */
  async function syncedTeam(policies: Attributes = {}) {
    const organization = await presetOrganization('dbt', { policies });
    const [pushed, other] = await teams.createUsers(organization, 2);
    const { group, team } = await teams.pushGroup(organization, [pushed!]);
    return { organization, app: organization.app, group, team, pushed: pushed!, other: other! };
  }

  type SyncedTeam = Awaited<ReturnType<typeof syncedTeam>>;

  const EDITS: Readonly<
    Record<string, (of: SyncedTeam) => readonly [string, string, Attributes?]>
  > = {
    'another name of a user': ({ pushed }) => [
      'PATCH',
      `/users/${pushed.id}`,
      { displayName: 'Ada' },
    ],
    'the deletion of a user': ({ pushed }) => ['DELETE', `/users/${pushed.id}`],
    'the invitation of a user': () => ['POST', '/users', { userName: randomUserName() }],
    'another name of a team': ({ team }) => ['PATCH', `/teams/${team.id}`, { name: 'Changed' }],
    'a new member': ({ team, other }) => ['PUT', `/teams/${team.id}/members/${other.id}`],
    'the removal of a member': ({ team, pushed }) => [
      'DELETE',
      `/teams/${team.id}/members/${pushed.id}`,
    ],
    'the deletion of a team': ({ team }) => ['DELETE', `/teams/${team.id}`],
  };

  it.each(Object.entries(EDITS))(
    'R110 refuses %s by default, with the one stable code',
    async (_, edit) => {
      const synced = await syncedTeam();
      const before = await directory.snapshot(synced.organization);
      const refused = await synced.app.call(...edit(synced));
      expectProblem(refused, 409, 'managed-by-identity-provider');
      expect(await directory.snapshot(synced.organization)).toEqual(before);
    },
  );

  it('R111 records who allowed manual updates, and when', async () => {
    const { app } = await presetOrganization('dbt');
    const began = Date.now();
    await app.setPolicies({ manualUpdates: 'warn' });
    const [change] = await app.history('?type=PolicyChanged');
    expect(change).toMatchObject({ actor: { kind: 'key', name: 'configured' } });
    expect(change!.sentence).toContain('manualUpdates');
    expect(Date.parse(change!.occurredAt)).toBeGreaterThanOrEqual(began - 1_000);
  });

  it('R112 lifts the lock: a manual member is marked, and the next push wins', () =>
    teams.theNextStatementWins('dbt'));

  it('R112 flags a changed user as overridden until the identity provider writes it again', async () => {
    const { organization, app, pushed } = await syncedTeam({ manualUpdates: 'warn' });
    const changed = await app.updateUser(pushed.id, { displayName: 'By hand' });
    expect(changed.warnings).toEqual([expect.stringMatching(/.+/)]);
    expect(changed.overrides).toEqual(['displayName']);
    await putWhatWasRead(organization, pushed.id, { displayName: 'By Okta' });
    const overwritten = await app.user(pushed.id);
    expect(overwritten.displayName).toBe('By Okta');
    expect(overwritten.overrides ?? []).toEqual([]);
    const types = await directory.types(organization, `&user=${pushed.id}`);
    expect(types).toEqual(expect.arrayContaining(['UserOverridden', 'UserOverridesReplaced']));
  });

  it('R113 lists and keeps the overrides when the switch is off again, and refuses further edits', async () => {
    const synced = await syncedTeam({ manualUpdates: 'warn' });
    const { app, organization, team, pushed, other } = synced;
    await app.addMember(team.id, other.id);
    await app.updateUser(pushed.id, { displayName: 'By hand' });
    await app.setPolicies({ manualUpdates: 'locked' });
    const overrides = await app.overrides();
    expect(overrides.map(({ kind }) => kind).toSorted()).toEqual(['membership', 'user']);
    for (const id of [team.id, other.id, pushed.id]) {
      expect(JSON.stringify(overrides)).toContain(id);
    }
    expect(await teams.memberIds(organization, team.id)).toEqual(teams.ids([pushed, other]));
    const refused = await app.call(...EDITS['the removal of a member']!(synced));
    expectProblem(refused, 409, 'managed-by-identity-provider');
  });

  it('R113 drops an override from the list once the identity provider overwrote it', async () => {
    const { app, organization, group, team, pushed, other } = await syncedTeam({
      manualUpdates: 'warn',
    });
    await app.addMember(team.id, other.id);
    await app.setPolicies({ manualUpdates: 'locked' });
    await teams.stateMembers(organization, group, [pushed]);
    expect(await app.overrides()).toEqual([]);
  });
});

describe('groups and licences', () => {
  it('R114 maps a group to a team of its own', () => teams.pushesAGroupAsATeam('dbt'));

  /** Two empty groups and a rule for each, `Analysts` first. */
  async function licensedGroups(policies: Attributes = {}) {
    const organization = await presetOrganization('dbt', { policies });
    const user = await organization.createUser();
    const analysts = await organization.createGroup({ displayName: 'Analysts' });
    const developers = await organization.createGroup({ displayName: 'Developers' });
    await organization.app.setPolicies({
      licenseRules: [
        { group: 'Analysts', license: 'analyst' },
        { group: 'Developers', license: 'developer' },
      ],
    });
    const license = async () => (await organization.app.user(user.id)).license;
    return { organization, user, analysts, developers, license };
  }

  it('R115 gives the licence of the group that a user joins, and takes it when the user leaves', async () => {
    const { organization, user, analysts, license } = await licensedGroups();
    expect(await license()).toBeUndefined();
    await okta.addMember(organization, analysts.id, user.id);
    expect(await license()).toBe('analyst');
    await okta.removeMember(organization, analysts.id, user.id);
    expect(await license()).toBeUndefined();
  });

  it('R115 lets the first rule that matches win, and looks again when it matches no more', async () => {
    const { organization, user, analysts, developers, license } = await licensedGroups();
    await okta.addMember(organization, developers.id, user.id);
    expect(await license()).toBe('developer');
    await okta.addMember(organization, analysts.id, user.id);
    expect(await license()).toBe('analyst');
    await okta.removeMember(organization, analysts.id, user.id);
    expect(await license()).toBe('developer');
  });

  it('R115 falls back to the default licence', async () => {
    const { organization, user, analysts, license } = await licensedGroups({
      defaultLicense: 'read-only',
    });
    expect(await license()).toBe('read-only');
    await okta.addMember(organization, analysts.id, user.id);
    expect(await license()).toBe('analyst');
  });

  it('R116 lets a rule follow the id of a renamed group, and shows the new name', async () => {
    const { organization, user, analysts, license } = await licensedGroups();
    await okta.rename(organization, analysts.id, 'Senior Analysts');
    await okta.addMember(organization, analysts.id, user.id);
    expect(await license()).toBe('analyst');
    const { licenseRules } = await organization.app.policies();
    expect(licenseRules).toMatchObject([
      { groupId: analysts.id, group: 'Senior Analysts', license: 'analyst' },
      { group: 'Developers' },
    ]);
  });

  it('R117 ignores a licence on a group, and says so in the log', async () => {
    const organization = await presetOrganization('dbt');
    const user = await organization.createUser();
    const created = await organization.scim('POST', '/Groups', {
      schemas: [GROUP],
      displayName: 'Analysts',
      license: 'analyst',
      members: [{ value: user.id }],
    });
    expect(created.status).toBe(201);
    expect(created.body).not.toHaveProperty('license');
    expect((await organization.app.user(user.id)).license).toBeUndefined();
    const isPush = ({ ignored }: { readonly ignored?: readonly string[] }) =>
      (ignored ?? []).length > 0;
    expect((await directory.loggedRequest(organization, isPush)).ignored).toEqual(['license']);
  });
});

describe('the Okta application', () => {
  const setUp = async () =>
    JSON.stringify(await (await presetOrganization('dbt')).app.setup('okta'));

  it('R118 is told to enable SCIM provisioning in the General tab', async () => {
    expect(await setUp()).toMatch(/General/);
    expect(await setUp()).toMatch(/Enable SCIM provisioning/i);
  });

  describe('the unique identifier of users', () => {
    const KEYS = ['userName', 'externalId', 'emails.value'] as const;
    type Key = (typeof KEYS)[number];

    const identifiers = () => ({
      userName: randomUserName(),
      externalId: randomUserName(),
      'emails.value': randomUserName(),
    });

    const bodyOf = (values: Readonly<Record<Key, string>>) => ({
      schemas: [USER],
      userName: values.userName,
      externalId: values.externalId,
      emails: [{ value: values['emails.value'], type: 'work', primary: true }],
    });

    /** A user from before SCIM, and the answer to a POST that shares only the value of `shared` with it. */
    async function pushedBeside(matchingKey: Key, shared: Key) {
      const known = identifiers();
      const policies = { matchingKey, adoption: 'on-first-write' };
      const organization = await presetOrganization('dbt', { policies, enableScim: false });
      const { schemas: _, ...attributes } = bodyOf(known);
      const { id } = await organization.app.createUser(attributes);
      await organization.app.enableScim();
      const found = await directory.found(organization, `${shared} eq "${known[shared]}"`);
      const body = bodyOf({ ...identifiers(), [shared]: known[shared] });
      const pushed = await organization.scim('POST', '/Users', body);
      return { id, found, pushed, user: await organization.app.user(id) };
    }

    it.each(KEYS)('R119 finds and links a user by %s where that is the key', async (key) => {
      const { id, found, pushed, user } = await pushedBeside(key, key);
      expect(found).toEqual([id]);
      expect([200, 201]).toContain(pushed.status);
      expect(pushed.body.id).toBe(id);
      expect(user.synced).toBe(true);
    });

    it.each(
      KEYS.flatMap((key) =>
        KEYS.filter((other) => other !== key).map((other) => [other, key] as const),
      ),
    )('R119 does not link a user by %s where %s is the key', async (other, key) => {
      const { id, pushed, user } = await pushedBeside(key, other);
      expect(pushed.body.id).not.toBe(id);
      expect(user.synced).toBe(false);
    });
  });

  it('R120 pushes new users, and needs nothing else', () =>
    directory.worksWithCreationsAlone('dbt'));

  it('R120 pushes profile updates', () => directory.recordsOneChangeOfAPut('dbt'));

  it.each(Object.entries(OKTA))('R120 pushes groups: %s', (_, provider) =>
    teams.oktaPushGivesTheTeam('dbt', provider),
  );

  it('R120 is told to switch on the three pushes', async () => {
    const text = await setUp();
    for (const action of ['Push New Users', 'Push Profile Updates', 'Push Groups']) {
      expect(text).toContain(action);
    }
  });

  it.each([
    ['Bearer', 200],
    ['bearer', 200],
    ['BEARER', 200],
    ['Basic', 401],
  ])('R121 answers the scheme %s with %i', async (scheme, status) => {
    const organization = await presetOrganization('dbt');
    const headers = { authorization: `${scheme} ${organization.token}` };
    const answer = await organization.scim('GET', '/Users', undefined, headers);
    expect(answer.status).toBe(status);
  });

  it('R121 is told to authenticate by HTTP Header', async () => {
    expect(await setUp()).toMatch(/HTTP Header/i);
  });

  it('R122 creates users', () => directory.provisionsWithoutAHumanStep('dbt'));

  it('R122 updates users', () =>
    directory.followsProfileChanges('dbt', 'PUT', directory.wholeProfile()));

  it.each(Object.entries(OKTA))('R122 deactivates users: %s', (_, provider) =>
    directory.endsAndRestoresAccess('dbt', provider),
  );

  it('R123 tests the connection', () => directory.answersTheProbesQuickly('dbt'));
});

describe('an existing integration', () => {
  const userNames = () => [randomUserName(), randomUserName()];

  it('R124 adopts all users in one recorded step under all-at-once, as previewed', async () => {
    const policies = { adoption: 'all-at-once' };
    const { app } = await presetOrganization('dbt', { policies, enableScim: false });
    const users = [];
    for (const userName of userNames()) users.push(await app.createUser({ userName }));
    const preview = await app.previewEnabling();
    expect(teams.ids(preview.users)).toEqual(teams.ids(users));
    const locked = preview.locks.filter(({ kind }) => kind === 'user').map(({ id }) => id);
    expect([...new Set(locked)].toSorted()).toEqual(teams.ids(users));
    expect((await app.connection()).enabled).toBe(false);
    expect((await app.users()).counts).toEqual({ synced: 0, unsynced: 2 });
    await app.enableScim();
    expect((await app.users()).counts).toEqual({ synced: 2, unsynced: 0 });
    expect(await app.history('?type=DirectoryAdopted')).toHaveLength(1);
    const edit = await app.call('PATCH', `/users/${users[0]!.id}`, { displayName: 'Ada' });
    expectProblem(edit, 409, 'managed-by-identity-provider');
  });

  it('R124 adopts nobody under on-first-write until the identity provider writes', async () => {
    const [organization, [first, second]] = await directory.organizationWithUsers(
      'dbt',
      userNames(),
      { adoption: 'on-first-write' },
    );
    const { app } = organization;
    expect((await app.users()).counts).toEqual({ synced: 0, unsynced: 2 });
    await organization.read('/Users');
    expect((await app.users()).counts).toEqual({ synced: 0, unsynced: 2 });
    await putWhatWasRead(organization, first!.id, { displayName: 'Ada' });
    expect((await app.user(first!.id)).synced).toBe(true);
    expect((await app.user(second!.id)).synced).toBe(false);
    expect(await app.history('?type=DirectoryAdopted')).toEqual([]);
  });

  it('R125 manages an existing team and keeps its id, name, age and members', () =>
    teams.linkingKeepsTheTeam('dbt'));

  it('R126 links the team that bears the name of the group', async () => {
    const organization = await presetOrganization('dbt');
    const user = await organization.createUser();
    const team = await teams.teamWith(organization, []);
    const pushed = await teams.pushGroup(organization, [user]);
    expect(pushed.team).toMatchObject({ id: team.id, name: 'Analysts', synced: true });
    expect(await teams.memberIds(organization, team.id)).toEqual([user.id]);
    expect(await organization.app.teams()).toHaveLength(1);
  });

  it.each([
    ['links a team whose name differs in spaces at the ends', ' Analysts ', true],
    ['does not link a team whose name differs in letter case', 'analysts', false],
    ['does not link a team whose name only begins alike', 'Analysts Berlin', false],
  ] as const)('R126 %s', async (_, displayName, linked) => {
    const organization = await presetOrganization('dbt');
    const team = await teams.teamWith(organization, []);
    const pushed = await teams.pushGroup(organization, [], displayName);
    expect(pushed.team.id === team.id).toBe(linked);
    expect((await organization.app.team(team.id)).synced).toBe(linked);
  });

  it('R126 does not guess between two teams of the name', async () => {
    const organization = await presetOrganization('dbt');
    const candidates = [
      await teams.teamWith(organization, []),
      await teams.teamWith(organization, []),
    ];
    const group = await organization.createGroup({ displayName: 'Analysts' });
    const pending = await organization.app.groupLink(group.id);
    expect(pending.state).toBe('pending');
    expect(teams.ids(pending.candidates ?? [])).toEqual(teams.ids(candidates));
    expect(await teams.teamsOf(organization, group.id)).toEqual([]);
    await organization.app.decideLink(group.id, { teamId: candidates[1]!.id });
    expect((await teams.teamOf(organization, group.id)).id).toBe(candidates[1]!.id);
  });

  it('R127 follows later pushes without an administrator once a team is linked', async () => {
    const organization = await presetOrganization('dbt');
    const team = await teams.teamWith(organization, []);
    const { group } = await teams.pushGroup(organization, []);
    const user = await organization.createUser(oktaUser(randomUserName()));
    await okta.addMember(organization, group.id, user.id);
    await putWhatWasRead(organization, user.id, { displayName: 'Ada King' });
    expect(await teams.memberIds(organization, team.id)).toEqual([user.id]);
    expect(await organization.app.user(user.id)).toMatchObject({ displayName: 'Ada King' });
  });

  it('R128 lists inactive users to an import, as inactive', async () => {
    const organization = await presetOrganization('dbt');
    const [active, inactive] = await teams.createUsers(organization, 2);
    await okta.setActive(organization, inactive!.id, false);
    const { Resources } = await organization.read('/Users?startIndex=1&count=100');
    expect(new Map(Resources.map((user) => [user.id, user['active']]))).toEqual(
      new Map([
        [active!.id, true],
        [inactive!.id, false],
      ]),
    );
    const byName = await organization.read(lookup('/Users', `userName eq "${inactive!.userName}"`));
    expect(byName.Resources).toMatchObject([{ id: inactive!.id, active: false }]);
  });

  it('R128 is told to switch on both imports', async () => {
    const { app } = await presetOrganization('dbt');
    const text = JSON.stringify(await app.setup('okta'));
    expect(text).toMatch(/Import users and profile updates/i);
    expect(text).toMatch(/Import groups/i);
  });

  it('R128 serves an import of groups', async () => {
    const organization = await presetOrganization('dbt');
    const { group } = await teams.pushGroup(organization, []);
    const { Resources } = await organization.read('/Groups?startIndex=1&count=100');
    expect(teams.ids(Resources)).toEqual([group.id]);
  });
});
