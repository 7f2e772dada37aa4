import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase } from '../support/database.js';
import {
  callApi,
  eventually,
  newOrganization,
  type Service,
  type TestOrganization,
} from '../support/scim-client.js';
import { freePort, sharedService, startService, type RunningService } from '../support/service.js';
import { issueKey, revokeKey, ROLES, type IssuedKey, type Role } from './api-keys.js';
import { expectProblem, withoutInstance } from './expect-problem.js';

let owner: Service;
let acme: TestOrganization;
let neighbour: TestOrganization;

beforeAll(async () => {
  owner = await sharedService();
  acme = await newOrganization(owner, { enableScim: false });
  neighbour = await newOrganization(owner, { enableScim: false });
});

const issue = (by: Service, body: unknown) => callApi(by, 'POST', '/api/keys', body);
const list = async (by: Service) => (await callApi(by, 'GET', '/api/keys')).body.items;
const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

describe('issuing', () => {
  it('shows the key once, and lists it without its value', async () => {
    const name = randomUUID();
    const wanted = { name, role: 'auditor', organization: acme.slug };
    const { status, body, headers } = await issue(owner, wanted);
    expect(status).toBe(201);
    const { id, key, ...shown } = body;
    expect(key).toMatch(/^key_[\w-]{43}$/);
    expect(shown).toEqual({
      ...wanted,
      createdAt: expect.stringMatching(/Z$/),
      createdBy: expect.stringMatching(/^key:/),
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('location')).toBe(`${owner.url}/api/keys/${id}`);
    expect((await list(owner)).find((each) => each.id === id)).toEqual({ id, ...shown });
  });

  it.each([undefined, null])('opens every organization with organization %s', async (all) => {
    const { body } = await issue(owner, { name: 'all', role: 'auditor', organization: all });
    expect(body).not.toHaveProperty('organization');
    const auditor = { url: owner.url, adminKey: String(body['key']) };
    for (const { slug } of [acme, neighbour]) {
      expect((await callApi(auditor, 'GET', `/api/organizations/${slug}`)).status).toBe(200);
    }
  });

  it.each([
    {},
    { role: 'auditor' },
    { name: 'fine' },
    { name: '', role: 'auditor' },
    { name: 'a\tb', role: 'auditor' },
    { name: 'fine', role: 'Owner' },
    { name: 'fine', role: ['auditor'] },
    { name: 'fine', role: 'toString' },
    { name: 'fine', role: 'auditor', organization: '' },
    { name: 'fine', role: 'auditor', organization: 'Acme!' },
    { name: 'fine', role: 'auditor', organization: ['acme'] },
    { name: 'fine', role: 'auditor', organization: 'nobody-has-this-slug' },
    { name: 'fine', role: 'auditor', key: 'key_of_my_own_choice' },
  ])('refuses %j', async (body) => {
    expectProblem(await issue(owner, body), 400, 'request-invalid');
  });

  it.each(['owner', 'operator'])('refuses an organization for the role %s', async (role) => {
    const response = await issue(owner, { name: 'fine', role, organization: acme.slug });
    expectProblem(response, 400, 'request-invalid');
    expect(response.body['errors']).toEqual([
      { pointer: '#/organization', detail: expect.stringContaining(`none with the role ${role}`) },
    ]);
  });

  const WITHIN: readonly Role[] = ['administrator', 'auditor', 'application'];

  describe.each(['acme', undefined])('by an administrator of %s', (place) => {
    let administrator: IssuedKey;
    beforeAll(async () => {
      administrator = await issueKey(owner, 'administrator', place && acme.slug);
    });
    const asked = (role: Role, of: string | undefined) =>
      issue(administrator, { name: 'another', role, organization: of });

    it.each(ROLES)('is up to the permissions of a key of %s', async (role) => {
      const organization = WITHIN.includes(role) ? acme.slug : undefined;
      const response = await asked(role, organization);
      if (WITHIN.includes(role)) expect(response.status).toBe(201);
      else expectProblem(response, 403, 'forbidden');
    });

    it.each([
      ['every organization', () => undefined],
      ['another organization', () => neighbour.slug],
    ])('for %s is up to where its own key is valid', async (_, organization) => {
      const response = await asked('auditor', organization());
      if (place === undefined) expect(response.status).toBe(201);
      else expectProblem(response, 403, 'forbidden');
    });
  });

  it('tells an administrator nothing about which other organizations exist', async () => {
    const administrator = await issueKey(owner, 'administrator', acme.slug);
    const answers = await Promise.all(
      [neighbour.slug, 'nobody-has-this-slug'].map((organization) =>
        issue(administrator, { name: 'spy', role: 'auditor', organization }),
      ),
    );
    const [foreign, unknown] = answers.map(withoutInstance);
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ status: 403 });
  });
});

