import { randomUUID } from 'node:crypto';
import { callApi, newOrganization, type Service } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly example?: unknown;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Content {
  readonly [type: string]: { readonly schema: Schema; readonly examples?: unknown };
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const ORGANIZATION = '/api/organizations/{organization}';

/** Every endpoint of the management API; a new one is added here. */
const ENDPOINTS = [
  'GET /api/organizations',
  'POST /api/organizations',
  `GET ${ORGANIZATION}`,
  `GET ${ORGANIZATION}/policies`,
  `PATCH ${ORGANIZATION}/policies`,
  `GET ${ORGANIZATION}/scim`,
  `POST ${ORGANIZATION}/scim/enable`,
  `POST ${ORGANIZATION}/scim/disable`,
  `GET ${ORGANIZATION}/scim/tokens`,
  `POST ${ORGANIZATION}/scim/tokens`,
  `DELETE ${ORGANIZATION}/scim/tokens/{id}`,
  `GET ${ORGANIZATION}/users`,
  `GET ${ORGANIZATION}/users/{id}`,
  `GET ${ORGANIZATION}/teams`,
  `GET ${ORGANIZATION}/teams/{id}`,
  `GET ${ORGANIZATION}/teams/{id}/members`,
  `GET ${ORGANIZATION}/history`,
];

let service: Service;
let document: OpenApi;

beforeAll(async () => {
  service = await sharedService();
  const response = await fetch(`${service.url}/docs/openapi.json`);
  document = (await response.json()) as OpenApi;
});

function operation(endpoint: string): Operation {
  const [method = '', path = ''] = endpoint.split(' ');
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`${endpoint} is not described`);
  return found;
}

function resolved(schema: Schema): Schema {
  const target = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (target === undefined) return schema;
  return document.components.schemas[target.slice(target.lastIndexOf('/') + 1)] ?? {};
}

/** The example that the documentation shows for a schema. */
function exampleOf(schema: Schema): unknown {
  const { example, type, items, properties } = { ...resolved(schema) };
  if (schema.example !== undefined) return schema.example;
  if (example !== undefined) return example;
  if (type === 'array') return items ? [exampleOf(items)] : [];
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, member]) => [name, exampleOf(member)]),
  );
}

/** Where an answer departs from its schema: members that are missing or not described. */
function departures(value: unknown, schema: Schema, at = '$'): string[] {
  const { type, items, properties, required = [] } = resolved(schema);
  if (type === 'array' && items) {
    return Array.isArray(value)
      ? value.flatMap((each, index) => departures(each, items, `${at}[${index}]`))
      : [`${at} is no list`];
  }
  if (!properties) return [];
  const members = value as Readonly<Record<string, unknown>>;
  return [
    ...required.filter((name) => !(name in members)).map((name) => `${at}.${name} is missing`),
    ...Object.entries(members).flatMap(([name, member]) => {
      const described = properties[name];
      if (!described) return [`${at}.${name} is not described`];
      return departures(member, described, `${at}.${name}`);
    }),
  ];
}

it('describes exactly the endpoints below /api', () => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual([...ENDPOINTS].sort());
});

it.each(ENDPOINTS)('describes %s: summary, key, parameters, answers and refusals', (endpoint) => {
  const { summary, tags, security, parameters, responses } = operation(endpoint);
  expect(summary).toMatch(/.+/);
  expect(tags).toHaveLength(1);
  expect(security).toEqual([{ apiKey: [] }]);
  const inPath = [...endpoint.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const described = parameters.filter((parameter) => parameter.in === 'path');
  expect(described.map(({ name }) => name).sort()).toEqual(inPath.sort());
  expect(Object.keys(responses).filter((status) => status.startsWith('2'))).toHaveLength(1);
  expect(responses).toHaveProperty('401');
  if (inPath.length > 0) expect(responses).toHaveProperty('404');
});

it.each(ENDPOINTS)('describes every refusal of %s as a problem with an example', (endpoint) => {
  const refusals = Object.entries(operation(endpoint).responses).filter(
    ([status]) => Number(status) >= 400,
  );
  for (const [status, { content }] of refusals) {
    const problem = content?.['application/problem+json'];
    expect(problem?.schema.$ref).toBe('#/components/schemas/Problem');
    expect(JSON.stringify(problem?.examples)).toContain(`"status":${status}`);
  }
});

it('has examples that the API accepts, answered as described', async () => {
  const organization = await newOrganization(service);
  const user = await organization.createUser();
  await organization.createGroup({ members: [{ value: user.id }] });
  const team = (await organization.api('GET', '/teams')).body.items[0]!.id;
  const token = await organization.withNewToken();
  const ids: Record<string, string> = { tokens: token.id, users: user.id, teams: team };
  const failures: string[] = [];
  for (const endpoint of ENDPOINTS) {
    const [method = '', path = ''] = endpoint.split(' ');
    const { requestBody, responses } = operation(endpoint);
    const example = requestBody && exampleOf(requestBody.content['application/json']!.schema);
    // The example of a slug can be taken once.
    const body =
      path === '/api/organizations' && example
        ? { ...example, slug: `e-${randomUUID().slice(0, 13)}` }
        : example;
    const [, kind = ''] = /(\w+)\/\{id\}/.exec(path) ?? [];
    const url = path.replace('{organization}', organization.slug).replace('{id}', ids[kind] ?? '');
    const answer = await callApi(service, method, url, body);
    const described = responses[answer.status];
    if (answer.status >= 300 || !described) failures.push(`${endpoint}: ${answer.text}`);
    const schema = described?.content?.['application/json']?.schema;
    if (schema)
      failures.push(...departures(answer.body, schema).map((each) => `${endpoint}: ${each}`));
  }
  expect(failures).toEqual([]);
});

it('has a page for people', async () => {
  const response = await fetch(`${service.url}/docs`);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<title>Rollcall management API</title>');
});
