import {
  newOrganization,
  randomDisplayName,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const events = async (): Promise<readonly string[]> =>
  (await organization.api('GET', '/history?type=PolicyChanged')).body.items.map(({ type }) => type);

it('shows the defaults of policies that were never set', async () => {
  const { status, body } = await organization.api('GET', '/policies');
  expect(status).toBe(200);
  expect(body).toEqual({ groupNames: 'unique' });
});

it('sets a policy, which holds from the answer on', async () => {
  const displayName = randomDisplayName();
  await organization.createGroup({ displayName });
  const { status, body } = await organization.api('PATCH', '/policies', { groupNames: 'any' });
  expect(status).toBe(200);
  expect(body).toEqual({ groupNames: 'any' });
  expect((await organization.api('GET', '/policies')).body).toEqual(body);
  await organization.createGroup({ displayName });
});

it.each([
  ['nothing', {}],
  ['the value it has', { groupNames: 'unique' }],
])('records no event when it sets %s', async (_, values) => {
  const { status, body } = await organization.api('PATCH', '/policies', values);
  expect(status).toBe(200);
  expect(body).toEqual({ groupNames: 'unique' });
  expect(await events()).toEqual([]);
});

it('leaves the policies of other organizations as they are', async () => {
  const neighbour = await newOrganization(organization.service, { enableScim: false });
  await organization.api('PATCH', '/policies', { groupNames: 'any' });
  expect((await neighbour.api('GET', '/policies')).body).toEqual({ groupNames: 'unique' });
});

it.each([
  ['policy-unknown', { groupName: 'any' }],
  ['policy-unknown', { toString: 'any' }],
  ['policy-value-invalid', { groupNames: 'sometimes' }],
  ['policy-value-invalid', { groupNames: null }],
  ['policy-value-invalid', { groupNames: ['any'] }],
  ['policy-unknown', { groupNames: 'any', other: 1 }],
  ['request-invalid', [{ groupNames: 'any' }]],
  ['request-invalid', 'any'],
])('refuses with %s: %j, and changes nothing', async (reason, body) => {
  const response = await organization.api('PATCH', '/policies', JSON.stringify(body));
  expectProblem(response, 400, reason);
  expect((await organization.api('GET', '/policies')).body).toEqual({ groupNames: 'unique' });
  expect(await events()).toEqual([]);
});

it('says which values a policy can have', async () => {
  const { body } = await organization.api('PATCH', '/policies', { groupNames: 'sometimes' });
  expect(body['detail']).toBe('groupNames: found "sometimes", expected one of: unique, any');
});
