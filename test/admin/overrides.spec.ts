import { newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const overrides = async () => (await organization.api('GET', '/overrides')).body;

const BY = { actor: expect.stringMatching(/^key:/), at: expect.stringMatching(/Z$/) };

it('lists nothing while nothing was changed by hand', async () => {
  const { id } = await organization.createUser();
  await organization.createGroup({ members: [{ value: id }] });
  expect(await overrides()).toEqual({ items: [], total: 0 });
});

it('R113 lists what was changed by hand, also when it is locked again, until the identity provider states it', async () => {
  const [member, other] = [await organization.createUser(), await organization.createUser()];
  const group = await organization.createGroup({ members: [{ value: member.id }] });
  const team = (await organization.api('GET', '/teams')).body.items[0]!.id;
  await organization.api('PATCH', `/users/${other.id}`, { displayName: 'By hand' });
  await organization.api('PATCH', `/teams/${team}`, { name: 'By hand' });
  await organization.api('PUT', `/teams/${team}/members/${other.id}`);
  await organization.api('DELETE', `/teams/${team}/members/${member.id}`);
  await organization.api('PATCH', '/policies', { manualUpdates: 'locked' });
  const named = { team: { id: team, name: 'By hand' }, ...BY };
  const user = (of: typeof member) => ({ id: of.id, userName: of.userName });
  const expected = [
    { kind: 'membership', user: user(member), change: 'removed', ...named },
    { kind: 'membership', user: user(other), change: 'added', ...named },
    { kind: 'team', attribute: 'name', ...named },
    { kind: 'user', user: user(other), attribute: 'displayName', ...BY },
  ];
  expect(await overrides()).toEqual({ items: expected, total: 4 });
  await organization.scim('PUT', `/Groups/${group.id}`, {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: group.displayName,
    members: [{ value: member.id }],
  });
  expect(await overrides()).toEqual({ items: [expected[3]], total: 1 });
});

it('shows nothing of another organization', async () => {
  const { id } = await organization.createUser();
  await organization.api('PATCH', `/users/${id}`, { displayName: 'By hand' });
  organization = await newOrganization(organization.service);
  expect(await overrides()).toEqual({ items: [], total: 0 });
});
