import type { OrganizationId } from '../../src/domain/identifiers.js';
import { seats } from '../../src/domain/seats.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { seatsStream } from '../../src/commands/streams.js';
import { applicationSide } from './application-side.js';
import { typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import {
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  type BeforeAppend,
  type Log,
} from './write-side.js';

const full = { reason: 'seat-limit-reached' };
const inactive = { op: 'replace', path: 'active', value: false };
const active = { op: 'replace', path: 'active', value: true };

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const activeUsers = async () =>
  (await new StreamLookup(log.store).users(organization)).filter((user) => user.active);

/** Who has a seat, as the ledger tells it; it must be who is active. */
async function expectTrueLedger(): Promise<void> {
  const { model } = applicationSide(log.store, organization);
  const { state } = await model.load(seats, seatsStream(organization));
  const ids = (await activeUsers()).map(({ userId }) => userId);
  expect([...state.taken].toSorted()).toEqual(ids.toSorted());
}

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

describe.each(stores)('seats in $name', ({ on }) => {
  let side: ReturnType<typeof applicationSide>;

  beforeEach(async () => {
    organization = await enabledOrganization(log.store, undefined, { seatLimit: 2 });
    side = applicationSide(on(log.store), organization);
  });

  it.each([
    { by: 'SCIM', make: () => side.postUser({ userName: 'eve' }) },
    { by: 'an administrator', make: () => side.registerUser({ userName: 'eve' }) },
  ])('are refused to who comes by $by when all are taken', async ({ make }) => {
    await side.postUser({ userName: 'ada' });
    await side.registerUser({ userName: 'bob' });
    await expect(make()).rejects.toMatchObject({ ...full, details: { limit: '2' } });
    expect(await activeUsers()).toHaveLength(2);
    await expectTrueLedger();
  });

  it('are refused to a sign-in that would create', async () => {
    await side.postUser({ userName: 'bob' });
    await side.postUser({ userName: 'eve' });
    expect(await side.signIn()).toMatchObject({
      decision: 'refused',
      reason: 'seat-limit-reached',
      userId: null,
      position: null,
    });
    expect(await side.signIn({ userName: 'bob' })).toMatchObject({ decision: 'allowed' });
    await expectTrueLedger();
  });

  it.each([
    { how: 'deactivation', leave: (id: string) => side.patchUser(id, inactive) },
    { how: 'deactivation by hand', leave: (id: string) => side.editUser(id, { active: false }) },
    { how: 'deletion', leave: (id: string) => side.deleteUser(id) },
  ])('become free by $how', async ({ leave }) => {
    const { id } = await side.postUser({ userName: 'ada' });
    await side.postUser({ userName: 'bob' });
    await leave(id);
    await side.postUser({ userName: 'eve' });
    await expectTrueLedger();
  });

  it('are needed to come back, and not to stay away', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await side.patchUser(id, inactive);
    await side.postUser({ userName: 'bob' });
    await side.postUser({ userName: 'eve' });
    await side.postUser({ userName: 'away', active: false });
    await expect(side.patchUser(id, active)).rejects.toMatchObject(full);
    await expect(side.editUser(id, { active: true })).rejects.toMatchObject(full);
    await expectTrueLedger();
  });

  it('are counted when the limit comes to be, also anew', async () => {
    await side.setPolicies({ seatLimit: null });
    const { id } = await side.postUser({ userName: 'ada' });
    await side.postUser({ userName: 'bob' });
    await side.postUser({ userName: 'eve' });
    await side.patchUser(id, inactive);
    await side.setPolicies({ seatLimit: 3 });
    await side.postUser({ userName: 'third' });
    await expect(side.postUser({ userName: 'fourth' })).rejects.toMatchObject(full);
    await side.setPolicies({ seatLimit: 4 });
    await side.postUser({ userName: 'fourth' });
    await expectTrueLedger();
    const types = await typesOf(log.store, organization);
    expect(types.filter((type) => type === 'SeatsCounted')).toHaveLength(1);
  });

  it('are not counted where none are limited', async () => {
    await side.setPolicies({ seatLimit: null });
    await side.postUser({ userName: 'ada' });
    expect(await typesOf(log.store, organization)).not.toContain('SeatTaken');
  });

  it('are never more than the limit when 100 users come at once, in two processes', async () => {
    await side.setPolicies({ seatLimit: 10 });
    const otherStore = new PostgresEventStore({ connectionString: log.url });
    const other = applicationSide(on(otherStore), organization);
    const posts = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) =>
        (i % 2 ? side : other).postUser({ userName: `user-${i}` }),
      ),
    );
    await otherStore.close();
    const reasons = posts.flatMap((each) => (each.status === 'rejected' ? each.reason.reason : []));
    expect(new Set(reasons)).toEqual(new Set(['seat-limit-reached']));
    expect(await activeUsers()).toHaveLength(10);
    expect(reasons).toHaveLength(90);
    await expectTrueLedger();
  }, 60_000);
});

describe('a seat whose user did not come', () => {
  let side: ReturnType<typeof applicationSide>;
  const processThat = (before: BeforeAppend) =>
    applicationSide(sequential(log.store, before), organization);

  beforeEach(async () => {
    organization = await enabledOrganization(log.store, undefined, { seatLimit: 1 });
    side = applicationSide(sequential(log.store), organization);
    // The first write under a limit counts: it is not what these tests are about.
    const { id } = await side.postUser({ userName: 'first' });
    await side.deleteUser(id);
  });

  it('because its process died, is taken by another', async () => {
    // Claim, seat, user.
    const dying = processThat(dyingBefore(2));
    await expect(dying.postUser({ userName: 'ada' })).rejects.toThrow(ProcessDied);
    expect(await activeUsers()).toHaveLength(0);
    await side.postUser({ userName: 'bob' });
    await expectTrueLedger();
    await expect(side.postUser({ userName: 'eve' })).rejects.toMatchObject(full);
  });

  it('back because its process died, is taken by another', async () => {
    const { id } = await side.postUser({ userName: 'ada', active: false });
    const dying = processThat(dyingBefore(1));
    await expect(dying.patchUser(id, active)).rejects.toThrow(ProcessDied);
    await side.postUser({ userName: 'bob' });
    await expect(side.patchUser(id, active)).rejects.toMatchObject(full);
    await expectTrueLedger();
  });

  it('is kept by a user who went while a process died, until it is needed', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    const dying = processThat(dyingBefore(1));
    await expect(dying.deleteUser(id)).rejects.toThrow(ProcessDied);
    await side.postUser({ userName: 'bob' });
    await expectTrueLedger();
  });

  it('in time is lost to another; the late user then comes not', async () => {
    let reach = (): void => undefined;
    let open = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const opened = new Promise<void>((resolve) => (open = resolve));
    let held = false;
    const slow = processThat(async (stream) => {
      if (held || !stream.startsWith('user-')) return;
      held = true;
      reach();
      await opened;
    }).postUser({ userName: 'slow' });
    await reached;
    const fast = await side.postUser({ userName: 'fast' });
    open();
    await expect(slow).rejects.toMatchObject(full);
    expect(await activeUsers()).toMatchObject([{ userId: fast.id }]);
    await expectTrueLedger();
  });
});
