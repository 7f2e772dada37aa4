import { randomUUID } from 'node:crypto';
import { GROUP_ID, TEAM_ID, USER_ID } from '../../src/http/admin/examples.js';
import {
  callApi,
  newOrganization,
  type Service,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { issueKey } from './api-keys.js';
import { OpenApi } from './openapi-document.js';

const ORGANIZATION = '/api/organizations/{organization}';

/** What an endpoint is tried on: an organization with SCIM on, and ids for its path and for the examples. */
interface Stage {
  readonly organization: TestOrganization;
  readonly user: string;
  readonly team: string;
  readonly group: string;
  /** The `{id}` of the path. */
  readonly id: string;
}

type Setting = (stage: Stage) => Promise<Partial<Stage>> | Partial<Stage>;

const asItIs: Setting = () => ({});
const onUser: Setting = ({ user }) => ({ id: user });
const onTeam: Setting = ({ team }) => ({ id: team });

/** A user whom nothing manages. */
const onNewUser: Setting = async ({ organization }) => {
  const { body } = await organization.api('POST', '/users', { userName: `${randomUUID()}@x` });
  return { id: body.id };
};

/** A group that waits for its link. */
const onUnlinkedGroup: Setting = async ({ organization }) => {
  await organization.api('PATCH', '/policies', { groupMapping: 'strict' });
  const { id: group } = await organization.createGroup();
  const { body: team } = await organization.api('POST', '/teams', { name: 'Analysts' });
  return { group, team: team.id };
};

const onMigration: Setting = async ({ organization, team }) => {
  await organization.api('PATCH', '/policies', { teamSync: 'off' });
  await organization.api('PATCH', '/policies', { teamSync: 'sign-in' });
  const mappings = [{ externalGroup: 'analysts', teamId: team }];
  await organization.api('PUT', '/team-sync/mappings', mappings);
  return {};
};

const onCommittedMigration: Setting = async (stage) => {
  await onMigration(stage);
  await stage.organization.api('POST', '/team-sync/migration/commit');
  return {};
};

/** Every endpoint of the management API, and on what its examples are tried; a new one is added here. */
const ENDPOINTS: Readonly<Record<string, Setting>> = {
  'GET /api/organizations': asItIs,
  'POST /api/organizations': asItIs,
  [`GET ${ORGANIZATION}`]: asItIs,
  [`GET ${ORGANIZATION}/policies`]: asItIs,
  [`PATCH ${ORGANIZATION}/policies`]: asItIs,
  [`GET ${ORGANIZATION}/scim`]: asItIs,
  [`POST ${ORGANIZATION}/scim/enable`]: asItIs,
  [`POST ${ORGANIZATION}/scim/disable`]: asItIs,
  [`POST ${ORGANIZATION}/scim/resume`]: asItIs,
  [`GET ${ORGANIZATION}/scim/setup`]: asItIs,
  [`GET ${ORGANIZATION}/scim/requests`]: asItIs,
  [`GET ${ORGANIZATION}/scim/tokens`]: asItIs,
  [`POST ${ORGANIZATION}/scim/tokens`]: asItIs,
  [`DELETE ${ORGANIZATION}/scim/tokens/{id}`]: async ({ organization }) => ({
    id: (await organization.withNewToken()).id,
  }),
  [`GET ${ORGANIZATION}/users`]: asItIs,
  [`POST ${ORGANIZATION}/users`]: asItIs,
  [`GET ${ORGANIZATION}/users/{id}`]: onUser,
  [`PATCH ${ORGANIZATION}/users/{id}`]: onUser,
  [`DELETE ${ORGANIZATION}/users/{id}`]: onNewUser,
  [`GET ${ORGANIZATION}/teams`]: asItIs,
  [`POST ${ORGANIZATION}/teams`]: asItIs,
  [`GET ${ORGANIZATION}/teams/{id}`]: onTeam,
  [`PATCH ${ORGANIZATION}/teams/{id}`]: onTeam,
  [`DELETE ${ORGANIZATION}/teams/{id}`]: onTeam,
  [`POST ${ORGANIZATION}/teams/{id}/restore`]: onTeam,
  [`GET ${ORGANIZATION}/teams/{id}/members`]: onTeam,
  [`PUT ${ORGANIZATION}/teams/{id}/members/{userId}`]: onTeam,
  [`DELETE ${ORGANIZATION}/teams/{id}/members/{userId}`]: onTeam,
  [`GET ${ORGANIZATION}/group-links`]: asItIs,
  [`POST ${ORGANIZATION}/group-links/{groupId}`]: onUnlinkedGroup,
  [`DELETE ${ORGANIZATION}/group-links/{groupId}`]: asItIs,
  [`GET ${ORGANIZATION}/team-sync/mappings`]: onMigration,
  [`PUT ${ORGANIZATION}/team-sync/mappings`]: asItIs,
  [`POST ${ORGANIZATION}/team-sync/migration`]: onMigration,
  [`POST ${ORGANIZATION}/team-sync/migration/commit`]: onMigration,
  [`POST ${ORGANIZATION}/team-sync/migration/rollback`]: onCommittedMigration,
  [`POST ${ORGANIZATION}/sign-ins`]: asItIs,
  [`GET ${ORGANIZATION}/overrides`]: async ({ organization, user }) => {
    await organization.api('PATCH', `/users/${user}`, { displayName: 'By hand' });
    return {};
  },
  [`GET ${ORGANIZATION}/history`]: asItIs,
  'GET /api/scim-requests': asItIs,
  'GET /api/providers': asItIs,
  'GET /api/keys': asItIs,
  'POST /api/keys': asItIs,
  'DELETE /api/keys/{id}': async ({ organization }) => ({
    id: (await issueKey(organization.service, 'auditor')).id,
  }),
};
const endpoints = Object.keys(ENDPOINTS);

let service: Service;
let description: OpenApi;

beforeAll(async () => {
  service = await sharedService();
  description = await OpenApi.of(service.url);
});

async function stage(): Promise<Stage> {
  const organization = await newOrganization(service);
  const { id: user } = await organization.createUser();
  const { id: group } = await organization.createGroup({ members: [{ value: user }] });
  const team = (await organization.api('GET', '/teams')).body.items[0]!.id;
  return { organization, user, group, team, id: '' };
}

/** The example with ids that exist, and a slug that nobody has yet. */
function placed(example: unknown, { organization, user, team, group }: Stage): string | undefined {
  if (example === undefined) return undefined;
  const body = JSON.stringify(example)
    .replaceAll(USER_ID, user)
    .replaceAll(TEAM_ID, team)
    .replaceAll(GROUP_ID, group);
  return body
    .replace('"slug":"acme"', `"slug":"e-${randomUUID().slice(0, 13)}"`)
    .replace('"organization":"acme"', `"organization":"${organization.slug}"`);
}

it('describes exactly the endpoints below /api', () => {
  expect([...description.endpoints].sort()).toEqual([...endpoints].sort());
});

it.each(endpoints)('describes %s: summary, key, parameters, answers and refusals', (endpoint) => {
  const { summary, tags, security, parameters, responses } = description.operation(endpoint);
  expect(summary).toMatch(/.+/);
  expect(tags).toHaveLength(1);
  expect(security).toEqual([{ apiKey: [] }]);
  const inPath = [...endpoint.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const described = parameters.filter((parameter) => parameter.in === 'path');
  expect(described.map(({ name }) => name).sort()).toEqual(inPath.sort());
  expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
  expect(responses).toHaveProperty('401');
  expect(responses).toHaveProperty('403');
  if (inPath.length > 0) expect(responses).toHaveProperty('404');
});

it.each(endpoints)('describes every refusal of %s as a problem with an example', (endpoint) => {
  const refusals = Object.entries(description.operation(endpoint).responses).filter(
    ([status]) => Number(status) >= 400,
  );
  for (const [status, { content }] of refusals) {
    const problem = content?.['application/problem+json'];
    expect(problem?.schema.$ref).toBe('#/components/schemas/Problem');
    expect(JSON.stringify(problem?.examples)).toContain(`"status":${status}`);
  }
});

it.each(endpoints)(
  'has examples of %s that the API accepts, answered as described',
  async (endpoint) => {
    const [method = '', path = ''] = endpoint.split(' ');
    const operation = description.operation(endpoint);
    for (const example of description.requestExamples(operation)) {
      const given = await stage();
      const at = { ...given, ...(await ENDPOINTS[endpoint]!(given)) };
      const url = path
        .replace('{organization}', at.organization.slug)
        .replace('{groupId}', at.group)
        .replace('{userId}', at.user)
        .replace('{id}', at.id);
      const answer = await callApi(service, method, url, placed(example, at));
      const described = operation.responses[answer.status];
      const schema = described?.content?.['application/json']?.schema;
      expect({ status: answer.status < 300 && described ? answer.status : answer.text }).toEqual({
        status: answer.status,
      });
      expect(schema ? description.departures(answer.body, schema) : []).toEqual([]);
    }
  },
);

it.each([
  ['PATCH', '/policies', { groupMapping: 'strict' }],
  ['POST', '/scim/enable', undefined],
])('answers %s %s?dryRun=true as described', async (method, path, body) => {
  const { organization } = await stage();
  const { status, body: preview } = await organization.api(method, `${path}?dryRun=true`, body);
  const { responses } = description.operation(`${method} ${ORGANIZATION}${path}`);
  const schema = responses[status]!.content!['application/json']!.schema;
  expect(preview).toHaveProperty('effects');
  expect(description.departures(preview, schema)).toEqual([]);
});

it('has a page for people', async () => {
  const response = await fetch(`${service.url}/docs`);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<title>Rollcall management API</title>');
});
