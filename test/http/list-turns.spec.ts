import { setImmediate as oneTurn } from 'node:timers/promises';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { ListTurns } from '../../src/http/scim/list-turns.js';
import type { ListRequest } from '../../src/projections/directory/directory.queries.js';
import { parseFilter } from '../../src/scim/filter.js';
import { userType } from '../../src/scim/schema.js';

const acme = 'acme' as OrganizationId;
const globex = 'globex' as OrganizationId;

const listing = (filter?: string): ListRequest => ({
  ...(filter !== undefined && { filter: parseFilter(userType, filter) }),
  startIndex: 1,
  count: 100,
});

/** Lists that begin when they are let and end when the test says so. */
class Lists {
  readonly begun: string[] = [];
  private readonly endings = new Map<string, (error?: Error) => void>();
  private readonly turns = new ListTurns();

  ask(name: string, organization: OrganizationId, request = listing()): Promise<void> {
    return this.turns.run(organization, request, () => {
      this.begun.push(name);
      return new Promise((resolve, reject) => {
        this.endings.set(name, (error) => (error ? reject(error) : resolve()));
      });
    });
  }

  async end(name: string, error?: Error): Promise<void> {
    this.endings.get(name)?.(error);
    await oneTurn();
  }
}

let lists: Lists;
beforeEach(() => {
  lists = new Lists();
});

it('lets three lists of an organization run at once, and the others in their order', async () => {
  for (const name of ['1', '2', '3', '4', '5']) void lists.ask(name, acme);
  await oneTurn();
  expect(lists.begun).toEqual(['1', '2', '3']);
  await lists.end('2');
  expect(lists.begun).toEqual(['1', '2', '3', '4']);
  await lists.end('1');
  expect(lists.begun).toEqual(['1', '2', '3', '4', '5']);
});

it('lets another organization run meanwhile', async () => {
  for (const name of ['1', '2', '3', '4']) void lists.ask(name, acme);
  void lists.ask('theirs', globex);
  await oneTurn();
  expect(lists.begun).toEqual(['1', '2', '3', 'theirs']);
});

it('lets the next one run after a list that failed', async () => {
  const failure = new Error('lost');
  const outcome = lists.ask('1', acme).catch((error: unknown) => error);
  for (const name of ['2', '3', '4']) void lists.ask(name, acme);
  await oneTurn();
  await lists.end('1', failure);
  expect(await outcome).toBe(failure);
  expect(lists.begun).toEqual(['1', '2', '3', '4']);
});

it.each(['userName eq "ada"', 'externalId eq "7"', 'id eq "7"'])(
  'lets the look-up %s pass the lists that wait',
  async (filter) => {
    for (const name of ['1', '2', '3']) void lists.ask(name, acme);
    void lists.ask('look-up', acme, listing(filter));
    await oneTurn();
    expect(lists.begun).toContain('look-up');
  },
);

it.each(['userName co "ada"', 'displayName eq "Ada"', 'userName eq "a" or title pr'])(
  'lets the filter %s wait like a list',
  async (filter) => {
    for (const name of ['1', '2', '3']) void lists.ask(name, acme);
    void lists.ask('filter', acme, listing(filter));
    await oneTurn();
    expect(lists.begun).not.toContain('filter');
  },
);
