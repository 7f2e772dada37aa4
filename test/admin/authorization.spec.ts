import 'class-validator';
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Controller, Get, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { AdminController } from '../../src/http/admin/openapi.js';
import { Needs } from '../../src/http/admin/permissions.js';
import { createTestDatabase } from '../support/database.js';
import { callApi, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { issueKey, type IssuedKey, type Role } from './api-keys.js';
import { expectProblem, withoutInstance } from './expect-problem.js';

const OWNER: readonly Role[] = ['owner'];
const ADMINISTER: readonly Role[] = [...OWNER, 'administrator'];
const READ: readonly Role[] = [...ADMINISTER, 'auditor'];
const LOOK_UP: readonly Role[] = [...READ, 'application'];
const DECIDE: readonly Role[] = [...ADMINISTER, 'application'];
const OPERATE: readonly Role[] = [...OWNER, 'operator'];
const SURVEY: readonly Role[] = [...READ, 'operator'];

const ORGANIZATION = '/api/organizations/{organization}';

/** Who may call what. An endpoint that is not here fails: whoever adds one decides it. */
const EXPECTED: Readonly<Record<string, readonly Role[]>> = {
  'GET /api/organizations': SURVEY,
  'POST /api/organizations': OWNER,
  [`GET ${ORGANIZATION}`]: SURVEY,
  [`GET ${ORGANIZATION}/policies`]: READ,
  [`PATCH ${ORGANIZATION}/policies`]: ADMINISTER,
  [`GET ${ORGANIZATION}/scim`]: READ,
  [`POST ${ORGANIZATION}/scim/enable`]: ADMINISTER,
  [`POST ${ORGANIZATION}/scim/disable`]: ADMINISTER,
  [`POST ${ORGANIZATION}/scim/resume`]: ADMINISTER,
  [`GET ${ORGANIZATION}/scim/setup`]: READ,
  [`GET ${ORGANIZATION}/scim/requests`]: READ,
  [`GET ${ORGANIZATION}/scim/tokens`]: READ,
  [`POST ${ORGANIZATION}/scim/tokens`]: ADMINISTER,
  [`DELETE ${ORGANIZATION}/scim/tokens/{id}`]: ADMINISTER,
  [`GET ${ORGANIZATION}/users`]: LOOK_UP,
  [`POST ${ORGANIZATION}/users`]: ADMINISTER,
  [`GET ${ORGANIZATION}/users/{id}`]: LOOK_UP,
  [`PATCH ${ORGANIZATION}/users/{id}`]: ADMINISTER,
  [`DELETE ${ORGANIZATION}/users/{id}`]: ADMINISTER,
  [`GET ${ORGANIZATION}/teams`]: LOOK_UP,
  [`POST ${ORGANIZATION}/teams`]: ADMINISTER,
  [`GET ${ORGANIZATION}/teams/{id}`]: LOOK_UP,
  [`PATCH ${ORGANIZATION}/teams/{id}`]: ADMINISTER,
  [`DELETE ${ORGANIZATION}/teams/{id}`]: ADMINISTER,
  [`POST ${ORGANIZATION}/teams/{id}/restore`]: ADMINISTER,
  [`GET ${ORGANIZATION}/teams/{id}/members`]: LOOK_UP,
  [`PUT ${ORGANIZATION}/teams/{id}/members/{userId}`]: ADMINISTER,
  [`DELETE ${ORGANIZATION}/teams/{id}/members/{userId}`]: ADMINISTER,
  [`GET ${ORGANIZATION}/group-links`]: READ,
  [`POST ${ORGANIZATION}/group-links/{groupId}`]: ADMINISTER,
  [`DELETE ${ORGANIZATION}/group-links/{groupId}`]: ADMINISTER,
  [`GET ${ORGANIZATION}/team-sync/mappings`]: READ,
  [`PUT ${ORGANIZATION}/team-sync/mappings`]: ADMINISTER,
  [`POST ${ORGANIZATION}/team-sync/migration`]: READ,
  [`POST ${ORGANIZATION}/team-sync/migration/commit`]: ADMINISTER,
  [`POST ${ORGANIZATION}/team-sync/migration/rollback`]: ADMINISTER,
  [`POST ${ORGANIZATION}/sign-ins`]: DECIDE,
  [`GET ${ORGANIZATION}/overrides`]: READ,
  [`GET ${ORGANIZATION}/history`]: READ,
  'GET /api/providers': READ,
  'GET /api/scim-requests': OPERATE,
  'GET /api/keys': READ,
  'POST /api/keys': ADMINISTER,
  'DELETE /api/keys/{id}': ADMINISTER,
};

type Place = 'its own' | 'a foreign' | 'an unknown';
type Outcome = 'allowed' | 'forbidden' | 'unauthenticated';

interface Operation {
  readonly 'x-permission'?: string;
}

const service = await sharedService();
const described = Object.entries(
  (
    (await (await fetch(`${service.url}/docs/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    }
  ).paths,
).flatMap(([path, operations]) =>
  Object.entries(operations).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
);

let own: TestOrganization;
let foreign: TestOrganization;
let victim: IssuedKey;
let callers: Readonly<Record<string, IssuedKey>>;

const CALLERS: readonly (readonly [string, Role, 'one' | 'every'])[] = [
  ['an owner', 'owner', 'every'],
  ['an operator', 'operator', 'every'],
  ['an administrator of every organization', 'administrator', 'every'],
  ['an administrator of one organization', 'administrator', 'one'],
  ['an auditor of every organization', 'auditor', 'every'],
  ['an auditor of one organization', 'auditor', 'one'],
  ['an application of every organization', 'application', 'every'],
  ['an application of one organization', 'application', 'one'],
];

beforeAll(async () => {
  own = await newOrganization(service, { enableScim: false });
  foreign = await newOrganization(service, { enableScim: false });
  victim = await issueKey(service, 'application', own.slug);
  const issued = CALLERS.map(
    async ([title, role, extent]) =>
      [title, await issueKey(service, role, extent === 'one' ? own.slug : undefined)] as const,
  );
  callers = Object.fromEntries(await Promise.all(issued));
});

async function outcome(caller: string, endpoint: string, slug = own.slug): Promise<Outcome> {
  const [method = '', path = ''] = endpoint.split(' ');
  const url = path
    .replace('{organization}', slug)
    .replace('/keys/{id}', `/keys/${victim.id}`)
    .replaceAll(/\{\w+\}/g, randomUUID());
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined;
  const answer = await callApi(callers[caller]!, method, url, body);
  if (answer.status === 401) return 'unauthenticated';
  expect(answer.body.type).not.toBe('/problems/endpoint-unknown');
  if (answer.status !== 403) return 'allowed';
  expectProblem(answer, 403, 'forbidden');
  return 'forbidden';
}

it.each(described)('%s names the permission that it needs', (endpoint, operation) => {
  expect(operation['x-permission']).toMatch(/^[a-z-]+:[a-z]+$/);
  expect(Object.keys(EXPECTED)).toContain(endpoint);
});

it('decides of no endpoint that there is not', () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual(described.map(([each]) => each).toSorted());
});

describe.each(CALLERS)('the key of %s', (caller, role, extent) => {
  it.each(described)('calls %s where it may, and nowhere else', async (endpoint) => {
    const permitted = EXPECTED[endpoint]?.includes(role) ? 'allowed' : 'forbidden';
    if (!endpoint.includes('{organization}')) {
      expect(await outcome(caller, endpoint)).toBe(permitted);
      return;
    }
    const elsewhere = extent === 'one' ? 'forbidden' : permitted;
    const outcomes: Readonly<Record<Place, Outcome>> = {
      'its own': await outcome(caller, endpoint),
      'a foreign': await outcome(caller, endpoint, foreign.slug),
      'an unknown': await outcome(caller, endpoint, `no-${randomUUID()}`),
    };
    expect(outcomes).toEqual({
      'its own': permitted,
      'a foreign': elsewhere,
      'an unknown': elsewhere,
    });
  });
});

it('answers a key of one organization alike for organizations that exist and that do not', async () => {
  const key = callers['an administrator of one organization']!;
  const [existing, unknown, impossible] = await Promise.all(
    [foreign.slug, `no-${randomUUID()}`, 'NO%00SLUG'].map((slug) =>
      callApi(key, 'GET', `/api/organizations/${slug}/users`),
    ),
  );
  expect(withoutInstance(unknown!)).toEqual(withoutInstance(existing!));
  expect(withoutInstance(impossible!)).toEqual(withoutInstance(existing!));
});

it.each([
  ['upper case', (slug: string) => slug.toUpperCase()],
  ['a space behind', (slug: string) => `${slug}%20`],
  ['a way through its own', (slug: string) => `${own.slug}%2F..%2F${slug}`],
])('does not take another organization for its own in %s', async (_, spelling) => {
  const key = callers['an administrator of one organization']!;
  const path = `/api/organizations/${spelling(foreign.slug)}/users`;
  expectProblem(await callApi(key, 'GET', path), 403, 'forbidden');
});

it('R92 opens the configuration of SCIM to those alone who have the permission for it', async () => {
  const auditor = callers['an auditor of one organization']!;
  const administrator = callers['an administrator of one organization']!;
  const enable = `/api/organizations/${own.slug}/scim/enable`;
  const refused = await callApi(auditor, 'POST', enable);
  expectProblem(refused, 403, 'forbidden');
  expect(refused.body['detail']).toContain('scim:configure');
  expect((await callApi(administrator, 'POST', enable)).status).toBe(200);
  const { body } = await own.api('GET', '/history?type=SyncEnabled&limit=1');
  expect(body.items).toMatchObject([{ actor: { kind: 'key', id: administrator.id } }]);
});

it.each(['an administrator of one organization', 'an auditor of one organization'])(
  'lists to %s that organization only',
  async (caller) => {
    const page = await callApi(callers[caller]!, 'GET', '/api/organizations?limit=1');
    expect(page.body).toEqual({ items: [expect.objectContaining({ slug: own.slug })] });
    const cursor = Buffer.from(own.slug).toString('base64url');
    const next = await callApi(callers[caller]!, 'GET', `/api/organizations?cursor=${cursor}`);
    expect(next.body).toEqual({ items: [] });
  },
);

@Controller('api/planted')
class Unguarded {
  @Get('here')
  @Needs('users:read')
  read(): void {}
}

@AdminController('planted', 'Planted')
class Unspecified {
  @Get(':id')
  read(): void {}

  @Get()
  @Needs('users:read')
  list(): void {}
}

class Heir extends Unspecified {}
AdminController('heir', 'Planted')(Heir);

@Controller('elsewhere')
class OutsideTheApi {
  @Get()
  read(): void {}
}

describe('a service', () => {
  async function start(planted: Type): Promise<void> {
    const { url } = await createTestDatabase();
    const whole = AppModule.with(loadConfig({}), url);
    const module = { ...whole, controllers: [...(whole.controllers ?? []), planted] };
    const context = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
    await context.close();
  }

  it.each([
    ['without a permission', Unspecified, 'GET /api/planted/:id: expected @Needs(permission)'],
    ['that is inherited without one', Heir, 'GET /api/heir/:id: expected @Needs(permission)'],
    ['without a guard', Unguarded, 'GET /api/planted/here: expected an @AdminController'],
  ])('does not start with an endpoint %s', async (_, planted, fault) => {
    await expect(start(planted)).rejects.toThrow(`endpoints without authorization:\n  ${fault}`);
  });

  it('starts with an open endpoint that is not of the API', async () => {
    await expect(start(OutsideTheApi)).resolves.toBeUndefined();
  });
});
