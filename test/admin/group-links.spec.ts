import { randomUUID } from 'node:crypto';
import {
  newOrganization,
  type ApiDocument,
  type ApiResponse,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';
import { appended } from './story.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const api = (method: string, path: string, body?: unknown): Promise<ApiResponse> =>
  organization.api(method, path, body);

const setPolicies = (policies: Attributes): Promise<ApiResponse> =>
  api('PATCH', '/policies', policies);

const links = async (): Promise<readonly ApiDocument[]> =>
  (await api('GET', '/group-links')).body.items;

const newTeam = async (name: string): Promise<string> =>
  (await api('POST', '/teams', { name })).body.id;

const memberIds = async (team: string): Promise<readonly string[]> =>
  (await api('GET', `/teams/${team}/members`)).body.items.map(({ id }) => id);

const NOBODY = { joining: [], joiningTotal: 0, leaving: [], leavingTotal: 0 };

it('shows a group that feeds a team', async () => {
  const { id: groupId, displayName } = await organization.createGroup({ externalId: 'g-1' });
  const [team] = (await api('GET', '/teams')).body.items;
  expect(await links()).toEqual([
    {
      groupId,
      displayName,
      externalId: 'g-1',
      state: 'linked',
      team: { id: team!.id, name: displayName },
      ...NOBODY,
    },
  ]);
});

it('R20 shows a clash of names as a pending decision: who would join, who would leave', async () => {
  const team = await newTeam('Analysts');
  const [joins, leaves] = [await organization.createUser(), await organization.createUser()];
  await api('PUT', `/teams/${team}/members/${leaves.id}`);
  await setPolicies({ groupMapping: 'ask' });
  const { id: groupId } = await organization.createGroup({
    displayName: 'Analysts',
    members: [{ value: joins.id }],
  });
  expect(await links()).toEqual([
    {
      groupId,
      displayName: 'Analysts',
      state: 'pending',
      candidates: [{ id: team, name: 'Analysts' }],
      joining: [joins.id],
      joiningTotal: 1,
      leaving: [leaves.id],
      leavingTotal: 1,
    },
  ]);
});

it('R22 links a group to a team, which keeps its id and its members', async () => {
  const team = await newTeam('Analysts');
  const [stated, manual] = [await organization.createUser(), await organization.createUser()];
  await api('PUT', `/teams/${team}/members/${manual.id}`);
  await setPolicies({ groupMapping: 'strict' });
  const { id } = await organization.createGroup({ members: [{ value: stated.id }] });
  expect(await links()).toEqual([expect.objectContaining({ groupId: id, state: 'unmapped' })]);
  const linked = await api('POST', `/group-links/${id}`, { teamId: team });
  expect(linked.status).toBe(200);
  expect(linked.body).toMatchObject({
    groupId: id,
    state: 'linked',
    team: { id: team, name: 'Analysts' },
  });
  expect([...(await memberIds(team))].sort()).toEqual([stated.id, manual.id].sort());
  expect((await organization.readGroup(id)).members).toHaveLength(2);
});

it('creates a team of the name of the group', async () => {
  await setPolicies({ groupMapping: 'strict' });
  const user = await organization.createUser();
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  const { body } = await api('POST', `/group-links/${group.id}`, { createTeam: true });
  const { team } = body as unknown as { readonly team: { readonly id: string } };
  expect(team).toMatchObject({ name: group.displayName });
  expect(await memberIds(team.id)).toEqual([user.id]);
});

it('records nothing when the group feeds the team already', async () => {
  const { id } = await organization.createGroup();
  const [team] = (await api('GET', '/teams')).body.items;
  const act = () => api('POST', `/group-links/${id}`, { teamId: team!.id });
  expect(await appended(organization, act)).toEqual([]);
});

it('R18 unlinks a group: the members stay, and no policy links it again', async () => {
  const user = await organization.createUser();
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  const [team] = (await api('GET', '/teams')).body.items;
  const unlinked = await api('DELETE', `/group-links/${group.id}`);
  expect(unlinked.status).toBe(200);
  expect(unlinked.body).toMatchObject({ groupId: group.id, state: 'unlinked' });
  expect(unlinked.body).not.toHaveProperty('team');
  expect(await memberIds(team!.id)).toEqual([user.id]);
  await setPolicies({ groupMapping: 'link-by-name' });
  expect(await links()).toEqual([expect.objectContaining({ state: 'unlinked' })]);
});

it('refuses to link a group that feeds another team', async () => {
  const { id } = await organization.createGroup();
  const other = await newTeam('Other');
  expectProblem(await api('POST', `/group-links/${id}`, { teamId: other }), 409, 'link-conflict');
});

it('refuses to link an archived team', async () => {
  const team = await newTeam('Archived');
  await api('PATCH', `/teams/${team}`, { archived: true });
  await setPolicies({ groupMapping: 'strict' });
  const { id } = await organization.createGroup();
  expectProblem(await api('POST', `/group-links/${id}`, { teamId: team }), 409, 'team-archived');
});

it.each([
  {},
  { teamId: 'unknown' },
  { teamId: null },
  { createTeam: false },
  { teamId: randomUUID(), createTeam: true },
  { team: randomUUID() },
])('refuses the decision %j', async (decision) => {
  const { id } = await organization.createGroup();
  expectProblem(await api('POST', `/group-links/${id}`, decision), 400, 'request-invalid');
});

it('answers 404 for a team of another organization, or of none', async () => {
  await setPolicies({ groupMapping: 'strict' });
  const { id } = await organization.createGroup();
  const neighbour = await newOrganization(organization.service);
  const { body: theirs } = await neighbour.api('POST', '/teams', { name: 'Theirs' });
  for (const teamId of [theirs.id, randomUUID()]) {
    const refused = await api('POST', `/group-links/${id}`, { teamId });
    expectProblem(refused, 404, 'team-unknown');
    expect(refused.body['detail']).not.toContain('path');
  }
});

it.each([
  ['POST', { createTeam: true }],
  ['DELETE', undefined],
])('answers 404 to %s of a group of another organization, or of none', async (method, body) => {
  const neighbour = await newOrganization(organization.service);
  const { id } = await neighbour.createGroup();
  for (const group of [id, randomUUID(), 'unknown']) {
    expectProblem(await api(method, `/group-links/${group}`, body), 404, 'group-unknown');
  }
  expect((await neighbour.api('GET', '/group-links')).body.items).toEqual([
    expect.objectContaining({ state: 'linked' }),
  ]);
});

it('pages through groups in the order of their creation', async () => {
  for (const displayName of ['A', 'B', 'C']) await organization.createGroup({ displayName });
  const first = (await api('GET', '/group-links?limit=2')).body;
  const second = (await api('GET', `/group-links?limit=2&cursor=${String(first['nextCursor'])}`))
    .body;
  const names = [...first.items, ...second.items].map(({ displayName }) => displayName);
  expect(names).toEqual(['A', 'B', 'C']);
  expect(second).not.toHaveProperty('nextCursor');
});
