import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { DirectoryQueries } from '../../src/projections/directory/directory.queries.js';
import { parseFilter } from '../../src/scim/filter.js';
import { groupType, userType } from '../../src/scim/schema.js';
import { resolveSort } from '../../src/scim/sort.js';
import { factsOfTeams, groupIdOf, ownGroupOf, teamIdOf, userIdOf } from './facts-of-teams.js';
import { openReadSide, type Fact, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_x';
const all = { startIndex: 1, count: 100 };

let readSide: ReadSide;
let projection: DirectoryProjection;
let queries: DirectoryQueries;
let told = 0;

beforeAll(async () => {
  readSide = await openReadSide();
  projection = new DirectoryProjection(readSide.store);
  queries = new DirectoryQueries(readSide.pool, SCHEMA);
  await readSide.createTables(projection, SCHEMA);
});
afterAll(() => readSide.close());

const newOrganization = (): OrganizationId => `acme-${++told}` as OrganizationId;

type Deliver = (events: readonly RecordedEvent[]) => readonly (readonly RecordedEvent[])[];
const deliveries: { readonly delivered: string; readonly batches: Deliver }[] = [
  { delivered: 'at once', batches: (events) => [events] },
  { delivered: 'one by one', batches: (events) => events.map((event) => [event]) },
  { delivered: 'at once, twice', batches: (events) => [events, events] },
  {
    delivered: 'one by one, each twice',
    batches: (events) => events.flatMap((event) => [[event], [event]]),
  },
];

describe.each(deliveries)('of teams and groups $delivered, SCIM', ({ batches }) => {
  /** The groups as lists show them after the facts; also what a list with a filter shows and the number of them. */
  async function listed(organization: OrganizationId, ...facts: readonly (readonly Fact[])[]) {
    const events = await readSide.record(facts.flat());
    for (const batch of batches(events)) await readSide.apply(projection, SCHEMA, batch);
    const page = await queries.groups(organization, all, true);
    expect(page.total).toBe(page.resources.length);
    return page.resources;
  }

  it('shows a team that no group feeds as a group without members', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const groups = await listed(organization, f.enabled, f.team(1, 'Analysts'));
    expect(groups).toEqual([
      {
        id: teamIdOf(1),
        external: true,
        version: 0,
        createdAt: expect.stringMatching(/Z$/),
        modifiedAt: groups[0]!.createdAt,
        attributes: { displayName: 'Analysts' },
        members: [],
      },
    ]);
  });

  it('shows its name of now, with the revision that changed it', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const facts = [f.enabled, f.team(1, 'A'), f.archived(1), f.restored(1), f.renamed(1, 'B')];
    const [group] = await listed(organization, ...facts);
    expect(group).toMatchObject({ version: 3, attributes: { displayName: 'B' } });
    expect(group!.modifiedAt > group!.createdAt).toBe(true);
  });

  it.each<{ what: string; facts: (f: ReturnType<typeof factsOfTeams>) => (readonly Fact[])[] }>([
    { what: 'is archived', facts: (f) => [f.archived(1)] },
    { what: 'is deleted', facts: (f) => [f.deleted(1)] },
    { what: 'is fed by a group', facts: (f) => [f.fed(1, groupIdOf(9))] },
    {
      what: 'is fed by a second group still',
      facts: (f) => [f.fed(1, groupIdOf(8)), f.fed(1, groupIdOf(9)), f.released(1, groupIdOf(8))],
    },
  ])('does not show a team that $what', async ({ facts }) => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    expect(await listed(organization, f.enabled, f.team(1), ...facts(f))).toEqual([]);
  });

  it('shows a team again, behind the others, when nothing feeds it any more', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const fed = [f.fed(1, groupIdOf(9)), f.released(1, groupIdOf(9))];
    const groups = await listed(organization, f.enabled, f.team(1), f.team(2), ...fed);
    expect(groups.map(({ id }) => id)).toEqual([teamIdOf(2), teamIdOf(1)]);
  });

  it('never shows a team that was made for a group', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const facts = [f.enabled, f.group(groupIdOf(1), 'Engineers'), f.teamFor(1, groupIdOf(1))];
    const groups = await listed(organization, ...facts);
    expect(groups.map(({ id }) => id)).toEqual([groupIdOf(1)]);
  });

  it.each(['the team', 'the group'])(
    'shows in its place the group that becomes of it, whether %s is written first',
    async (first) => {
      const organization = newOrganization();
      const f = factsOfTeams(organization);
      const [own, fed] = [f.group(ownGroupOf(1), 'Engineers', 'x'), f.fed(1, ownGroupOf(1))];
      const adopted = first === 'the team' ? [fed, own] : [own, fed];
      const groups = await listed(
        organization,
        ...[f.enabled, f.user(1), f.team(1), f.team(2), ...adopted, f.linked(ownGroupOf(1), 1)],
        f.joined(ownGroupOf(1), userIdOf(1)),
      );
      expect(groups).toMatchObject([
        {
          id: teamIdOf(1),
          external: false,
          version: 2,
          attributes: { displayName: 'Engineers', externalId: 'x' },
          members: [userIdOf(1)],
        },
        { id: teamIdOf(2), external: true },
      ]);
    },
  );

  it('shows the group of a team’s id whatever becomes of the team', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const adopted = [f.team(1), f.group(ownGroupOf(1), 'Engineers'), f.fed(1, ownGroupOf(1))];
    const left = [f.unlinked(ownGroupOf(1), 1, true), f.released(1, ownGroupOf(1))];
    const groups = await listed(
      organization,
      ...[f.enabled, ...adopted, ...left, f.renamed(1, 'Other'), f.archived(1), f.deleted(1)],
    );
    expect(groups).toMatchObject([{ external: false, attributes: { displayName: 'Engineers' } }]);
  });

  it('does not show the team under an id whose group was deleted, though it stays', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const own = ownGroupOf(1);
    const adopted = [f.team(1), f.team(2), f.fed(1, own), f.group(own, 'Engineers')];
    const gone = [f.joined(own, userIdOf(1)), f.released(1, own), f.groupDeleted(own)];
    const groups = await listed(organization, f.enabled, f.user(1), ...adopted, ...gone);
    expect(groups.map(({ id }) => id)).toEqual([teamIdOf(2)]);
  });

  it('shows a group that follows a deleted one of its id with its own members only', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const own = ownGroupOf(1);
    const first = [f.group(own, 'First'), f.joined(own, userIdOf(1)), f.groupDeleted(own)];
    const second = [f.group(own, 'Second'), f.joined(own, userIdOf(2))];
    const users = [f.user(1), f.user(2)];
    const facts = [f.enabled, ...users, f.team(1), ...first, ...second];
    expect(await listed(organization, ...facts)).toMatchObject([
      { attributes: { displayName: 'Second' }, members: [userIdOf(2)], version: 4 },
    ]);
  });

  it('still shows the team after a claim was fenced that never made a group', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const facts = [f.enabled, f.team(1), f.fenced(ownGroupOf(1)), f.renamed(1, 'Other')];
    expect(await listed(organization, ...facts)).toMatchObject([
      { external: true, attributes: { displayName: 'Other' } },
    ]);
  });

  it('shows teams as they were when SCIM was turned off, and as they are when it is on again', async () => {
    const organization = newOrganization();
    const f = factsOfTeams(organization);
    const before = await listed(organization, f.enabled, f.team(1, 'A'), f.team(2), f.disabled);
    const meanwhile = [f.renamed(1, 'B'), f.archived(2), f.team(3), f.group(groupIdOf(1), 'G')];
    expect(await listed(organization, ...meanwhile)).toEqual(before);
    const after = await listed(organization, f.enabled);
    expect(after.map(({ attributes }) => attributes)).toEqual([
      { displayName: 'B' },
      { displayName: 'Team 3' },
      { displayName: 'G' },
    ]);
  });
});

