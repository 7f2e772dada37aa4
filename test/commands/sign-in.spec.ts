import { randomUUID } from 'node:crypto';
import { userStream } from '../../src/commands/streams.js';
import type { ClaimId, OrganizationId, UserId } from '../../src/domain/identifiers.js';
import { applicationSide } from './application-side.js';
import { eventsOf, typesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import { context, enabledOrganization, openLog, sequential, type Log } from './write-side.js';

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
const matched = (userId: string) => ({ decision: 'allowed', reason: 'matched', userId });
const refused = (reason: string, userId: string | null = null) => ({
  decision: 'refused',
  reason,
  userId,
  position: null,
  detail: expect.stringMatching(/^The|^There|^Only/),
});

describe('a sign-in of somebody unknown', () => {
  it('creates an unsynced user from the claims', async () => {
    const name = { givenName: 'Ada' };
    const decision = await side.signIn({ email: 'ada@x.org', displayName: 'Ada', name });
    expect(decision).toMatchObject({ decision: 'allowed', reason: 'created' });
    expect(await users()).toMatchObject([
      {
        userId: decision.userId,
        userName: 'ada',
        origin: 'sign-in',
        synced: false,
        role: null,
        profile: {
          externalId: 'okta-ada',
          displayName: 'Ada',
          name,
          emails: [{ value: 'ada@x.org', primary: true }],
        },
      },
    ]);
  });

  it('creates also where the application may not add users', async () => {
    await side.setPolicies({ appCreatedUsers: 'refuse' });
    expect(await side.signIn()).toMatchObject({ reason: 'created' });
  });

  it('creates one user when 10 come at once, from two processes', async () => {
    const other = applicationSide(sequential(log.store), organization);
    const decisions = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? side : other).signIn()),
    );
    expect(decisions.filter(({ reason }) => reason === 'created')).toHaveLength(1);
    expect(new Set(decisions.map(({ userId }) => userId)).size).toBe(1);
  });

  it('is refused where sign-ins create none', async () => {
    await side.setPolicies({ allowSignUp: false });
    expect(await side.signIn()).toEqual(refused('sign-up-off'));
    expect(await users()).toEqual([]);
  });

  it('is refused where only provisioned users may sign in, whatever else', async () => {
    await side.setPolicies({ allowSignUp: false, rejectNonProvisioned: true });
    expect(await side.signIn()).toEqual(refused('not-provisioned'));
  });
});

describe('a sign-in finds', () => {
  it('the user who has the subject as externalId, under whatever userName', async () => {
    const { id } = await side.postUser({ userName: 'lovelace', externalId: 'okta-ada' });
    await side.postUser({ userName: 'ada' });
    expect(await side.signIn()).toMatchObject(matched(id));
  });

  it('of two with this externalId the one of the userName', async () => {
    await side.postUser({ userName: 'lovelace', externalId: 'okta-ada' });
    const { id } = await side.postUser({ userName: 'ADA', externalId: 'okta-ada' });
    expect(await side.signIn()).toMatchObject(matched(id));
  });

  it('the user of the userName, in whatever letter case', async () => {
    const { id } = await side.postUser({ userName: 'ADA' });
    expect(await side.signIn()).toMatchObject(matched(id));
  });

  const emails = [{ value: 'Ada@x.org' }];

  it.each([
    { matchingKey: 'emails.value', reason: 'matched' },
    { matchingKey: 'userName', reason: 'created' },
    { matchingKey: 'externalId', reason: 'created' },
  ])('by e-mail where users are matched by $matchingKey: $reason', async (each) => {
    await side.setPolicies({ matchingKey: each.matchingKey });
    await side.postUser({ userName: 'lovelace', emails });
    expect(await side.signIn({ email: 'ada@X.ORG' })).toMatchObject({ reason: each.reason });
  });

  it('nobody by one that 150 have, without reading all of them', async () => {
    await side.setPolicies({ matchingKey: 'emails.value', allowSignUp: false });
    const registrations = Array.from({ length: 150 }, (_, number) => {
      const userId = randomUUID() as UserId;
      const personal = { userName: `user-${number}`, profile: { emails } };
      const claimId = randomUUID() as ClaimId;
      return {
        stream: userStream(organization, userId),
        revision: -1,
        events: [{ type: 'UserRegistered', userId, origin: 'api', claimId, personal } as const],
      };
    });
    await side.model.commit(organization, context, registrations);
    let read = 0;
    const store = sequential(log.store);
    const reader = applicationSide(
      {
        ...store,
        readStream: (stream, from) => {
          if (stream.startsWith('user-')) read += 1;
          return store.readStream(stream, from);
        },
      },
      organization,
    );
    expect(await reader.signIn({ email: 'ada@x.org' })).toEqual(refused('sign-up-off'));
    expect(read).toBe(100);
  });

  it('nobody by an e-mail address that two have', async () => {
    await side.setPolicies({ matchingKey: 'emails.value', allowSignUp: false });
    await side.registerUser({ userName: 'lovelace', emails });
    await side.registerUser({ userName: 'king', emails });
    expect(await side.signIn({ email: 'ada@x.org' })).toEqual(refused('sign-up-off'));
  });
});