describe('listing', () => {
  it('shows a key of one organization the keys of that one only, oldest first', async () => {
    const fresh = await newOrganization(owner, { enableScim: false });
    const first = await issueKey(owner, 'auditor', fresh.slug);
    const second = await issueKey(owner, 'application', fresh.slug);
    const [everywhere, elsewhere] = await Promise.all([
      issueKey(owner, 'auditor'),
      issueKey(owner, 'auditor', neighbour.slug),
    ]);
    expect(idsOf(await list(first))).toEqual([first.id, second.id]);
    expect(idsOf(await list(everywhere))).toEqual(
      expect.arrayContaining([first.id, second.id, everywhere.id, elsewhere.id]),
    );
  });
});

describe('revoking', () => {
  it('ends a key at once, is repeatable, and is recorded once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = await issueKey(owner, 'auditor', acme.slug);
      expect((await acme.api('GET', '')).status).toBe(200);
      expect((await callApi(key, 'GET', `/api/organizations/${acme.slug}`)).status).toBe(200);
      const revoked = await revokeKey(owner, key.id);
      expect([revoked.status, revoked.text]).toEqual([204, '']);
      const refused = await callApi(key, 'GET', `/api/organizations/${acme.slug}`);
      expectProblem(refused, 401, 'unauthenticated');
      expect((await revokeKey(owner, key.id)).status).toBe(204);
      expect(idsOf(await list(owner))).not.toContain(key.id);
    }
    const { body } = await acme.api('GET', '/history?type=ApiKeyRevoked');
    expect(body.items).toHaveLength(5);
  });

  it.each([randomUUID(), 'unknown', '%00', "x'--", 'x'.repeat(300)])(
    'answers 404 for the unknown key %s',
    async (id) => {
      expectProblem(await revokeKey(owner, id), 404, 'api-key-unknown');
    },
  );

  it('is open to an administrator for keys of its organization, and for no others', async () => {
    const administrator = await issueKey(owner, 'administrator', acme.slug);
    const own = await issueKey(owner, 'administrator', acme.slug);
    expect((await revokeKey(administrator, own.id)).status).toBe(204);
    const others = [
      (await issueKey(owner, 'auditor', neighbour.slug)).id,
      (await issueKey(owner, 'auditor')).id,
      (await issueKey(owner, 'owner')).id,
      randomUUID(),
      'unknown',
    ];
    const answers = await Promise.all(others.map((id) => revokeKey(administrator, id)));
    for (const answer of answers) expectProblem(answer, 403, 'forbidden');
    expect(new Set(answers.map(({ body }) => body['detail'])).size).toBe(1);
    expect(idsOf(await list(owner))).toEqual(expect.arrayContaining(others.slice(0, 3)));
  });

  it.each(['owner', 'operator'] as const)(
    'of a key of %s is not open to an administrator of every organization',
    async (role) => {
      const administrator = await issueKey(owner, 'administrator');
      const key = await issueKey(owner, role);
      expectProblem(await revokeKey(administrator, key.id), 403, 'forbidden');
      expect(idsOf(await list(owner))).toContain(key.id);
    },
  );
});

it('tells the history of an organization who issued and revoked its keys', async () => {
  const fresh = await newOrganization(owner, { enableScim: false });
  const administrator = await issueKey(owner, 'administrator', fresh.slug);
  const key = await issueKey(administrator, 'application', fresh.slug);
  await revokeKey(administrator, key.id);
  const { body } = await fresh.api('GET', `/history?actor=key:${administrator.id}`);
  const actor = { kind: 'key', id: administrator.id, name: expect.any(String) };
  const subject = { kind: 'key', id: key.id, name: expect.any(String) };
  expect(body.items).toMatchObject([
    { type: 'ApiKeyRevoked', actor, subject },
    { type: 'ApiKeyIssued', actor, subject },
  ]);
});