describe('lists of an organization with teams and unsynced users', () => {
  const organization = 'acme-lists' as OrganizationId;

  beforeAll(async () => {
    const f = factsOfTeams(organization);
    const facts = [
      ...[f.enabled, f.user(1, { emails: [{ value: 'Ada@Example.com', type: 'work' }] })],
      ...[f.team(1, 'Zebra'), f.group(groupIdOf(1), 'Middle'), f.team(2, 'Apple')],
      ...[f.group(groupIdOf(2), 'Beta'), f.team(3, 'Cherry')],
    ];
    await readSide.apply(projection, SCHEMA, await readSide.record(facts.flat()));
  });

  const names = async (request: Parameters<DirectoryQueries['groups']>[1]) => {
    const { total, resources } = await queries.groups(organization, request, false);
    return { total, names: resources.map(({ attributes }) => attributes['displayName']) };
  };

  it('find a team by its displayName, in any letter case', async () => {
    const filter = parseFilter(groupType, 'displayName eq "zebra"');
    const { resources } = await queries.groups(organization, { ...all, filter }, true);
    expect(resources).toMatchObject([{ id: teamIdOf(1), external: true, members: [] }]);
    expect(await queries.group(organization, teamIdOf(1), true)).toEqual(resources[0]);
  });

  it('find a team by the version that SCIM shows of it', async () => {
    const filter = parseFilter(groupType, String.raw`meta.version eq "W/\"0.team\""`);
    expect((await names({ ...all, filter })).names).toEqual(['Zebra', 'Apple', 'Cherry']);
  });

  it.each([
    { text: 'displayName sw "a" or displayName sw "b"', found: ['Apple', 'Beta'] },
    { text: 'not (externalId pr)', found: ['Zebra', 'Middle', 'Apple', 'Beta', 'Cherry'] },
    { text: 'members pr', found: [] },
  ])('filter teams like groups: $text', async ({ text, found }) => {
    const filter = parseFilter(groupType, text);
    expect(await names({ ...all, filter })).toEqual({ total: found.length, names: found });
  });

  it('sort teams among groups', async () => {
    const path = resolveSort(groupType, 'displayName')!;
    const request = { ...all, sort: { path, descending: false } };
    const sorted = ['Apple', 'Beta', 'Cherry', 'Middle', 'Zebra'];
    expect(await names(request)).toEqual({ total: 5, names: sorted });
  });

  it('count and page teams among groups', async () => {
    const pages = [];
    for (const startIndex of [1, 3, 5]) pages.push(await names({ startIndex, count: 2 }));
    expect(pages).toEqual([
      { total: 5, names: ['Zebra', 'Middle'] },
      { total: 5, names: ['Apple', 'Beta'] },
      { total: 5, names: ['Cherry'] },
    ]);
  });

  it('hold users whom the identity provider did not provision', async () => {
    const filter = parseFilter(userType, 'emails.value eq "ada@example.COM"');
    const { total, resources } = await queries.users(organization, { ...all, filter });
    expect({ total, id: resources[0]?.id }).toEqual({ total: 1, id: userIdOf(1) });
  });

  it('come in pages that agree with the whole after a team of an earlier page went', async () => {
    const f = factsOfTeams(organization);
    await names({ startIndex: 1, count: 2 });
    await readSide.apply(projection, SCHEMA, await readSide.record(f.archived(1)));
    expect(await names({ startIndex: 3, count: 2 })).toEqual({
      total: 4,
      names: ['Beta', 'Cherry'],
    });
  });
});
