import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { applicationSide } from './application-side.js';
import { eventsOf, postUsers, typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import { enabledOrganization, openLog, sequential, type Log } from './write-side.js';

const paused = { reason: 'removals-paused' };
const inactive = { op: 'replace', path: 'active', value: false };

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

describe.each(stores)('the safeguard against mass removals in $name', ({ on }) => {
  let side: ReturnType<typeof applicationSide>;
  let ids: readonly string[];

  beforeEach(async () => {
    const policies = { massRemovalLimit: 20, manualDelete: 'allow' };
    organization = await enabledOrganization(log.store, undefined, policies);
    side = applicationSide(on(log.store), organization);
    ids = await postUsers(side, 10);
  });
  const [first, second, third] = [0, 1, 2].map((at) => () => ids[at] ?? '');

  it.each([
    { by: 'deleted', remove: (id: string) => side.deleteUser(id) },
    { by: 'deactivated by PATCH', remove: (id: string) => side.patchUser(id, inactive) },
    {
      by: 'deactivated by PUT',
      remove: (id: string) =>
        side.putUser(id, { userName: `user-${ids.indexOf(id)}`, active: false }),
    },
  ])('pauses when more of 10 than 20 % are $by', async ({ remove }) => {
    await remove(first!());
    await remove(second!());
    await expect(remove(third!())).rejects.toMatchObject(paused);
    const types = await typesOf(log.store, organization);
    expect(types.filter((type) => type === 'RemovalCounted')).toHaveLength(2);
    expect(types.filter((type) => type === 'RemovalsPaused')).toHaveLength(1);
    const left = await new StreamLookup(log.store).users(organization);
    expect(left.filter((user) => user.active)).toHaveLength(8);
  });

  it('stays paused, with everything else allowed, until an administrator resumes', async () => {
    await side.deleteUser(first!());
    await side.deleteUser(second!());
    await expect(side.deleteUser(third!())).rejects.toMatchObject(paused);
    await side.postUser({ userName: 'eve' });
    await side.patchUser(third!(), { op: 'replace', path: 'title', value: 'A' });
    await expect(side.deleteUser(third!())).rejects.toMatchObject(paused);
    expect(await side.resumeRemovals()).toEqual(expect.any(BigInt));
    expect(await side.resumeRemovals()).toBeNull();
    await side.deleteUser(third!());
    expect(await typesOf(log.store, organization)).toContain('RemovalsResumed');
  });

  it('does not count what administrators do, nor what is no removal', async () => {
    await side.removeUser(first!());
    await side.editUser(second!(), { active: false });
    await side.patchUser(second!(), inactive);
    await side.postUser({ userName: 'away', active: false });
    expect(await typesOf(log.store, organization)).not.toContain('RemovalCounted');
  });

  it('counts nothing where there is no limit', async () => {
    await side.setPolicies({ massRemovalLimit: null });
    await Promise.all(ids.map((id) => side.deleteUser(id)));
    expect(await typesOf(log.store, organization)).not.toContain('RemovalCounted');
  });

  it('stops removals that come all at once, from two processes', async () => {
    const other = applicationSide(on(log.store), organization);
    const outcomes = await Promise.allSettled(
      ids.map((id, i) => (i % 2 ? side : other).deleteUser(id)),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject(refused.map(() => ({ reason: paused })));
    expect(refused).toHaveLength(8);
    const pauses = (await eventsOf(log.store, organization)).flatMap(({ event }) =>
      event.type === 'RemovalsPaused' ? [event] : [],
    );
    expect(pauses).toEqual([{ type: 'RemovalsPaused', organization, removed: 2, users: 10 }]);
  });

  it('forgets what was removed longer than an hour ago', async () => {
    const later: TimeAndIds = {
      ...systemTimeAndIds,
      now: (after) => new Date(Date.parse(systemTimeAndIds.now(after)) + 3_660_000).toISOString(),
    };
    await side.deleteUser(first!());
    await side.deleteUser(second!());
    const nextHour = applicationSide(on(log.store), organization, later);
    await nextHour.deleteUser(third!());
  });
});
