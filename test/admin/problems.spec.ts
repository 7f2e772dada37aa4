import { readFileSync } from 'node:fs';
import { problemKinds } from '../../src/http/admin/problem.js';
import { callApi, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const send = (body: string, contentType = 'application/json') =>
  callApi(
    organization.service,
    'POST',
    `/api/organizations/${organization.slug}/scim/tokens`,
    body,
    { 'content-type': contentType },
  );

it.each([
  ['nothing', ''],
  ['half of an object', '{"name":'],
  ['no JSON', 'name=okta'],
  ['__proto__', '{"name":"x","__proto__":{"admin":true}}'],
  ['NUL', '{"name":"a\\u0000b"}'],
  ['half of a surrogate pair', '{"name":"\\ud800"}'],
  ['10,000 levels of nesting', `{"name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
])('refuses a body with %s', async (_, body) => {
  expectProblem(await send(body), 400, 'body-malformed');
});

it('refuses a list of lists where a name belongs', async () => {
  expectProblem(await send(`{"name":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'request-invalid');
});

it('refuses a body of 2 MB', async () => {
  expectProblem(await send(JSON.stringify({ name: 'x'.repeat(2_000_000) })), 413, 'body-too-large');
});

it.each(['text/plain', 'application/xml', 'application/json; charset=utf-16'])(
  'refuses a body of type %s',
  async (contentType) => {
    const response = await send('{"name":"x"}', contentType);
    expectProblem(response, 415, 'media-type-unsupported');
  },
);

it('cuts what it quotes of a request', async () => {
  const { body, text } = await send(JSON.stringify({ name: 'x'.repeat(100_000) }));
  expect(body['detail']).toContain('name: found "xxx');
  expect(text.length).toBeLessThan(1_500);
});

it.each([
  ['GET', '/api'],
  ['GET', '/api/nothing'],
  ['PUT', '/api/organizations'],
  ['DELETE', '/api/organizations'],
  ['GET', '/nothing'],
])('answers 404 for %s %s', async (method, path) => {
  expectProblem(await callApi(organization.service, method, path), 404, 'endpoint-unknown');
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'refuses the query parameter %s',
  async (parameter) => {
    const response = await organization.api('GET', `/users?${parameter}=1`);
    expect([200, 400]).toContain(response.status);
  },
);

it('takes the correlation id that a client sends', async () => {
  const id = '01a2035a-d794-713d-a5ba-8d8bab7cece7';
  const path = `/api/organizations/${organization.slug}/nothing`;
  const { body } = await callApi(organization.service, 'GET', path, undefined, {
    'x-request-id': id,
  });
  expect(body['instance']).toBe(`urn:uuid:${id}`);
});

it('explains every problem, and no other, in docs/errors.md', () => {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const explained = [...text.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)].map(
    ([, reason, status]) => [reason, Number(status)],
  );
  const kinds = Object.entries(problemKinds).map(([reason, { status }]) => [reason, status]);
  expect(explained).toEqual(kinds);
});
