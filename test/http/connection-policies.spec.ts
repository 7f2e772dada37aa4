import { expectScimError, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

it('R54 refuses everything while the organization is not entitled, and keeps its users', async () => {
  const user = await organization.createUser();
  await organization.api('PATCH', '/policies', { entitled: false });
  const refused = await organization.scim('GET', '/Users');
  expectScimError(refused, 403);
  expect(refused.body.detail).toContain('entitled');
  await organization.api('PATCH', '/policies', { entitled: true });
  expect(await organization.readUser(user.id)).toEqual(user);
});

it('R51 answers a list of groups with none while groups are off', async () => {
  const group = await organization.createGroup();
  await organization.api('PATCH', '/policies', { capabilities: { groups: false } });
  const list = await organization.scim('GET', '/Groups?excludedAttributes=members');
  expect(list.status).toBe(200);
  expect(list.body).toMatchObject({ totalResults: 0, Resources: [] });
  expectScimError(await organization.scim('GET', `/Groups/${group.id}`), 404);
  await organization.api('PATCH', '/policies', { capabilities: { groups: true } });
  expect((await organization.read('/Groups')).totalResults).toBe(1);
});

it('refuses a filter that cannot be read also while groups are off', async () => {
  await organization.api('PATCH', '/policies', { capabilities: { groups: false } });
  expectScimError(await organization.search('displayName', '/Groups'), 400, 'invalidFilter');
});
