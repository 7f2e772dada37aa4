import { randomUUID } from 'node:crypto';
import {
  newOrganization,
  type ApiDocument,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

async function history(query = ''): Promise<readonly ApiDocument[]> {
  const { status, body } = await organization.api('GET', `/history${query}`);
  expect(status).toBe(200);
  return body.items;
}

const types = async (query = ''): Promise<readonly string[]> =>
  (await history(query)).map(({ type }) => type);

it('tells who did what to whom, in a sentence, at once', async () => {
  const { id, userName, meta } = await organization.createUser();
  const [entry] = await history(`?user=${id}&type=UserProvisioned`);
  const [token] = (await organization.api('GET', '/scim/tokens')).body.items;
  expect(entry).toEqual({
    position: expect.stringMatching(/^\d+$/),
    occurredAt: meta.created,
    type: 'UserProvisioned',
    actor: { kind: 'token', id: token!.id, name: token!.name },
    subject: { kind: 'user', id, name: userName },
    sentence: `User ${userName} was provisioned.`,
    correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

it('names the API key that enabled SCIM', async () => {
  const [entry] = await history('?type=SyncEnabled');
  expect(entry).toMatchObject({
    actor: { kind: 'key', name: 'configured' },
    subject: { kind: 'organization', id: organization.slug },
    sentence: 'SCIM was enabled.',
  });
});

it('joins what one request caused by its correlation id', async () => {
  const response = await organization.api('POST', '/scim/disable');
  const [entry] = await history('?type=SyncDisabled');
  expect(entry!['correlationId']).toBe(response.headers.get('x-request-id'));
});

it('lists the newest first, page by page, each entry once', async () => {
  for (let count = 0; count < 3; count += 1) await organization.createUser();
  const all = (await history('?limit=200')).map(({ position }) => Number(position));
  expect(all).toEqual([...new Set(all)].sort((left, right) => right - left));
  const paged: number[] = [];
  let cursor = '';
  do {
    const { body } = await organization.api('GET', `/history?limit=3${cursor}`);
    paged.push(...body.items.map(({ position }) => Number(position)));
    cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
  } while (cursor !== '');
  expect(paged).toEqual(all);
});

it('tells the whole story of one user, memberships included, and of nobody else', async () => {
  const user = await organization.createUser();
  const other = await organization.createUser();
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  await organization.patchGroup(group.id, {
    op: 'add',
    path: 'members',
    value: [{ value: other.id }],
  });
  await organization.patchUser(user.id, { op: 'replace', path: 'active', value: false });
  expect(await types(`?user=${user.id}`)).toEqual([
    'UserDeactivated',
    'GroupMembersChanged',
    'UserProvisioned',
    'NameClaimed',
  ]);
});

it('filters by group and by team', async () => {
  const group = await organization.createGroup();
  const [team] = (await organization.api('GET', '/teams')).body.items;
  expect(await types(`?group=${group.id}`)).toContain('GroupCreated');
  expect(await types(`?team=${team!.id}`)).toEqual(['GroupLinked', 'TeamSynced', 'TeamCreated']);
});

it('filters by actor', async () => {
  const { id } = await organization.createUser();
  const [provisioned] = await history(`?user=${id}`);
  const { kind, id: actorId } = provisioned!['actor'] as { kind: string; id: string };
  const done = await types(`?actor=${kind}:${actorId}`);
  expect(done).toContain('UserProvisioned');
  expect(done).not.toContain('SyncEnabled');
});

it('filters by time: from a moment on, before a moment', async () => {
  const { id } = await organization.createUser();
  const [entry] = await history(`?user=${id}&type=UserProvisioned`);
  const at = String(entry!['occurredAt']);
  const later = new Date(Date.parse(at) + 1).toISOString();
  const count = async (query: string) =>
    (await types(`?user=${id}&type=UserProvisioned&${query}`)).length;
  expect(await count(`from=${at}`)).toBe(1);
  expect(await count(`from=${later}`)).toBe(0);
  expect(await count(`to=${later}`)).toBe(1);
  expect(await count(`to=${at}`)).toBe(0);
});

it('understands times of any offset', async () => {
  const { id } = await organization.createUser();
  const hour = 3_600_000;
  const asIfInTokyo = new Date(Date.now() + 9 * hour - 60_000).toISOString().replace('Z', '+09:00');
  expect(await history(`?user=${id}&from=${encodeURIComponent(asIfInTokyo)}`)).not.toEqual([]);
});

it('shows nothing of another organization', async () => {
  const neighbour = await newOrganization(organization.service);
  const { id } = await neighbour.createUser();
  expect(await history(`?user=${id}`)).toEqual([]);
  const correlationIds = (await history('?limit=200')).map((entry) => entry['correlationId']);
  const foreign = (await neighbour.api('GET', '/history?limit=200')).body.items;
  expect(foreign.filter((entry) => correlationIds.includes(entry['correlationId']))).toEqual([]);
});

it.each([
  'user=ada',
  'group=%00',
  `user=${randomUUID()}&team=${randomUUID()}`,
  'actor=ada',
  'actor=user:1',
  'type=user%20provisioned',
  'from=yesterday',
  'from=2026-01-01',
  'to=2026-02-30T00:00:00Z',
  'from=2026-01-01T23:59:60Z',
  'cursor=x',
  'limit=1000',
  'sort=asc',
])('refuses the parameter %s', async (query) => {
  expectProblem(await organization.api('GET', `/history?${query}`), 400, 'request-invalid');
});