describe('a sign-in of somebody known', () => {
  it('appends nothing', async () => {
    await side.postUser({ userName: 'ada' });
    const before = await eventsOf(log.store, organization);
    expect(await side.signIn({ groups: ['a'], email: 'x@y.z' })).toMatchObject({ position: null });
    expect(await eventsOf(log.store, organization)).toEqual(before);
  });

  it.each(['remove', 'disable'])('who is deactivated by %s is refused', async (onDeactivate) => {
    await side.setPolicies({ onDeactivate, rejectNonProvisioned: true });
    const { id } = await side.postUser({ userName: 'ada' });
    await side.patchUser(id, { op: 'replace', path: 'active', value: false });
    expect(await side.signIn({ roles: ['owner'] })).toEqual(refused('deactivated', id));
  });

  it.each([
    { name: 'unsynced', synced: false },
    { name: 'synced', synced: true },
  ])('who is $name, where only provisioned users may: $synced', async ({ synced }) => {
    await side.setPolicies({ rejectNonProvisioned: true });
    const { id } = await side.registerUser({ userName: 'ada' });
    if (synced) await side.putUser(id, { userName: 'ada' });
    expect(await side.signIn()).toMatchObject(
      synced ? matched(id) : refused('not-provisioned', id),
    );
  });

  it.each([
    { matchingKey: 'externalId', externalId: 'okta-eve', reason: 'subject-mismatch' },
    { matchingKey: 'externalId', externalId: 'okta-ada', reason: 'matched' },
    { matchingKey: 'externalId', externalId: null, reason: 'matched' },
    { matchingKey: 'userName', externalId: 'okta-eve', reason: 'matched' },
  ])('bound to $externalId, matched by $matchingKey: $reason', async (each) => {
    await side.setPolicies({ matchingKey: each.matchingKey });
    const { id } = await side.postUser({
      userName: 'ada',
      ...(each.externalId !== null && { externalId: each.externalId }),
    });
    expect(await side.signIn()).toMatchObject({ reason: each.reason, userId: id });
  });

  it('who is bound to another subject, but unsynced, is let in', async () => {
    await side.setPolicies({ matchingKey: 'externalId' });
    const { id } = await side.registerUser({ userName: 'ada', externalId: 'okta-eve' });
    expect(await side.signIn()).toMatchObject(matched(id));
  });
});

describe('Role Sync', () => {
  it.each([
    { claimed: [' analyst ', 'admin'], before: undefined, role: 'analyst' },
    { claimed: ['', '  ', 'viewer'], before: 'analyst', role: 'viewer' },
    { claimed: ['owner'], before: undefined, role: 'owner' },
    { claimed: [], before: 'analyst', role: 'member' },
    { claimed: [' '], before: 'analyst', role: 'member' },
    { claimed: [], before: undefined, role: null },
    { claimed: undefined, before: 'analyst', role: 'analyst' },
  ])('of claims $claimed makes $role out of $before', async ({ claimed, before, role }) => {
    await side.registerUser({ userName: 'ada', ...(before !== undefined && { role: before }) });
    await side.signIn(claimed ? { roles: claimed } : {});
    expect(await users()).toMatchObject([{ role }]);
  });

  it('gives a new user its role in the same append, with its source', async () => {
    const { userId } = await side.signIn({ roles: ['owner'] });
    const appended = (await eventsOf(log.store, organization)).filter(
      ({ metadata }) => metadata.commandId !== undefined,
    );
    const [registered, role] = ['UserRegistered', 'UserRoleChanged'].map((type) =>
      appended.find(({ event }) => event.type === type),
    );
    expect(role!.event).toEqual({
      type: 'UserRoleChanged',
      userId,
      role: 'owner',
      source: 'sign-in',
    });
    expect(role!.metadata.commandId).toBe(registered!.metadata.commandId);
    expect(await typesOf(log.store, organization)).toContain('OwnerAppointed');
  });

  it.each(['none', 'groups'])('is off where roles are of %s', async (roleSource) => {
    await side.setPolicies({ roleSource });
    await side.signIn({ roles: ['owner'] });
    expect(await users()).toMatchObject([{ role: null }]);
  });

  it('never takes the role from the last owner, and says so', async () => {
    const { id } = await side.registerUser({ userName: 'ada', role: 'owner' });
    expect(await side.signIn({ roles: ['viewer'] })).toMatchObject({
      ...matched(id),
      position: null,
      detail: expect.stringContaining('last owner'),
    });
    await side.registerUser({ userName: 'bob', role: 'owner' });
    expect(await side.signIn({ roles: ['viewer'] })).toMatchObject({
      ...matched(id),
      position: expect.any(BigInt),
      detail: expect.not.stringContaining('last owner'),
    });
  });
});

