import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { JsonObject } from '../../src/scim/json.js';
import { applicationSide } from './application-side.js';
import { eventsOf, typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import { enabledOrganization, openLog, sequential, type Log } from './write-side.js';

type Side = ReturnType<typeof applicationSide>;

let log: Log;
let organization: OrganizationId;
let side: Side;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

async function organizationWith(policies: JsonObject): Promise<void> {
  organization = await enabledOrganization(log.store, undefined, policies);
  side = applicationSide(log.store, organization);
}
const users = () => new StreamLookup(log.store).users(organization);
const taken = (details: object) => ({ reason: 'name-already-claimed', details });

const email = (value: string) => [{ value, type: 'work', primary: true }];

describe('a POST of a userName that an unsynced user bears', () => {
  beforeEach(() => organizationWith({}));

  it('makes that user the identity provider’s: same id, origin and history', async () => {
    const { id } = await side.registerUser({ userName: 'ada', displayName: 'Ada' });
    const linked = await side.postUser({ userName: 'ADA', displayName: 'Ada King' });
    expect(linked).toMatchObject({
      id,
      attributes: { userName: 'ADA', displayName: 'Ada King', active: true },
      position: expect.any(BigInt),
    });
    expect(await users()).toMatchObject([{ userId: id, origin: 'manual', synced: true }]);
    const events = (await eventsOf(log.store, organization)).map(({ event }) => event);
    expect(events).toContainEqual({ type: 'UserAdopted', userId: id, matchedBy: 'userName' });
    expect(events.filter(({ type }) => type === 'NameClaimed')).toHaveLength(1);
  });

  it('does so once: the second is refused', async () => {
    await side.registerUser({ userName: 'ada' });
    await side.postUser({ userName: 'ada' });
    await expect(side.postUser({ userName: 'ada' })).rejects.toMatchObject(
      taken({ kind: 'userName', key: 'userName' }),
    );
  });

  it('goes to one of 10 that come at once, from two processes', async () => {
    const { id } = await side.registerUser({ userName: 'ada' });
    const other = applicationSide(sequential(log.store), organization);
    const posts = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? side : other).postUser({ userName: 'ada' })),
    );
    const won = posts.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []));
    expect(won).toEqual([id]);
    expect(await users()).toHaveLength(1);
  });

  it('is refused for a user whom the adoption of all took', async () => {
    await organizationWith({ adoption: 'all-at-once' });
    await side.disableSync();
    await side.registerUser({ userName: 'ada' });
    await side.enableSync();
    await expect(side.postUser({ userName: 'ada' })).rejects.toMatchObject(
      taken({ kind: 'userName', key: 'userName' }),
    );
  });

  it('is refused for a user who was removed from the organization, and is still read', async () => {
    await organizationWith({ onDeactivate: 'remove' });
    const { id } = await side.postUser({ userName: 'ada' });
    await side.patchUser(id, { op: 'replace', path: 'active', value: false });
    await expect(side.postUser({ userName: 'ada' })).rejects.toMatchObject(
      taken({ kind: 'userName', key: 'userName' }),
    );
    expect(await users()).toMatchObject([{ userId: id, active: false }]);
    expect(await typesOf(log.store, organization)).toContain('UserLeftOrganization');
  });

  it('is refused where existing users are not to be linked, and changes nothing', async () => {
    await organizationWith({ linkExistingUser: 'refuse' });
    await side.registerUser({ userName: 'ada' });
    const before = await eventsOf(log.store, organization);
    await expect(side.postUser({ userName: 'ada' })).rejects.toMatchObject(
      taken({ kind: 'userName', key: 'userName', policy: 'linkExistingUser', value: 'refuse' }),
    );
    expect(await eventsOf(log.store, organization)).toEqual(before);
  });

  it('needs the ability to create, and none to update', async () => {
    const capabilities = { create: true, update: false, deactivate: false, groups: false };
    await organizationWith({ capabilities });
    const { id } = await side.registerUser({ userName: 'ada' });
    expect(await side.postUser({ userName: 'ada', title: 'Countess' })).toMatchObject({ id });
  });
});

interface KeyCase {
  readonly key: 'externalId' | 'emails.value';
  readonly held: Attributes;
  readonly stated: Attributes;
  readonly others: Attributes;
}
type Attributes = { readonly externalId: string } | { readonly emails: ReturnType<typeof email> };

