import { randomUUID } from 'node:crypto';
import {
  newOrganization,
  type ApiResponse,
  type Attributes,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';
import { appended, story } from './story.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const api = (method: string, path: string, body?: unknown): Promise<ApiResponse> =>
  organization.api(method, path, body);

const newTeam = async (name = 'Analysts'): Promise<string> =>
  (await api('POST', '/teams', { name })).body.id;

const memberIds = async (team: string): Promise<readonly string[]> =>
  (await api('GET', `/teams/${team}/members`)).body.items.map(({ id }) => id);

/** A pushed group of one user, and the team that it feeds. */
async function pushed() {
  const user = await organization.createUser();
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  const team = (await api('GET', '/teams')).body.items[0]!;
  return { user, group, team };
}

const lock = (manualUpdates: Attributes | string): Promise<ApiResponse> =>
  api('PATCH', '/policies', { manualUpdates });

describe('POST teams', () => {
  it('R17 creates a team, and says where it is', async () => {
    const { status, headers, body } = await api('POST', '/teams', { name: 'Analysts' });
    expect(status).toBe(201);
    expect(headers.get('location')).toMatch(new RegExp(`/teams/${body.id}$`));
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Analysts',
      synced: false,
      archived: false,
      groups: [],
      memberCount: 0,
      createdAt: expect.stringMatching(/Z$/),
    });
    expect((await api('GET', `/teams/${body.id}`)).body).toEqual(body);
    expect(await story(organization, `team=${body.id}`)).toEqual(['TeamCreated']);
  });

  it('R21 lets SCIM see the team as a group without members from the answer on', async () => {
    const team = await newTeam();
    await api('PUT', `/teams/${team}/members/${(await organization.createUser()).id}`);
    const group = await organization.readGroup(team);
    expect(group.displayName).toBe('Analysts');
    expect(group).not.toHaveProperty('members');
  });

  it('creates two teams of one name', async () => {
    expect(await newTeam()).not.toBe(await newTeam());
  });

  it.each([
    {},
    { name: '' },
    { name: ' x' },
    { name: 7 },
    { name: 'x'.repeat(101) },
    { name: 'x', id: 1 },
  ])('refuses %j', async (body) => {
    expectProblem(await api('POST', '/teams', body), 400, 'request-invalid');
  });
});

describe('PATCH teams/{id}', () => {
  it('renames a team', async () => {
    const team = await newTeam();
    const { status, body } = await api('PATCH', `/teams/${team}`, { name: 'Data' });
    expect([status, body.name]).toEqual([200, 'Data']);
    expect((await organization.readGroup(team)).displayName).toBe('Data');
    expect(await story(organization, `team=${team}`)).toEqual(['TeamCreated', 'TeamRenamed']);
  });

  it('records nothing when nothing changes', async () => {
    const team = await newTeam();
    const act = () => api('PATCH', `/teams/${team}`, { name: 'Analysts' });
    expect(await appended(organization, act)).toEqual([]);
  });

  it('R19 warns of a name that the identity provider takes back, until it does', async () => {
    const { group, team } = await pushed();
    const { status, body } = await api('PATCH', `/teams/${team.id}`, { name: 'By hand' });
    expect([status, body.name, body['overridden']]).toEqual([200, 'By hand', true]);
    expect(body['warnings']).toEqual([expect.stringMatching(/^name: /)]);
    await organization.patchGroup(group.id, { op: 'replace', path: 'displayName', value: 'Said' });
    const after = (await api('GET', `/teams/${team.id}`)).body;
    expect([after.name, 'overridden' in after]).toEqual(['Said', false]);
  });

  it('R110 refuses to rename a synced team while manualUpdates locks teams', async () => {
    const { team } = await pushed();
    await lock({ teams: 'locked' });
    const response = await api('PATCH', `/teams/${team.id}`, { name: 'By hand' });
    expectProblem(response, 409, 'managed-by-identity-provider');
    expect((await api('GET', `/teams/${team.id}`)).body).toEqual(team);
  });

  it('archives a team, whose members then have nothing of it, and restores it', async () => {
    const team = await newTeam();
    const { id } = await organization.createUser();
    await api('PUT', `/teams/${team}/members/${id}`);
    const teamsOf = async () => (await api('GET', `/users/${id}`)).body['teams'];
    expect((await api('PATCH', `/teams/${team}`, { archived: true })).body['archived']).toBe(true);
    expect(await teamsOf()).toEqual([]);
    expectProblem(await api('PUT', `/teams/${team}/members/${id}`), 409, 'team-archived');
    const restored = await api('POST', `/teams/${team}/restore`);
    expect([restored.status, restored.body['archived']]).toEqual([200, false]);
    expect(await teamsOf()).toEqual([{ id: team, name: 'Analysts', grants: ['manual'] }]);
  });

  it.each([
    { archived: false },
    { archived: null },
    { name: null },
    { name: '' },
    { synced: true },
  ])('refuses %j', async (changes) => {
    const path = `/teams/${await newTeam()}`;
    expectProblem(await api('PATCH', path, changes), 400, 'request-invalid');
  });
});

