import {
  newOrganization,
  type ScimDocument,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;
let team: string;
let group: ScimDocument;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
  team = (await organization.api('POST', '/teams', { name: 'Analysts' })).body.id;
  group = await organization.readGroup(team);
});

const put = (ifMatch: string) => {
  const body = { schemas: group.schemas, displayName: 'Analysts', externalId: 'x' };
  return organization.scim('PUT', `/Groups/${team}`, body, { 'if-match': ifMatch });
};
const read = (ifNoneMatch: string) =>
  organization.scim('GET', `/Groups/${team}`, undefined, { 'if-none-match': ifNoneMatch });

it('R21 finds a team that no group feeds by its displayName, without members', async () => {
  const filter = encodeURIComponent('displayName eq "analysts"');
  const { body } = await organization.scim('GET', `/Groups?filter=${filter}`);
  expect(body).toMatchObject({ totalResults: 1, Resources: [group] });
  expect(group).toMatchObject({ id: team, displayName: 'Analysts' });
  expect(group).not.toHaveProperty('members');
});

it('R21 the first write makes a group of it, on condition of the tag that was read', async () => {
  expect((await put('W/"7.team"')).status).toBe(412);
  const { status, body } = await put(group.meta.version);
  expect([status, body.id, body['externalId']]).toEqual([200, team, 'x']);
  expect(await organization.readGroup(team)).toEqual(body);
});

it('ETG-02 the tag of a team is not that of the group which becomes of it', async () => {
  expect(group.meta.version).toBe('W/"0.team"');
  expect((await read(group.meta.version)).status).toBe(304);
  await put('*');
  expect((await read(group.meta.version)).status).toBe(200);
});

it('R10 lists users whom the identity provider did not provision', async () => {
  const { body } = await organization.api('POST', '/users', { userName: 'ada@example.com' });
  const listed = await organization.scim('GET', '/Users');
  expect(listed.body).toMatchObject({ totalResults: 1, Resources: [{ id: body.id }] });
});

it('R78 under strict a write makes a group of it that feeds nothing until somebody maps it', async () => {
  await organization.api('PATCH', '/policies', { groupMapping: 'strict' });
  const { id } = await organization.createUser();
  await organization.patchGroup(team, { op: 'add', path: 'members', value: [{ value: id }] });
  expect((await organization.readGroup(team)).members).toMatchObject([{ value: id }]);
  const memberCount = async () =>
    (await organization.api('GET', `/teams/${team}`)).body['memberCount'];
  expect(await memberCount()).toBe(0);
  await organization.api('POST', `/group-links/${team}`, { teamId: team });
  expect(await memberCount()).toBe(1);
});

it('a look-up by displayName finds the group that was pushed, not also the team of that name', async () => {
  await organization.api('PATCH', '/policies', { groupMapping: 'strict' });
  const pushed = await organization.createGroup({ displayName: 'Analysts' });
  const found = await organization.search('displayName eq "Analysts"', '/Groups');
  expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: pushed.id }] });
  expect((await organization.read('/Groups')).totalResults).toBe(2);
});
