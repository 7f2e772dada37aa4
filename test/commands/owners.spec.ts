import type { OrganizationId } from '../../src/domain/identifiers.js';
import { isOwner } from '../../src/domain/user.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { applicationSide } from './application-side.js';
import { typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import {
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  type Log,
} from './write-side.js';

const lastOwner = { reason: 'protected-user', details: { protection: 'last-owner' } };
const inactive = { op: 'replace', path: 'active', value: false };

type Side = ReturnType<typeof applicationSide>;

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const owners = async () => (await new StreamLookup(log.store).users(organization)).filter(isOwner);

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

const leavings: readonly { how: string; leave: (on: Side, id: string) => Promise<unknown> }[] = [
  { how: 'SCIM deactivates', leave: (on, id) => on.patchUser(id, inactive) },
  { how: 'SCIM deletes', leave: (on, id) => on.deleteUser(id) },
  {
    how: 'an administrator deactivates',
    leave: (on, id) => on.editUser(id, { active: false }),
  },
  { how: 'an administrator deletes', leave: (on, id) => on.removeUser(id) },
  {
    how: 'an administrator gives another role to',
    leave: (on, id) => on.editUser(id, { role: 'member' }),
  },
];

describe.each(stores)('the owners in $name', ({ on }) => {
  let side: Side;
  beforeEach(async () => {
    organization = await enabledOrganization(log.store, undefined, { manualDelete: 'allow' });
    side = applicationSide(on(log.store), organization);
  });

  const owner = async (userName: string) =>
    (await side.registerUser({ userName, role: 'owner' })).id;

  it.each(leavings)('keep the last whom $how', async ({ leave }) => {
    const id = await owner('ada');
    await side.postUser({ userName: 'bob' });
    await expect(leave(side, id)).rejects.toMatchObject(lastOwner);
    expect(await owners()).toHaveLength(1);
  });

  it.each(leavings)('let one go whom $how, while there is another', async ({ leave }) => {
    const [first, second] = [await owner('ada'), await owner('bob')];
    await leave(side, first);
    expect(await owners()).toMatchObject([{ userId: second }]);
    await expect(leave(side, second)).rejects.toMatchObject(lastOwner);
  });

  it.each(leavings)(
    'never are none, when two processes let all of 6 go whom $how',
    async (each) => {
      const ids = await Promise.all(Array.from({ length: 6 }, (_, i) => owner(`owner-${i}`)));
      const other = applicationSide(on(log.store), organization);
      const outcomes = await Promise.allSettled(
        ids.map((id, i) => each.leave(i % 2 ? side : other, id)),
      );
      const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(refused).toMatchObject([lastOwner]);
      expect(await owners()).toHaveLength(1);
    },
  );

  it('count who is appointed, deactivated and comes back', async () => {
    const first = await owner('ada');
    const { id } = await side.postUser({ userName: 'bob' });
    await side.editUser(id, { role: 'Owner' });
    await side.patchUser(first, inactive);
    await expect(side.patchUser(id, inactive)).rejects.toMatchObject(lastOwner);
    await side.patchUser(first, { op: 'replace', path: 'active', value: true });
    await side.patchUser(id, inactive);
    expect(await owners()).toMatchObject([{ userId: first }]);
  });

  it('are no ledger of other users', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await side.editUser(id, { role: 'admin' });
    await side.deleteUser(id);
    expect(await typesOf(log.store, organization)).not.toContain('OwnerAppointed');
  });
});

describe('an owner whose process dies', () => {
  const dying = (appends: number) =>
    applicationSide(sequential(log.store, dyingBefore(appends)), organization);
  let side: Side;
  beforeEach(async () => {
    organization = await enabledOrganization(log.store);
    side = applicationSide(sequential(log.store), organization);
  });

  it('between the user and the ledger is protected all the same', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await expect(dying(1).editUser(id, { role: 'owner' })).rejects.toThrow(ProcessDied);
    await expect(side.deleteUser(id)).rejects.toMatchObject(lastOwner);
  });

  it('and is entered by the next write, also one that changes nothing else', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await expect(dying(1).editUser(id, { role: 'owner' })).rejects.toThrow(ProcessDied);
    await side.editUser(id, { role: 'owner' });
    const second = await side.registerUser({ userName: 'bob', role: 'owner' });
    await side.deleteUser(second.id);
    await expect(side.deleteUser(id)).rejects.toMatchObject(lastOwner);
  });

  it('between the ledger and the user leaves the other one owner protected', async () => {
    const { id: ada } = await side.registerUser({ userName: 'ada', role: 'owner' });
    const { id: bob } = await side.registerUser({ userName: 'bob', role: 'owner' });
    await expect(dying(1).patchUser(ada, inactive)).rejects.toThrow(ProcessDied);
    await expect(side.patchUser(bob, inactive)).rejects.toMatchObject(lastOwner);
    await side.patchUser(ada, inactive);
    expect(await owners()).toMatchObject([{ userId: bob }]);
  });
});