describe.each<KeyCase>([
  {
    key: 'externalId',
    held: { externalId: 'okta-1' },
    stated: { externalId: 'okta-1' },
    others: { externalId: 'OKTA-1' },
  },
  {
    key: 'emails.value',
    held: { emails: email('Ada@example.com') },
    stated: { emails: email('ada@EXAMPLE.com') },
    others: { emails: email('ada@example.org') },
  },
])('where users are matched by $key', ({ key, held, stated, others }) => {
  beforeEach(() => organizationWith({ matchingKey: key }));

  it('a POST links the user who holds it, and renames it', async () => {
    const { id } = await side.registerUser({ userName: 'ada', ...held });
    expect(await side.postUser({ userName: 'lovelace', ...stated })).toMatchObject({
      id,
      attributes: { userName: 'lovelace' },
    });
    expect(await users()).toMatchObject([{ synced: true, userName: 'lovelace' }]);
    expect((await eventsOf(log.store, organization)).map(({ event }) => event)).toContainEqual({
      type: 'UserAdopted',
      userId: id,
      matchedBy: key,
    });
    await side.postUser({ userName: 'ada', ...others });
  });

  it('a POST is refused for a synced user who holds it', async () => {
    await side.postUser({ userName: 'ada', ...held });
    await expect(side.postUser({ userName: 'bob', ...stated })).rejects.toMatchObject(
      taken({ kind: 'userName', key }),
    );
  });

  it('a POST is refused when two hold it', async () => {
    await side.registerUser({ userName: 'ada', ...held });
    await side.registerUser({ userName: 'bob', ...held });
    await expect(side.postUser({ userName: 'eve', ...stated })).rejects.toMatchObject(
      taken({ kind: 'userName', key, matches: '2' }),
    );
  });

  it.each([
    { name: 'another value', attributes: others },
    { name: 'none', attributes: {} },
  ])('a POST with $name of it creates', async ({ attributes }) => {
    await side.registerUser({ userName: 'ada', ...held });
    await side.postUser({ userName: 'bob', ...attributes });
    expect(await users()).toMatchObject([{ synced: false }, { synced: true }]);
  });

  it('a POST never links by userName', async () => {
    await side.registerUser({ userName: 'ada', ...held });
    await expect(side.postUser({ userName: 'ada', ...others })).rejects.toMatchObject(
      taken({ kind: 'userName' }),
    );
    expect(await users()).toMatchObject([{ synced: false }]);
  });

  it('a hint that is behind links nobody', async () => {
    const { id } = await side.registerUser({ userName: 'ada', ...held });
    const { services } = side;
    services.lookup.usersMatching = () => Promise.resolve([id]);
    await side.editUser(id, { externalId: null, emails: null });
    expect((await side.postUser({ userName: 'bob', ...stated })).id).not.toBe(id);
  });
});

describe('a user whose userName a deleted user bore', () => {
  it.each([
    { by: 'the identity provider', make: (on: Side) => on.postUser({ userName: 'Ada' }) },
    { by: 'an administrator', make: (on: Side) => on.registerUser({ userName: 'Ada' }) },
    { by: 'a sign-in', make: (on: Side) => on.signIn() },
  ])('and whom $by makes, names it as its predecessor', async ({ make }) => {
    await organizationWith({});
    const { id } = await side.postUser({ userName: 'ada' });
    await side.deleteUser(id);
    await make(side);
    const [successor] = await users();
    expect((await eventsOf(log.store, organization)).map(({ event }) => event)).toContainEqual({
      type: 'UserSucceeded',
      userId: successor!.userId,
      predecessorId: id,
    });
  });

  it('but gave up before is no successor', async () => {
    await organizationWith({});
    const { id } = await side.postUser({ userName: 'ada' });
    await side.putUser(id, { userName: 'lovelace' });
    await side.postUser({ userName: 'ada' });
    expect(await typesOf(log.store, organization)).not.toContain('UserSucceeded');
  });
});

describe('what an administrator changed of a synced user', () => {
  const change = { op: 'replace', path: 'name.givenName', value: 'Ada' };
  const extension = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

  it.each([
    { write: 'a PUT', by: (id: string) => side.putUser(id, { userName: 'ada' }), ends: true },
    { write: 'a PATCH of it', by: (id: string) => side.patchUser(id, change), ends: true },
    {
      write: 'a PATCH of something else',
      by: (id: string) => side.patchUser(id, { op: 'add', path: 'title', value: 'A' }),
      ends: false,
    },
    {
      write: 'a PATCH of an extension',
      by: (id: string) =>
        side.patchUser(id, { op: 'add', path: `${extension}:department`, value: 'A' }),
      ends: false,
    },
    {
      write: 'a PATCH without path that names it',
      by: (id: string) =>
        side.patchUser(id, { op: 'replace', value: { name: { givenName: 'A' } } }),
      ends: true,
    },
  ])('is replaced by $write: $ends', async ({ by, ends }) => {
    await organizationWith({});
    const { id } = await side.postUser({ userName: 'ada' });
    expect(await side.editUser(id, { name: { givenName: 'Augusta' } })).toMatchObject({
      overridden: ['name'],
    });
    await by(id);
    expect(await users()).toMatchObject([{ overrides: ends ? [] : ['name'] }]);
  });
});
