import { randomUUID } from 'node:crypto';
import { inParallel, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const teams = async () => (await organization.api('GET', '/teams')).body.items;

async function members(teamId: string, query = ''): Promise<readonly string[]> {
  const { body } = await organization.api('GET', `/teams/${teamId}/members${query}`);
  return body.items.map(({ id }) => id);
}

it('shows the team of a group, and who is in it', async () => {
  const user = await organization.createUser();
  const group = await organization.createGroup({
    externalId: 'g-1',
    members: [{ value: user.id }],
  });
  const [team] = await teams();
  expect(team).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: group.displayName,
    synced: true,
    archived: false,
    groups: [{ id: group.id, displayName: group.displayName, externalId: 'g-1' }],
    memberCount: 1,
    createdAt: expect.any(String),
  });
  // At once, or right after the group where the log cannot append to several streams together.
  const later = Date.parse(team!['createdAt'] as string) - Date.parse(group.meta.created);
  expect(later).toBeGreaterThanOrEqual(0);
  expect(later).toBeLessThan(1_000);
  expect((await organization.api('GET', `/teams/${team!.id}`)).body).toEqual(team);
  const { body } = await organization.api('GET', `/teams/${team!.id}/members`);
  const { id, userName } = user;
  expect(body).toEqual({ items: [{ id, userName, status: 'active', grants: ['scim'] }] });
});

it('pages through teams in the order of their creation', async () => {
  for (const displayName of ['A', 'B', 'C']) await organization.createGroup({ displayName });
  const first = (await organization.api('GET', '/teams?limit=2')).body;
  expect([first.items.map(({ name }) => name), first['total']]).toEqual([['A', 'B'], 3]);
  const second = (
    await organization.api('GET', `/teams?limit=2&cursor=${String(first['nextCursor'])}`)
  ).body;
  expect(second.items.map(({ name }) => name)).toEqual(['C']);
  expect(second).not.toHaveProperty('nextCursor');
});

it('pages through members, each once', async () => {
  const users = await inParallel(Array.from({ length: 5 }), 5, () => organization.createUser());
  await organization.createGroup({ members: users.map(({ id }) => ({ value: id })) });
  const [team] = await teams();
  const first = (await organization.api('GET', `/teams/${team!.id}/members?limit=3`)).body;
  const rest = await members(team!.id, `?limit=3&cursor=${String(first['nextCursor'])}`);
  const ids = [...first.items.map(({ id }) => id), ...rest];
  expect([...ids].sort()).toEqual(users.map(({ id }) => id).sort());
  expect([first.items.length, rest.length]).toEqual([3, 2]);
});

it('follows the group at once: members who leave, users who are deleted', async () => {
  const users = await inParallel([1, 2, 3], 3, () => organization.createUser());
  const [stays, leaves, deleted] = users.map(({ id }) => id) as [string, string, string];
  const group = await organization.createGroup({ members: users.map(({ id }) => ({ value: id })) });
  const [team] = await teams();
  await organization.patchGroup(group.id, { op: 'remove', path: `members[value eq "${leaves}"]` });
  await organization.scim('DELETE', `/Users/${deleted}`);
  expect(await members(team!.id)).toEqual([stays]);
});

it.each(['', '/members'])('answers 404 for teams/{unknown}%s', async (suffix) => {
  for (const id of [randomUUID(), 'unknown', '%00']) {
    expectProblem(await organization.api('GET', `/teams/${id}${suffix}`), 404, 'team-unknown');
  }
});

it.each(['', '/members'])(
  'answers 404 for teams/{team of another organization}%s',
  async (suffix) => {
    const neighbour = await newOrganization(organization.service);
    await neighbour.createGroup();
    const { body } = await neighbour.api('GET', '/teams');
    const path = `/teams/${body.items[0]!.id}${suffix}`;
    expectProblem(await organization.api('GET', path), 404, 'team-unknown');
  },
);

it.each(['limit=0', 'limit=x', 'cursor=x', 'q=a'])('refuses the parameter %s', async (query) => {
  expectProblem(await organization.api('GET', `/teams?${query}`), 400, 'request-invalid');
});
