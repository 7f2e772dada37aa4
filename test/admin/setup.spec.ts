import {
  callApi,
  newOrganization,
  type ApiResponse,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

const PROVIDERS = ['okta', 'entra', 'onelogin', 'jumpcloud', 'ping', 'google', 'generic'];

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const setup = (provider: string): Promise<ApiResponse> =>
  organization.api('GET', `/scim/setup?provider=${provider}`);

async function textsOf(provider: string): Promise<string> {
  const { body } = await setup(provider);
  return JSON.stringify(body).replaceAll('\\"', '"');
}

it('R100 lists the kinds of providers and how well each is known', async () => {
  const { body } = await callApi(organization.service, 'GET', '/api/providers');
  expect(body.items.map((item) => item['kind'])).toEqual(PROVIDERS);
  const maturity = Object.fromEntries(body.items.map((item) => [item['kind'], item['maturity']]));
  expect(maturity).toMatchObject({ okta: 'stable', entra: 'stable', google: 'preview' });
});

it.each(PROVIDERS)(
  'R37 tells the base URL, steps and mappings for %s, and no token',
  async (provider) => {
    const { status, body, text } = await setup(provider);
    expect(status).toBe(200);
    expect(body).toMatchObject({ provider, baseUrl: organization.scimUrl });
    const fields = body['fields'] as readonly { readonly label: string; readonly value?: string }[];
    expect(fields.some(({ value }) => value?.startsWith(organization.scimUrl))).toBe(true);
    expect(fields.filter(({ label }) => /token|authorization/i.test(label))).not.toEqual([]);
    const steps = body['steps'] as readonly { readonly number: number }[];
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
    expect(text).not.toMatch(/scim_[0-9a-f]{8}-|\{baseUrl\}|\{matchingKey\}/);
    expect(text).toContain(`${organization.slug}/scim/tokens`);
    const mappings = body['mappings'] as readonly { readonly attribute: string }[];
    expect(mappings.map(({ attribute }) => attribute)).toContain('userName');
  },
);

it.each([
  ['R41 the user name', '"Application username format" to Email'],
  ['R42 the switch of catalogue applications', 'Enable API integration'],
  ['R43 their test', 'Test API Credentials'],
  ['R45 creation', 'Create Users'],
  ['R47 updates', 'Update User Attributes'],
  ['R48 deactivation', 'Deactivate Users'],
  ['R49 groups', 'Push Groups'],
  ['R93 where it sends from', 'ip_ranges.json'],
  ['R94 the role', 'Application Administrator'],
  ['R118 the switch of own applications', 'Enable SCIM provisioning'],
  ['R119 the unique identifier', 'Enter userName at "Unique identifier field for users"'],
  ['R120 the actions', 'Push New Users, Push Profile Updates, Push Groups'],
  ['R121 the authentication', '"label":"Authentication Mode","value":"HTTP Header"'],
  ['R123 the test', 'Test Connector Configuration'],
  ['R128 imports', 'Import New Users and Profile Updates'],
])('names for Okta %s', async (_, text) => {
  expect(await textsOf('okta')).toContain(text);
});

it.each([
  ['the tenant URL with its flag', '?aadOptscim062020'],
  ['the secret', 'Secret Token'],
  ['the test', 'Test Connection'],
  ['the mapping of externalId', '"attribute":"externalId","source":"objectId"'],
  ['R93 where it sends from', 'AzureActiveDirectory'],
  ['the role', 'Application Administrator'],
  ['the start', 'Start provisioning'],
])('names for Entra %s', async (_, text) => {
  expect(await textsOf('entra')).toContain(text);
});

it('follows the policy provider when none is named', async () => {
  expect((await organization.api('GET', '/scim/setup')).body['provider']).toBe('generic');
  await organization.api('PATCH', '/policies', { provider: 'entra' });
  expect((await organization.api('GET', '/scim/setup')).body['provider']).toBe('entra');
});

it.each([
  ['okta', 'externalId', 'Enter externalId at "Unique identifier field for users"'],
  ['okta', 'emails.value', '"value":"emails.value"'],
  ['entra', 'externalId', 'must be that of the policy matchingKey: externalId.'],
  ['generic', 'externalId', 'filter=externalId eq'],
])('R119 tells %s to match by %s where the policy says so', async (provider, key, text) => {
  const { body } = await organization.api('GET', '/policies');
  await organization.api('PATCH', '/policies', { matchingKey: key });
  expect(await textsOf(provider)).toContain(text);
  await organization.api('PATCH', '/policies', { matchingKey: body['matchingKey'] });
});

it('refuses a provider that it does not know', async () => {
  expectProblem(await setup('acme'), 400, 'request-invalid');
});

it('R104 keeps the base URL when tokens come and go', async () => {
  const before = (await setup('okta')).body['baseUrl'];
  const token = await organization.withNewToken();
  await organization.api('DELETE', `/scim/tokens/${token.id}`);
  expect((await setup('okta')).body['baseUrl']).toBe(before);
});