describe('Team Sync', () => {
  let analysts: string;
  let builders: string;

  beforeEach(async () => {
    await side.setPolicies({ teamSync: 'off' });
    await side.setPolicies({ teamSync: 'sign-in' });
    analysts = (await side.createTeam('Analysts')).id;
    builders = (await side.createTeam('Builders')).id;
    const mapping = (externalGroup: string, teamId: string) =>
      ({ externalGroup, teamId }) as Parameters<typeof side.mapTeamSync>[0][number];
    await side.mapTeamSync([
      mapping('a', analysts),
      mapping('also a', analysts),
      mapping('b', builders),
    ]);
    // Another process reads the mappings that were made in this one.
    side = applicationSide(log.store, organization);
  });

  const teams = async () => (await users())[0]?.signInTeams;

  it.each([
    { groups: ['a', 'also a'], of: () => [analysts] },
    { groups: ['b', 'a', 'unknown'], of: () => [analysts, builders] },
  ])('puts a new user into the teams of $groups', async ({ groups, of }) => {
    await side.signIn({ groups });
    expect(await teams()).toEqual({ teams: of().toSorted(), era: 1 });
  });

  it.each([{ groups: [] }, { groups: ['unknown'] }, { groups: undefined }])(
    'records no teams of a new user by $groups',
    async ({ groups }) => {
      await side.signIn(groups ? { groups } : {});
      expect(await teams()).toBeNull();
    },
  );

  it('follows the claims of each sign-in, and nothing where they say nothing', async () => {
    await side.signIn({ groups: ['a'] });
    expect(await side.signIn({ groups: ['a'] })).toMatchObject({ position: null });
    expect(await side.signIn({})).toMatchObject({ position: null });
    expect(await teams()).toMatchObject({ teams: [analysts] });
    await side.signIn({ groups: ['b'] });
    expect(await teams()).toMatchObject({ teams: [builders] });
    await side.signIn({ groups: [] });
    expect(await teams()).toMatchObject({ teams: [] });
  });

  it('leaves out a team that was deleted', async () => {
    await side.deleteTeam(analysts);
    await side.signIn({ groups: ['a', 'b'] });
    expect(await teams()).toMatchObject({ teams: [builders] });
  });

  it.each(['off'])('is off when teamSync is %s', async (teamSync) => {
    await side.setPolicies({ teamSync });
    await side.signIn({ groups: ['a'] });
    expect(await teams()).toBeNull();
  });

  it('reads of a team only what it has not read before', async () => {
    const read: number[] = [];
    const reader = applicationSide(
      {
        ...sequential(log.store),
        readStream: async (stream, from) => {
          const events = await log.store.readStream(stream, from);
          if (stream.startsWith('team-')) read.push(events.length);
          return events;
        },
      },
      organization,
    );
    await reader.signIn({ groups: ['a'] });
    await reader.signIn({ groups: ['a'] });
    expect(read).toEqual([1, 0]);
  });

  it('is one append with the role', async () => {
    await side.signIn();
    const { position } = await side.signIn({ groups: ['a'], roles: ['viewer'] });
    const types = (await eventsOf(log.store, organization)).slice(-2);
    expect(types.map(({ event }) => event.type)).toEqual(['UserRoleChanged', 'SignInTeamsChanged']);
    expect(new Set(types.map(({ metadata }) => metadata.commandId)).size).toBe(1);
    expect(types.at(-1)!.position).toBe(position);
  });
});