describe('at a start', () => {
  let database: string;
  let running: RunningService[];
  beforeEach(async () => {
    database = (await createTestDatabase()).url;
    running = [];
  });
  afterEach(() => Promise.all(running.map((service) => service.kill())));

  const start = async (adminKey: string): Promise<RunningService> => {
    const service = await startService({ databaseUrl: database, adminKey });
    running.push(service);
    return service;
  };
  const printedBy = (service: RunningService): string | undefined =>
    /administrator key +(key_\S+)/.exec(service.output())?.[1];

  it('an owner’s key is made and printed where no owner has one', async () => {
    const first = await start('');
    const made = { ...first, adminKey: printedBy(first) ?? 'none was printed' };
    await issueKey(made, 'auditor');
    const [own] = await list(made);
    expect(own).toMatchObject({ role: 'owner' });
    expect((await revokeKey(made, own!.id)).status).toBe(204);
    await first.stop();
    const second = await start('');
    const next = { ...second, adminKey: printedBy(second) ?? 'none was printed' };
    expect((await list(next)).map(({ role }) => role)).toEqual(['auditor', 'owner']);
    await second.stop();
    expect(printedBy(await start(''))).toBeUndefined();
  }, 60_000);

  it('the configured key takes the place of the last one, and of no key that merely bears its name', async () => {
    const first = await start(randomUUID());
    const named = await issue(first, { name: 'configured', role: 'owner' });
    await first.stop();
    const second = await start(randomUUID());
    const earlier = { ...second, adminKey: first.adminKey };
    expectProblem(await callApi(earlier, 'GET', '/api/keys'), 401, 'unauthenticated');
    expect(idsOf(await list({ ...second, adminKey: String(named.body['key']) }))).toHaveLength(2);
  }, 60_000);

  it('the last configured key goes also when its table is filled anew, and the process lives meanwhile', async () => {
    const first = await start(randomUUID());
    await first.stop();
    const blocker = new pg.Client({ connectionString: database });
    await blocker.connect();
    const { rows } = await blocker.query<{ generation: string }>(
      "SELECT generation FROM projections.checkpoints WHERE generation LIKE 'access%'",
    );
    const { generation } = rows[0]!;
    await blocker.query(`
      UPDATE projections.checkpoints SET position = 0 WHERE generation = '${generation}';
      DELETE FROM ${generation}.api_keys`);
    await blocker.query(`BEGIN; LOCK TABLE ${generation}.api_keys IN EXCLUSIVE MODE`);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const starting = startService({ databaseUrl: database, adminKey: randomUUID(), port });
    try {
      const status = async (path: string) =>
        (await fetch(url + path).catch(() => undefined))?.status;
      await eventually(
        () => status('/healthz'),
        (answer) => answer === 200,
        20_000,
      );
      await sleep(2_500);
      expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
    } finally {
      await blocker.end();
    }
    const second = await starting;
    running.push(second);
    expect((await callApi(second, 'GET', '/api/keys')).status).toBe(200);
    const earlier = { ...second, adminKey: first.adminKey };
    expectProblem(await callApi(earlier, 'GET', '/api/keys'), 401, 'unauthenticated');
  }, 60_000);

  it('a key of less permission is refused as the configured one', async () => {
    const first = await start(randomUUID());
    const auditor = await issueKey(first, 'auditor');
    await first.stop();
    await expect(start(auditor.adminKey)).rejects.toThrow(
      'ROLLCALL_ADMIN_KEY: found the key of an auditor, expected another key',
    );
  }, 60_000);

  it('nothing of a key is printed or told but what its issuer was answered', async () => {
    const service = await start(randomUUID());
    const { slug } = await newOrganization(service);
    const { adminKey: key } = await issueKey(service, 'administrator', slug);
    const paths = ['/api/keys', `/api/organizations/${slug}/history`, '/metrics', '/readyz'];
    const answers = await Promise.all(paths.map((path) => callApi(service, 'GET', path)));
    const everything = [...answers.map(({ text }) => text), service.output()].join('\n');
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
    expect(everything).not.toContain(key);
    expect(everything).not.toContain(createHash('sha256').update(key).digest('hex'));
  }, 60_000);
});

it('revokes a key on every instance before it says so', async () => {
  const { url: databaseUrl } = await createTestDatabase();
  const adminKey = randomUUID();
  const services = [
    await startService({ databaseUrl, adminKey }),
    await startService({ databaseUrl, adminKey }),
  ];
  const [here, there] = services as [RunningService, RunningService];
  try {
    for (let round = 0; round < 5; round += 1) {
      const { id, adminKey: key } = await issueKey(here, 'operator');
      const elsewhere = { url: there.url, adminKey: key };
      expect((await callApi(elsewhere, 'GET', '/api/organizations')).status).toBe(200);
      await revokeKey(here, id);
      const refused = await callApi(elsewhere, 'GET', '/api/organizations');
      expectProblem(refused, 401, 'unauthenticated');
    }
  } finally {
    await Promise.all(services.map((service) => service.kill()));
  }
}, 60_000);