describe('DELETE teams/{id}', () => {
  it('deletes a team, for SCIM as well', async () => {
    const team = await newTeam();
    expect((await api('DELETE', `/teams/${team}`)).status).toBe(204);
    expectProblem(await api('GET', `/teams/${team}`), 404, 'team-unknown');
    expectProblem(await api('DELETE', `/teams/${team}`), 404, 'team-unknown');
    expect((await organization.scim('GET', `/Groups/${team}`)).status).toBe(404);
  });

  it('leaves the groups that fed it, unlinked', async () => {
    const { group, team } = await pushed();
    expect((await api('DELETE', `/teams/${team.id}`)).status).toBe(204);
    expect((await organization.readGroup(group.id)).members).toHaveLength(1);
    const { items } = (await api('GET', '/group-links')).body;
    expect(items).toEqual([expect.objectContaining({ groupId: group.id, state: 'unlinked' })]);
  });

  it('refuses to delete a synced team while manualUpdates locks teams', async () => {
    const { team } = await pushed();
    await lock({ teams: 'locked' });
    const response = await api('DELETE', `/teams/${team.id}`);
    expectProblem(response, 409, 'managed-by-identity-provider');
  });
});

describe('members of teams', () => {
  it('R17 adds and removes a user by hand', async () => {
    const team = await newTeam();
    const { id, userName } = await organization.createUser();
    const added = await api('PUT', `/teams/${team}/members/${id}`);
    expect(added.status).toBe(200);
    expect(added.body).toEqual({ id, userName, status: 'active', grants: ['manual'] });
    expect(await memberIds(team)).toEqual([id]);
    const removed = await api('DELETE', `/teams/${team}/members/${id}`);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(await memberIds(team)).toEqual([]);
    expect(await story(organization, `team=${team}`)).toEqual([
      'TeamCreated',
      'TeamMembersAdded',
      'TeamMembersRemoved',
    ]);
  });

  it('records nothing when the user is in the team already, or not in it', async () => {
    const team = await newTeam();
    const { id } = await organization.createUser();
    await api('PUT', `/teams/${team}/members/${id}`);
    const twice = () => api('PUT', `/teams/${team}/members/${id}`);
    expect(await appended(organization, twice)).toEqual([]);
    await api('DELETE', `/teams/${team}/members/${id}`);
    const gone = () => api('DELETE', `/teams/${team}/members/${id}`);
    expect(await appended(organization, gone)).toEqual([]);
  });

  it('R112 warns of a member whom the next full statement drops, and lists it as an override', async () => {
    const { group, user, team } = await pushed();
    const { id } = await organization.createUser();
    const added = await api('PUT', `/teams/${team.id}/members/${id}`);
    expect(added.body).toMatchObject({ grants: ['manual'], override: true });
    expect(added.body['warnings']).toEqual([expect.stringMatching(/^members: /)]);
    expect((await api('GET', '/overrides')).body.items).toEqual([
      expect.objectContaining({ kind: 'membership', change: 'added' }),
    ]);
    const members = [{ value: user.id }];
    await organization.patchGroup(group.id, { op: 'replace', path: 'members', value: members });
    expect(await memberIds(team.id)).toEqual([user.id]);
    expect((await api('GET', '/overrides')).body).toEqual({ items: [], total: 0 });
  });

  it('warns when it removes a member whom a group grants', async () => {
    const { user, team } = await pushed();
    const removed = await api('DELETE', `/teams/${team.id}/members/${user.id}`);
    expect(removed.status).toBe(200);
    expect(removed.body).toEqual({ warnings: [expect.stringMatching(/^members: /)] });
    expect(await memberIds(team.id)).toEqual([]);
  });

  it.each(['PUT', 'DELETE'])(
    'R110 refuses %s while manualUpdates locks memberships',
    async (method) => {
      const { user, team } = await pushed();
      await lock({ memberships: 'locked' });
      const id = method === 'PUT' ? (await organization.createUser()).id : user.id;
      const response = await api(method, `/teams/${team.id}/members/${id}`);
      expectProblem(response, 409, 'managed-by-identity-provider');
      expect(await memberIds(team.id)).toEqual([user.id]);
    },
  );

  it('loses no membership of 50 that are added at the same time', async () => {
    const team = await newTeam();
    const users = await Promise.all(Array.from({ length: 50 }, () => organization.createUser()));
    await Promise.all(users.map(({ id }) => api('PUT', `/teams/${team}/members/${id}`)));
    expect([...(await memberIds(team))].sort()).toEqual(users.map(({ id }) => id).sort());
  });
});

it.each([
  ['PATCH', '', { name: 'x' }],
  ['DELETE', '', undefined],
  ['POST', '/restore', undefined],
  ['PUT', `/members/${randomUUID()}`, undefined],
  ['DELETE', `/members/${randomUUID()}`, undefined],
])('answers 404 to %s teams/{id}%s of others, and of none', async (method, suffix, body) => {
  const neighbour = await newOrganization(organization.service);
  const { id } = (await neighbour.api('POST', '/teams', { name: 'Theirs' })).body;
  for (const team of [id, randomUUID(), 'unknown']) {
    expectProblem(await api(method, `/teams/${team}${suffix}`, body), 404, 'team-unknown');
  }
  expect((await neighbour.api('GET', `/teams/${id}`)).body).toMatchObject({ name: 'Theirs' });
});

it('answers 404 for a member who is a user of another organization, or of none', async () => {
  const team = await newTeam();
  const neighbour = await newOrganization(organization.service);
  const { id } = await neighbour.createUser();
  for (const user of [id, randomUUID(), 'unknown']) {
    expectProblem(await api('PUT', `/teams/${team}/members/${user}`), 404, 'user-unknown');
  }
});
