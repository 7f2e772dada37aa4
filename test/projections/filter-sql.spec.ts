import fc from 'fast-check';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { compileFilter } from '../../src/projections/directory/filter-sql.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { DirectoryQueries } from '../../src/projections/directory/directory.queries.js';
import { compareText, searchDocument } from '../../src/scim/comparison.js';
import { evaluateFilter } from '../../src/scim/filter-evaluate.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import type { JsonObject } from '../../src/scim/json.js';
import { renderResource } from '../../src/scim/resource.js';
import { groupType, userType, type ResourceType } from '../../src/scim/schema.js';
import { resolveSort, sortValue } from '../../src/scim/sort.js';
import {
  baseUrl,
  factsOfDirectory,
  groupFilters,
  groupIdOf,
  membersOf,
  operators,
  parsed,
  pathsOf,
  randomDirectory,
  tellingWords,
  userFilters,
  userIdOf,
  type RandomDirectory,
} from './random-directory.js';
import { openReadSide, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_1';
const everything = { startIndex: 1, count: 100, baseUrl };

/** A resource as filters see it: rendered for clients, then searched. */
interface Document {
  readonly id: string;
  readonly document: JsonObject;
}

function documentOf(
  type: ResourceType,
  id: string,
  attributes: JsonObject,
  derived: JsonObject,
  events: readonly RecordedEvent[],
): Document {
  const own = events.filter(({ stream }) => stream.endsWith(id));
  const times = own.map(({ metadata }) => metadata.occurredAt);
  const identity = {
    id,
    created: times[0]!,
    lastModified: times.at(-1)!,
    version: `W/"${own.at(-1)!.revision}"`,
    location: `${baseUrl}${type.endpoint}/${id}`,
  };
  const rendered = renderResource(type, attributes, identity, derived);
  return { id, document: searchDocument(type, rendered) };
}

function usersOf(directory: RandomDirectory, events: readonly RecordedEvent[]): Document[] {
  return directory.users.map((attributes, n) => {
    const id = userIdOf(n);
    const groups = directory.groups.flatMap(({ displayName = '' }, place) => {
      if (!membersOf(directory, place).includes(id)) return [];
      const value = groupIdOf(place);
      return [{ value, $ref: `${baseUrl}/Groups/${value}`, display: displayName, type: 'direct' }];
    });
    return documentOf(userType, id, attributes, groups.length > 0 ? { groups } : {}, events);
  });
}

function groupsOf(directory: RandomDirectory, events: readonly RecordedEvent[]): Document[] {
  return directory.groups.map((attributes, n) => {
    const members = membersOf(directory, n).map((value) => ({
      value,
      $ref: `${baseUrl}/Users/${value}`,
      type: 'User',
    }));
    const derived: JsonObject = members.length > 0 ? { members } : {};
    return documentOf(groupType, groupIdOf(n), attributes, derived, events);
  });
}

const idsOf = (resources: readonly { readonly id: string }[]): readonly string[] =>
  resources.map(({ id }) => id);

describe('lists of the directory', () => {
  let readSide: ReadSide;
  let queries: DirectoryQueries;
  let projection: DirectoryProjection;
  let runs = 0;

  beforeAll(async () => {
    readSide = await openReadSide();
    projection = new DirectoryProjection(readSide.store);
    queries = new DirectoryQueries(readSide.pool, SCHEMA);
    await readSide.createTables(projection, SCHEMA);
  });
  afterAll(() => readSide.close());

  /** Fills an organization of its own and answers its resources as filters should see them. */
  async function fill(directory: RandomDirectory) {
    const organization = `acme-${++runs}` as OrganizationId;
    const events = await readSide.record(factsOfDirectory(directory, organization));
    await readSide.apply(projection, SCHEMA, events);
    const [users, groups] = [usersOf(directory, events), groupsOf(directory, events)];
    return { organization, users, groups };
  }

  it('of users hold whom the filter holds for, in creation order', async () => {
    const property = fc.asyncProperty(randomDirectory, userFilters, async (directory, filters) => {
      const { organization, users } = await fill(directory);
      for (const text of filters) {
        const filter = parsed(userType, text);
        const page = await queries.users(organization, { ...everything, filter });
        const expected = users.filter(({ document }) => evaluateFilter(filter, document));
        expect({ text, total: page.total, ids: idsOf(page.resources) }).toEqual({
          text,
          total: expected.length,
          ids: idsOf(expected),
        });
      }
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('of groups hold which the filter holds for, in creation order', async () => {
    const property = fc.asyncProperty(randomDirectory, groupFilters, async (directory, filters) => {
      const { organization, groups } = await fill(directory);
      for (const text of filters) {
        const filter = parsed(groupType, text);
        const page = await queries.groups(organization, { ...everything, filter }, false);
        const expected = groups.filter(({ document }) => evaluateFilter(filter, document));
        expect({ text, total: page.total, ids: idsOf(page.resources) }).toEqual({
          text,
          total: expected.length,
          ids: idsOf(expected),
        });
      }
    });
    await fc.assert(property, { numRuns: 10 });
  });

  it.each(operators.filter((operator) => operator !== 'pr'))(
    'compare text by %s as the reference does, whatever the characters',
    async (operator) => {
      const names = tellingWords.filter((text) => text !== '');
      const directory = {
        users: names.map((userName) => ({ userName, active: true, title: userName })),
        groups: [],
        members: [],
      };
      const { organization, users } = await fill(directory);
      const found: Record<string, readonly string[]> = {};
      const expected: Record<string, readonly string[]> = {};
      for (const text of tellingWords) {
        const filter = parsed(userType, `title ${operator} ${JSON.stringify(text)}`);
        const page = await queries.users(organization, { ...everything, filter });
        const nameOf = (id: string): string => names[Number(id.slice(-2))]!;
        found[text] = page.resources.map(({ id }) => nameOf(id));
        expected[text] = users
          .filter(({ document }) => evaluateFilter(filter, document))
          .map(({ id }) => nameOf(id));
      }
      expect(found).toEqual(expected);
    },
  );

  const isDerived = (path: string): boolean => /^(groups|members)\b/.test(path);

  it('are sorted by every attribute as its sort values compare', async () => {
    const paths = pathsOf(userType).filter((path) => !isDerived(path));
    const orders = fc.array(fc.tuple(fc.constantFrom(...paths), fc.boolean()), {
      maxLength: 25,
      size: 'max',
    });
    const property = fc.asyncProperty(randomDirectory, orders, async (directory, wanted) => {
      const { organization, users } = await fill(directory);
      for (const [sortBy, descending] of wanted) {
        const path = resolveSort(userType, sortBy);
        // No stored document knows URLs: sorting by them keeps creation order.
        if (!path || sortBy === 'meta.location') continue;
        const sort = { path, descending };
        const { resources } = await queries.users(organization, { ...everything, sort });
        const value = ({ document }: Document) => sortValue(path, document);
        const order = users.toSorted((a, b) => {
          const [left, right] = [value(a), value(b)];
          if (left === undefined || right === undefined) {
            const absent = Number(left === undefined) - Number(right === undefined);
            return descending ? -absent : absent;
          }
          const order = compareText(String(left), String(right));
          return descending ? -order : order;
        });
        expect({ sortBy, ids: idsOf(resources) }).toEqual({ sortBy, ids: idsOf(order) });
      }
    });
    await fc.assert(property, { numRuns: 10 });
  });

  it('come in pages that make up the whole, each with the total', async () => {
    const request = fc.record({
      startIndex: fc.integer({ min: 1, max: 15 }),
      count: fc.integer({ min: 0, max: 14 }),
      text: fc.constantFrom(undefined, 'userName pr', 'groups pr', 'active eq false'),
      descending: fc.boolean(),
    });
    const requests = fc.array(request, { minLength: 1, maxLength: 25, size: 'max' });
    const sortBy = resolveSort(userType, 'userName');
    const property = fc.asyncProperty(randomDirectory, requests, async (directory, wanted) => {
      const { organization } = await fill(directory);
      for (const { startIndex, count, text, descending } of wanted) {
        const filter = text === undefined ? {} : { filter: parsed(userType, text) };
        const shape = { ...filter, sort: { path: sortBy!, descending } };
        const whole = await queries.users(organization, { ...everything, ...shape });
        const page = await queries.users(organization, { ...shape, startIndex, count });
        expect(page).toEqual({
          total: whole.resources.length,
          resources: whole.resources.slice(startIndex - 1, startIndex - 1 + count),
        });
      }
    });
    await fc.assert(property, { numRuns: 8 });
  });

  it('of another organization hold nothing of this one', async () => {
    const directory = fc.sample(randomDirectory, 1)[0]!;
    await fill(directory);
    const { total, resources } = await queries.users('acme' as OrganizationId, everything);
    expect({ total, resources }).toEqual({ total: 0, resources: [] });
  });

  it.each([
    {
      type: userType,
      table: 'users' as const,
      text: 'userName eq "a"',
      index: 'users_by_username',
    },
    {
      type: userType,
      table: 'users' as const,
      text: 'externalId eq "a"',
      index: 'users_by_externalid',
    },
    {
      type: groupType,
      table: 'groups' as const,
      text: 'displayName eq "a"',
      index: 'groups_by_displayname',
    },
    {
      type: groupType,
      table: 'groups' as const,
      text: 'externalId eq "a"',
      index: 'groups_by_externalid',
    },
  ])('$table with $text are found by their index', async ({ type, table, text, index }) => {
    const { clause, parameters } = compileFilter(parsed(type, text), table, SCHEMA, ['acme']);
    const client = await readSide.pool.connect();
    try {
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query(
        `EXPLAIN SELECT * FROM ${SCHEMA}.${table} t WHERE t.organization = $1 AND ${clause}`,
        [...parameters],
      );
      const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(new RegExp(`${index}.*\\n.*Index Cond: .*left`));
    } finally {
      client.release(true);
    }
  });
});
