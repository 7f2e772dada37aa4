import type { OrganizationId } from '../../src/domain/identifiers.js';
import { applicationSide } from './application-side.js';
import { eventsOf, typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import {
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  type Log,
} from './write-side.js';

let log: Log;
let organization: OrganizationId;
let side: ReturnType<typeof applicationSide>;
beforeAll(async () => {
  log = await openLog();
});
beforeEach(async () => {
  organization = await enabledOrganization(log.store);
  side = applicationSide(log.store, organization);
});
afterAll(() => log.close());

const users = () => new StreamLookup(log.store).users(organization);

describe('a user whom the application registers', () => {
  it.each(['manual', 'api'] as const)('is what was said of it, unsynced, by %s', async (origin) => {
    const name = { givenName: 'Ada', familyName: 'King' };
    const emails = [{ value: 'ada@example.com', primary: true }];
    const user = { userName: 'Ada', displayName: 'Ada King', externalId: 'x', name, emails };
    const { id } = await side.registerUser({ ...user, role: 'Admin' }, { origin });
    const { userName, ...profile } = user;
    expect(await users()).toMatchObject([
      { userId: id, userName, profile, origin, synced: false, active: true, role: 'Admin' },
    ]);
  });

  it('has a userName of its own', async () => {
    await side.postUser({ userName: 'ada' });
    await expect(side.registerUser({ userName: 'ADA' })).rejects.toMatchObject({
      reason: 'name-already-claimed',
      details: { kind: 'userName' },
    });
  });

  it('is refused where only the identity provider adds users, until SCIM is off', async () => {
    await side.setPolicies({ appCreatedUsers: 'refuse' });
    await expect(side.registerUser({ userName: 'ada' })).rejects.toMatchObject({
      reason: 'managed-by-identity-provider',
    });
    await side.disableSync();
    await side.registerUser({ userName: 'ada' });
  });
});

describe('a registration with an idempotency key', () => {
  it('repeated answers the same user, and records nothing', async () => {
    const first = await side.registerUser({ userName: 'ada' }, { key: 'one' });
    const before = await eventsOf(log.store, organization);
    await side.setPolicies({ appCreatedUsers: 'refuse' });
    const again = await side.registerUser({ userName: 'ada' }, { key: 'one' });
    expect(again).toEqual({ id: first.id, position: null });
    expect(await users()).toHaveLength(1);
    expect((await eventsOf(log.store, organization)).slice(before.length)).toMatchObject([
      { event: { type: 'PolicyChanged' } },
    ]);
  });

  it('repeated after the user is deleted is refused, and makes no other', async () => {
    const { id } = await side.registerUser({ userName: 'ada' }, { key: 'one' });
    await side.removeUser(id);
    await expect(side.registerUser({ userName: 'ada' }, { key: 'one' })).rejects.toMatchObject({
      reason: 'name-already-claimed',
      details: { kind: 'idempotencyKey' },
    });
    expect(await users()).toEqual([]);
  });

  it('refuses another userName, and repeats one whose user was renamed since', async () => {
    const { id } = await side.registerUser({ userName: 'ada' }, { key: 'one' });
    const before = await eventsOf(log.store, organization);
    await expect(side.registerUser({ userName: 'bob' }, { key: 'one' })).rejects.toMatchObject({
      reason: 'name-already-claimed',
      details: { kind: 'idempotencyKey' },
    });
    expect(await eventsOf(log.store, organization)).toHaveLength(before.length);
    await side.editUser(id, { userName: 'countess' });
    expect(await side.registerUser({ userName: 'ADA' }, { key: 'one' })).toMatchObject({ id });
  });

  it('makes another user under another key, and in another organization', async () => {
    const { id } = await side.registerUser({ userName: 'ada' }, { key: 'one' });
    const other = await side.registerUser({ userName: 'bob' }, { key: 'two' });
    const elsewhere = applicationSide(log.store, await enabledOrganization(log.store));
    const there = await elsewhere.registerUser({ userName: 'ada' }, { key: 'one' });
    expect(new Set([id, other.id, there.id]).size).toBe(3);
  });

  it('makes one user when 10 come at once, from two processes', async () => {
    const second = applicationSide(sequential(log.store), organization);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        (i % 2 ? side : second).registerUser({ userName: 'ada' }, { key: 'one' }),
      ),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ position }) => position !== null)).toHaveLength(1);
    expect(await users()).toHaveLength(1);
  });

  it.each([0, 1])('completes what died before append %i', async (died) => {
    const dying = applicationSide(sequential(log.store, dyingBefore(died)), organization);
    await expect(dying.registerUser({ userName: 'ada' }, { key: 'one' })).rejects.toThrow(
      ProcessDied,
    );
    const survivor = applicationSide(sequential(log.store), organization);
    await survivor.registerUser({ userName: 'ada' }, { key: 'one' });
    expect(await users()).toHaveLength(1);
  });
});

