import fc from 'fast-check';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { HistoryProjection } from '../../src/projections/history/history.projection.js';
import type { Projection } from '../../src/projections/projection.js';
import { LinkQueries } from '../../src/projections/roster/links.queries.js';
import { RosterProjection } from '../../src/projections/roster/roster.projection.js';
import { RosterQueries } from '../../src/projections/roster/roster.queries.js';
import {
  expectedMemberships,
  expectedUsers,
  factsOfRoster,
  foldsOf,
  rosterSteps,
} from './random-roster.js';
import { batches, openReadSide, type ReadSide } from './read-side.js';

const cuts = fc.array(fc.nat({ max: 100 }), { maxLength: 20, size: 'max' });

let readSide: ReadSide;
let runs = 0;
beforeAll(async () => {
  readSide = await openReadSide();
});
afterAll(() => readSide.close());

const anybody = () => `acme-${++runs}` as OrganizationId;

async function applied(
  projection: Projection,
  schema: string,
  events: readonly (readonly RecordedEvent[])[],
) {
  for (const batch of events) await readSide.apply(projection, schema, batch);
}

describe.each([new RosterProjection(), new HistoryProjection()])(
  'the tables of the $name depend on the log alone',
  (projection: Projection) => {
    const schemas = ['whole', 'cut', 'twice', 'again'].map((each) => `${each}_${projection.name}`);
    beforeAll(async () => {
      for (const schema of schemas) await readSide.createTables(projection, schema);
    });

    it('not on where batches end, nor on what comes twice or all over again', async () => {
      const [whole, cut, twice, again] = schemas as [string, string, string, string];
      const property = fc.asyncProperty(rosterSteps, cuts, async (steps, places) => {
        const events = await readSide.record(factsOfRoster(steps, anybody()));
        for (const schema of schemas) await readSide.empty(schema);
        const parts = batches(events, places);
        await applied(projection, whole, [events]);
        await applied(projection, cut, parts);
        await applied(
          projection,
          twice,
          parts.flatMap((part) => [part, part]),
        );
        await applied(projection, again, [...parts, ...parts]);
        const tables = await readSide.rowsOf(whole);
        expect(await readSide.rowsOf(cut)).toEqual(tables);
        expect(await readSide.rowsOf(twice)).toEqual(tables);
        expect(await readSide.rowsOf(again)).toEqual(tables);
      });
      await fc.assert(property, { numRuns: 15 });
    });

    it('nor, while nothing is deleted, on early events that come again late', async () => {
      const [whole, , , again] = schemas as [string, string, string, string];
      const property = fc.asyncProperty(rosterSteps, cuts, async (steps, places) => {
        const lasting = steps.filter(({ does }) => does !== 'delete');
        const events = await readSide.record(factsOfRoster(lasting, anybody()));
        for (const schema of schemas) await readSide.empty(schema);
        await applied(projection, whole, [events]);
        await applied(projection, again, [events, ...batches(events, places).toReversed()]);
        expect(await readSide.rowsOf(again)).toEqual(await readSide.rowsOf(whole));
      });
      await fc.assert(property, { numRuns: 15 });
    });
  },
);

describe('whatever happened, the roster shows', () => {
  const SCHEMA = 'roster_2';
  beforeAll(() => readSide.createTables(new RosterProjection(), SCHEMA));

  const whole = { after: '0', limit: 100 };

  /** Lets something happen to an organization and answers what was recorded. */
  async function happening(steps: Parameters<typeof factsOfRoster>[0]) {
    const organization = anybody();
    const events = await readSide.record(factsOfRoster(steps, organization));
    await readSide.apply(new RosterProjection(), SCHEMA, events);
    return { organization, events };
  }

  it('as members those whom the streams grant it, with each grant, by user and by team', async () => {
    const queries = new RosterQueries(readSide.pool, SCHEMA);
    const property = fc.asyncProperty(rosterSteps, async (steps) => {
      const { organization, events } = await happening(steps);
      const expected = expectedMemberships(events);
      const { users } = await queries.users(organization, whole);
      const byUser = users.flatMap(({ id, teams }) =>
        teams.map((each) => `${each.id} ${id} ${each.grants.join()}`),
      );
      expect(byUser.sort()).toEqual(expected);
      const { teams } = await queries.teams(organization, '0', 100);
      const byTeam: string[] = [];
      for (const { id, memberCount } of teams) {
        const members = await queries.members(organization, id, '0', 100);
        expect(members).toHaveLength(memberCount);
        byTeam.push(...members.map((each) => `${id} ${each.id} ${each.grants.join()}`));
      }
      expect(byTeam.sort()).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('users, teams and links as the deciders know them', async () => {
    const queries = new RosterQueries(readSide.pool, SCHEMA);
    const links = new LinkQueries(readSide.pool, SCHEMA);
    const property = fc.asyncProperty(rosterSteps, async (steps) => {
      const { organization, events } = await happening(steps);
      const [present, left] = [
        await queries.users(organization, whole),
        await queries.users(organization, { ...whole, status: 'removed' }),
      ];
      const known = expectedUsers(events);
      const shown = [...present.users, ...left.users]
        .filter(({ id }) => known[id])
        .map(({ id, resource, status, synced, origin, overrides }) => {
          const userName = resource['userName'];
          return [id, { userName, status, synced, origin, overrides: overrides.toSorted() }];
        });
      expect(Object.fromEntries(shown)).toEqual(known);
      const { teams, groups, about } = foldsOf(events);
      const feeds = about.status === 'existing' && about.policies.teamSync === 'scim';
      const { teams: listed } = await queries.teams(organization, '0', 100);
      const teamsShown = listed.map(({ id, name, archived, synced }) => [
        id,
        name,
        archived,
        synced,
      ]);
      const teamsKnown = [...teams].flatMap(([id, each]) =>
        each.status === 'existing' ? [[id, each.name, each.archived, each.groups.length > 0]] : [],
      );
      expect(teamsShown.toSorted()).toEqual(teamsKnown.toSorted());
      const linksShown = (await links.links(organization, '0', 100)).map(
        ({ groupId, displayName, state }) => [groupId, displayName, state],
      );
      const linksKnown = [...groups].flatMap(([id, each]) => {
        if (each.status !== 'existing') return [];
        const team = each.teamId && teams.get(each.teamId);
        const fed = team ? team.status === 'existing' : false;
        const state = fed ? 'linked' : each.keptApart ? 'unlinked' : feeds ? 'pending' : 'unmapped';
        return [[id, each.displayName, state]];
      });
      expect(linksShown.toSorted()).toEqual(linksKnown.toSorted());
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
