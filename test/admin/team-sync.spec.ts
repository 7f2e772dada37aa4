import { randomUUID } from 'node:crypto';
import {
  newOrganization,
  type ApiResponse,
  type TestOrganization,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { expectProblem } from './expect-problem.js';
import { appended } from './story.js';

interface PlannedLink {
  readonly externalGroup: string;
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

let organization: TestOrganization;

beforeEach(async () => {
  organization = await newOrganization(await sharedService());
});

const api = (method: string, path: string, body?: unknown): Promise<ApiResponse> =>
  organization.api(method, path, body);

const newTeam = async (name: string): Promise<string> =>
  (await api('POST', '/teams', { name })).body.id;

const mapping = (externalGroup: string, teamId: string) => ({ externalGroup, teamId });

describe('mappings', () => {
  it('are none at first', async () => {
    expect((await api('GET', '/team-sync/mappings')).body).toEqual({ items: [] });
  });

  it.each([
    ['a list', (items: readonly unknown[]) => items],
    ['items', (items: readonly unknown[]) => ({ items })],
  ])('are replaced by %s', async (_, bodyOf) => {
    const [first, second] = [await newTeam('A'), await newTeam('B')];
    await api('PUT', '/team-sync/mappings', [mapping('old', first)]);
    const items = [mapping('analysts', first), mapping('analysts', second), mapping('all', second)];
    const act = async () => {
      const { status, body } = await api('PUT', '/team-sync/mappings', bodyOf(items));
      expect([status, body]).toEqual([200, { items }]);
    };
    expect(await appended(organization, act)).toEqual(['TeamSyncMapped']);
    expect(await appended(organization, act)).toEqual([]);
    expect((await api('GET', '/team-sync/mappings')).body).toEqual({ items });
  });

  it('answer 404 for a team of another organization, or of none, and stay', async () => {
    const items = [mapping('a', await newTeam('A'))];
    await api('PUT', '/team-sync/mappings', items);
    const neighbour = await newOrganization(organization.service);
    const { id } = (await neighbour.api('POST', '/teams', { name: 'Theirs' })).body;
    for (const team of [id, randomUUID()]) {
      const response = await api('PUT', '/team-sync/mappings', [...items, mapping('b', team)]);
      expectProblem(response, 404, 'team-unknown');
      expect(response.body['detail']).toContain(team);
    }
    expect((await api('GET', '/team-sync/mappings')).body).toEqual({ items });
  });

  it.each([
    [{}, '#/items'],
    [{ items: 'all' }, '#/items'],
    [[7], '#/items/0'],
    [[{ teamId: randomUUID() }], '#/items/0/externalGroup'],
    [[{ externalGroup: '', teamId: randomUUID() }], '#/items/0/externalGroup'],
    [[{ externalGroup: 'a', teamId: 'unknown' }], '#/items/0/teamId'],
    [[{ externalGroup: 'a', teamId: randomUUID(), role: 'x' }], '#/items/0/role'],
  ])('refuse %j and point at %s', async (body, pointer) => {
    const response = await api('PUT', '/team-sync/mappings', body);
    expectProblem(response, 400, 'request-invalid');
    expect(response.body['errors']).toEqual([{ pointer, detail: expect.stringMatching(/.+/) }]);
  });
});

describe('the migration', () => {
  /** Team Sync put `stays` and `goes` into a team; the group that is pushed for it holds `stays` and `comes`. */
  async function teamSync() {
    await api('PATCH', '/policies', { teamSync: 'off' });
    await api('PATCH', '/policies', { teamSync: 'sign-in' });
    const users = [1, 2, 3].map(() => organization.createUser());
    const [stays, goes, comes] = await Promise.all(users);
    const team = await newTeam('Analysts');
    await api('PUT', '/team-sync/mappings', [mapping('analysts', team), mapping('none', team)]);
    for (const { id, userName } of [stays!, goes!]) {
      await api('POST', '/sign-ins', { subject: id, userName, groups: ['analysts'] });
    }
    const members = [{ value: stays!.id }, { value: comes!.id }];
    const group = await organization.createGroup({ externalId: 'analysts', members });
    return { team, group: group.id, name: group.displayName, stays, goes, comes };
  }

  const memberships = async (team: string) =>
    (await api('GET', `/teams/${team}/members`)).body.items;
  const policy = async () => (await api('GET', '/policies')).body['teamSync'];
  const linksOf = ({ body }: ApiResponse) => body['links'] as readonly PlannedLink[];

  it('R86 plans without changing anything', async () => {
    const { team, group, name, goes, comes } = await teamSync();
    const act = async () => {
      const { status, body } = await api('POST', '/team-sync/migration');
      expect(status).toBe(200);
      const effects = { gained: [comes!.id], gainedTotal: 1, lost: [goes!.id], lostTotal: 1 };
      const about = { team: { id: team, name: 'Analysts' }, ...effects };
      expect(body).toEqual({
        links: [
          {
            externalGroup: 'analysts',
            group: { id: group, displayName: name },
            matchedBy: 'externalId',
            ...about,
          },
          { externalGroup: 'none', group: null, matchedBy: null, ...about },
        ],
        abandoned: [],
      });
    };
    expect(await appended(organization, act)).toEqual([]);
  });

  it('R86 commits as planned, and rolls back to what was before', async () => {
    const { team, stays, comes } = await teamSync();
    const before = await memberships(team);
    const planned = await api('POST', '/team-sync/migration');
    const committed = await api('POST', '/team-sync/migration/commit');
    expect([committed.status, committed.body]).toEqual([200, planned.body]);
    expect(await policy()).toBe('scim');
    const ids = (await memberships(team)).map(({ id }) => id);
    expect([...ids].sort()).toEqual([stays!.id, comes!.id].sort());
    const rolledBack = await api('POST', '/team-sync/migration/rollback');
    expect([rolledBack.status, linksOf(rolledBack)]).toEqual([200, linksOf(planned)]);
    expect(await policy()).toBe('sign-in');
    expect(await memberships(team)).toEqual(before);
  });

  it('names teams that no mapping leads into any more', async () => {
    const { team, stays, goes } = await teamSync();
    await api('PUT', '/team-sync/mappings', []);
    const { body } = await api('POST', '/team-sync/migration');
    expect(body['links']).toEqual([]);
    expect(body['abandoned']).toEqual([
      {
        team: { id: team, name: 'Analysts' },
        lost: [stays!.id, goes!.id].sort(),
        lostTotal: 2,
      },
    ]);
  });

  it.each(['commit', 'rollback'])('refuses to %s where there is nothing to', async (step) => {
    const response = await api('POST', `/team-sync/migration/${step}`);
    expectProblem(response, 409, 'migration-unavailable');
  });
});