describe('an edit by an administrator', () => {
  it('changes what it names, takes away what is null, and leaves the rest', async () => {
    const { id } = await side.registerUser({
      userName: 'ada',
      displayName: 'Ada',
      externalId: 'x',
      role: 'member',
    });
    const answer = await side.editUser(id, {
      displayName: null,
      name: { givenName: 'Ada' },
      role: 'owner',
    });
    expect(answer).toEqual({ position: expect.any(BigInt), overridden: [] });
    const [user] = await users();
    expect(user).toMatchObject({ userName: 'ada', role: 'owner' });
    expect(user!.profile).toEqual({ externalId: 'x', name: { givenName: 'Ada' } });
  });

  it('of nothing appends nothing', async () => {
    const { id } = await side.registerUser({ userName: 'ada', displayName: 'Ada', role: 'x' });
    const before = await eventsOf(log.store, organization);
    const answer = await side.editUser(id, { displayName: 'Ada', active: true, role: 'x' });
    expect(answer).toEqual({ position: null, overridden: [] });
    expect(await eventsOf(log.store, organization)).toEqual(before);
  });

  it('renames, and frees the old name', async () => {
    const { id } = await side.registerUser({ userName: 'ada' });
    await side.editUser(id, { userName: 'lovelace' });
    await side.postUser({ userName: 'ada' });
    await expect(side.editUser(id, { userName: 'ADA' })).rejects.toMatchObject({
      reason: 'name-already-claimed',
    });
  });

  it('of a synced user says what the identity provider takes back, each time', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    const overridden = ['userName', 'active', 'displayName'];
    const changes = { userName: 'Ada', active: false, displayName: 'Ada', role: 'x' };
    expect(await side.editUser(id, changes)).toMatchObject({ overridden });
    expect(await side.editUser(id, { displayName: 'B' })).toMatchObject({
      overridden: ['displayName'],
    });
    expect(await side.editUser(id, { role: 'y' })).toMatchObject({ overridden: [] });
    expect(await users()).toMatchObject([{ overrides: overridden }]);
  });

  it('of a locked user is refused, its role excepted', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await side.setPolicies({ manualUpdates: 'locked' });
    await expect(side.editUser(id, { displayName: 'Ada' })).rejects.toMatchObject({
      reason: 'managed-by-identity-provider',
      details: { policy: 'manualUpdates.users', value: 'locked' },
    });
    await side.editUser(id, { role: 'analyst' });
  });
});

describe('a removal by an administrator', () => {
  it('takes the user out of its groups, and frees its name', async () => {
    await side.setPolicies({ manualDelete: 'allow' });
    const { id } = await side.postUser({ userName: 'ada' });
    const group = await side.postGroup({ displayName: 'one', members: [{ value: id }] });
    const position = await side.removeUser(id);
    expect(position).toBe(await log.store.head());
    const [left] = await new StreamLookup(log.store).groups(organization);
    expect(left).toMatchObject({ groupId: group.id });
    expect([...left!.members]).toEqual([]);
    expect((await side.registerUser({ userName: 'ada' })).id).not.toBe(id);
  });

  it('of a synced user is refused while SCIM is on, unless it is allowed', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await expect(side.removeUser(id)).rejects.toMatchObject({
      reason: 'managed-by-identity-provider',
      details: { policy: 'manualDelete', value: 'refuse' },
    });
    await side.disableSync();
    await side.removeUser(id);
    expect(await typesOf(log.store, organization)).toContain('UserDeleted');
  });
});
