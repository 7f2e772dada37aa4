import fc from 'fast-check';
import type { UserEvent } from '../../src/domain/events.js';
import type { JsonObject } from '../../src/domain/identifiers.js';
import type { Policies } from '../../src/domain/policies.js';
import type { RejectionReason } from '../../src/domain/rejection.js';
import {
  isOwner,
  isSynced,
  requireUser,
  user,
  type StatedUser,
  type UserCommand,
} from '../../src/domain/user.js';
import {
  ada,
  bob,
  engineering,
  firstClaim,
  organizationOf,
  secondClaim,
  userProvisioned,
} from './facts.js';
import { given, stateAfter } from './specification.js';

const stated = (change: Partial<StatedUser> = {}): StatedUser => ({
  userName: 'ada',
  active: true,
  profile: {},
  ...change,
});
type Synchronize = Extract<UserCommand, { readonly type: 'Synchronize' }>;
const synchronize = (
  change: Partial<StatedUser> = {},
  claimId = firstClaim,
  command: Partial<Synchronize> = {},
): Synchronize => ({
  type: 'Synchronize',
  organization: organizationOf(),
  claimId,
  stated: stated(change),
  about: 'all',
  matchedBy: 'id',
  lastOwner: false,
  ...command,
});
const provision = (change: Partial<StatedUser> = {}, policies: Partial<Policies> = {}) =>
  ({
    type: 'Provision',
    organization: organizationOf(policies),
    userId: ada,
    claimId: firstClaim,
    stated: stated(change),
    predecessorId: null,
  }) as const;
const register = (policies: Partial<Policies> = {}) =>
  ({
    type: 'Register',
    organization: organizationOf(policies),
    userId: ada,
    claimId: firstClaim,
    origin: 'manual',
    stated: stated(),
    role: null,
    predecessorId: null,
  }) as const;
const edit = (change: Partial<StatedUser> = {}, organization = organizationOf()) =>
  ({
    type: 'Edit',
    organization,
    claimId: firstClaim,
    stated: stated(change),
    lastOwner: false,
  }) as const;
const remove = (
  by: 'identity-provider' | 'administrator' = 'identity-provider',
  organization = organizationOf(),
) => ({ type: 'Delete', organization, by, lastOwner: false }) as const;

const registered: UserEvent = {
  type: 'UserRegistered',
  userId: ada,
  origin: 'manual',
  claimId: firstClaim,
  personal: { userName: 'ada', profile: {} },
};
const adopted: UserEvent = { type: 'UserAdopted', userId: ada, matchedBy: 'id' };
const deactivated: UserEvent = { type: 'UserDeactivated', userId: ada };
const left: UserEvent = { type: 'UserLeftOrganization', userId: ada };
const reactivated: UserEvent = { type: 'UserReactivated', userId: ada };
const roleChanged = (role: string, source: 'manual' | 'sign-in' = 'manual'): UserEvent => ({
  type: 'UserRoleChanged',
  userId: ada,
  role,
  source,
});
const overridden = (...attributes: string[]): UserEvent => ({
  type: 'UserOverridden',
  userId: ada,
  attributes,
});
const profileChanged = (set: JsonObject, removed: readonly string[] = []): UserEvent => ({
  type: 'UserProfileChanged',
  userId: ada,
  personal: { set, removed },
});
const deleted: UserEvent = { type: 'UserDeleted', userId: ada };
const fenced: UserEvent = { type: 'ClaimFenced', claimId: secondClaim };

describe('a user', () => {
  it('is provisioned as stated, with all personal data in one field', () => {
    const profile = { title: 'Analyst' };
    given(user)
      .when(provision({ active: false, profile }))
      .then([userProvisioned({ active: false, profile })]);
  });

  it('is renamed under the claim of its new name', () => {
    given(user, [userProvisioned()])
      .when(synchronize({ userName: 'lovelace' }, secondClaim))
      .then([
        {
          type: 'UserRenamed',
          userId: ada,
          claimId: secondClaim,
          personal: { userName: 'lovelace' },
        },
      ]);
  });

  it('takes another spelling of its name', () => {
    given(user, [userProvisioned()])
      .when(synchronize({ userName: 'Ada' }))
      .then([
        { type: 'UserRenamed', userId: ada, claimId: firstClaim, personal: { userName: 'Ada' } },
      ]);
  });

  it('records only the attributes that changed, whole, and the names of those that went', () => {
    const name = { givenName: 'Ada', familyName: 'King' };
    given(user, [userProvisioned({ profile: { title: 'Analyst', nickName: 'A', name } })])
      .when(synchronize({ profile: { title: 'Analyst', name: { ...name, familyName: 'Byron' } } }))
      .then([
        {
          type: 'UserProfileChanged',
          userId: ada,
          personal: {
            set: { name: { givenName: 'Ada', familyName: 'Byron' } },
            removed: ['nickName'],
          },
        },
      ]);
  });

  it.each([
    { from: true, to: false, type: 'UserDeactivated' as const },
    { from: false, to: true, type: 'UserReactivated' as const },
  ])('active from $from to $to is $type', ({ from, to, type }) => {
    given(user, [userProvisioned({ active: from })])
      .when(synchronize({ active: to }))
      .then([{ type, userId: ada }]);
  });

  it('is deleted', () => {
    given(user, [userProvisioned()]).when(remove()).then([deleted]);
  });

  it('has a claim fenced, whatever its state', () => {
    given(user).when({ type: 'FenceClaim', claimId: secondClaim }).then([fenced]);
  });

  it.each([
    { state: 'no', history: [] },
    { state: 'a fenced but never provisioned', history: [fenced] },
    { state: 'a deleted', history: [userProvisioned(), deleted] },
  ])('$state user cannot be synchronized', ({ history }) => {
    given(user, history).when(synchronize()).thenRejects('user-unknown');
  });

  it.each([
    { state: 'no', history: [] },
    { state: 'a deleted', history: [userProvisioned(), deleted] },
  ])('$state user cannot be deleted', ({ history }) => {
    given(user, history).when(remove()).thenRejects('user-unknown');
  });

  it('a fence changes nothing that is seen of the user', () => {
    const before = stateAfter(user, [userProvisioned()]);
    expect(stateAfter(user, [userProvisioned(), fenced])).toEqual(before);
  });

  it('its version is the revision of the last change, its modification time that of the same event', () => {
    const renamed: UserEvent = {
      type: 'UserRenamed',
      userId: ada,
      claimId: secondClaim,
      personal: { userName: 'lovelace' },
    };
    expect(stateAfter(user, [userProvisioned(), fenced, renamed])).toMatchObject({
      version: 2,
      createdAt: '2026-01-01T00:00:00.000Z',
      modifiedAt: '2026-01-01T00:00:00.002Z',
    });
  });
});

describe('a user whom the identity provider creates', () => {
  it('names the deleted user who bore its userName before', () => {
    given(user)
      .when({ ...provision(), predecessorId: bob })
      .then([userProvisioned(), { type: 'UserSucceeded', userId: ada, predecessorId: bob }]);
  });

  it.each([
    { onDeactivate: 'remove', follows: [left] },
    { onDeactivate: 'disable', follows: [] },
  ] as const)('inactive is what onDeactivate $onDeactivate says', ({ onDeactivate, follows }) => {
    given(user)
      .when(provision({ active: false }, { onDeactivate }))
      .then([userProvisioned({ active: false }), ...follows]);
  });

  it('is refused where the connection may not create', () => {
    const capabilities = { create: false, update: true, deactivate: true, groups: true };
    given(user)
      .when(provision({}, { capabilities }))
      .thenRejects('capability-off', { capability: 'create' });
  });

  it.each(['ada', 'ada@', '@example.com', 'a da@example.com', 'ada@a@b'])(
    'is refused as %j where userNames are e-mail addresses',
    (userName) => {
      given(user)
        .when(provision({ userName }, { userNameFormat: 'email', provider: 'okta' }))
        .thenRejects('user-name-not-an-email', { provider: 'okta' });
    },
  );

  it('bears an e-mail address where userNames are such', () => {
    given(user)
      .when(provision({ userName: 'ada@example.com' }, { userNameFormat: 'email' }))
      .then([userProvisioned({ userName: 'ada@example.com' })]);
  });
});

describe('a user who is registered', () => {
  it.each(['manual', 'api', 'sign-in'] as const)('is unsynced, and of origin %s', (origin) => {
    given(user)
      .when({ ...register(), origin })
      .then([{ ...registered, origin }]);
    const state = requireUser(stateAfter(user, [{ ...registered, origin }]));
    expect(state).toMatchObject({ origin, synced: false, active: true, role: null });
    expect(isSynced(state, organizationOf())).toBe(false);
  });

  it.each([
    { origin: 'manual', source: 'manual' },
    { origin: 'api', source: 'manual' },
    { origin: 'sign-in', source: 'sign-in' },
  ] as const)('by $origin has its role by $source', ({ origin, source }) => {
    given(user)
      .when({ ...register(), origin, role: 'owner', predecessorId: bob })
      .then([
        { ...registered, origin },
        { type: 'UserSucceeded', userId: ada, predecessorId: bob },
        roleChanged('owner', source),
      ]);
  });

  it.each(['manual', 'api'] as const)(
    'is refused by %s where only the identity provider adds users',
    (origin) => {
      given(user)
        .when({ ...register({ appCreatedUsers: 'refuse' }), origin })
        .thenRejects('managed-by-identity-provider', {
          policy: 'appCreatedUsers',
          value: 'refuse',
        });
    },
  );

  it('may come by a sign-in also there', () => {
    given(user)
      .when({ ...register({ appCreatedUsers: 'refuse' }), origin: 'sign-in' })
      .then([{ ...registered, origin: 'sign-in' }]);
  });

  it('may come by hand also there while SCIM is off', () => {
    const organization = { ...organizationOf({ appCreatedUsers: 'refuse' }), syncEnabled: false };
    given(user)
      .when({ ...register(), organization })
      .then([registered]);
  });
});

describe('a user whom the identity provider finds', () => {
  it.each(['id', 'userName', 'externalId', 'emails.value'] as const)(
    'by %s is adopted, and keeps what it is',
    (matchedBy) => {
      given(user, [registered])
        .when(synchronize({}, firstClaim, { matchedBy }))
        .then([{ ...adopted, matchedBy }]);
    },
  );

  it('is adopted once', () => {
    given(user, [registered, adopted]).when(synchronize()).thenNothing();
    expect(stateAfter(user, [registered, adopted])).toMatchObject({ synced: true });
  });

  it.each([
    { name: 'after', adoptedThrough: 1n, synced: false },
    { name: 'before', adoptedThrough: 2n, synced: true },
    { name: 'without', adoptedThrough: null, synced: false },
  ])('is synced: $synced when it came $name an adoption of all', ({ adoptedThrough, synced }) => {
    const organization = { ...organizationOf(), adoptedThrough };
    expect(isSynced(requireUser(stateAfter(user, [registered])), organization)).toBe(synced);
    given(user, [registered])
      .when(synchronize({}, firstClaim, { organization }))
      .then(synced ? [] : [adopted]);
  });

  const without = (...off: readonly string[]) => {
    const on = (name: string) => !off.includes(name);
    const capabilities = {
      create: on('create'),
      update: on('update'),
      deactivate: on('deactivate'),
      groups: on('groups'),
    };
    return organizationOf({ capabilities });
  };

  it.each([
    { change: 'a profile', by: 'id', stated: { profile: { title: 'A' } }, off: 'update' },
    { change: 'a name', by: 'id', stated: { userName: 'bob' }, off: 'update' },
    { change: 'nothing', by: 'userName', stated: {}, off: 'create' },
    { change: 'activity', by: 'id', stated: { active: false }, off: 'deactivate' },
  ] as const)('by $by, with $change stated, needs the ability to $off', ({ by, stated, off }) => {
    const command = (organization = without(off)) =>
      synchronize(stated, firstClaim, { organization, matchedBy: by });
    given(user, [registered]).when(command()).thenRejects('capability-off', { capability: off });
    const others = ['create', 'update', 'deactivate', 'groups'].filter((each) => each !== off);
    expect(
      user.decide(command(without(...others)), stateAfter(user, [registered])),
    ).not.toHaveLength(0);
  });

  it('is reactivated by either the ability to update or that to deactivate', () => {
    const history = [registered, adopted, deactivated];
    const command = (...off: readonly string[]) =>
      synchronize({ active: true }, firstClaim, { organization: without(...off) });
    given(user, history).when(command('update')).then([reactivated]);
    given(user, history).when(command('deactivate')).then([reactivated]);
    given(user, history)
      .when(command('update', 'deactivate'))
      .thenRejects('capability-off', { capability: 'update' });
  });

  it('is not renamed to what is no e-mail address where userNames are such', () => {
    const organization = organizationOf({ userNameFormat: 'email' });
    given(user, [userProvisioned()])
      .when(synchronize({ userName: 'bob' }, secondClaim, { organization }))
      .thenRejects('user-name-not-an-email', { provider: 'generic' });
  });

  it('keeps a userName that is none, from before', () => {
    const organization = organizationOf({ userNameFormat: 'email' });
    given(user, [userProvisioned()])
      .when(synchronize({}, firstClaim, { organization }))
      .thenNothing();
  });
});

describe('a user who is deactivated', () => {
  const leaving = organizationOf({ onDeactivate: 'remove' });

  it.each([
    { by: 'the identity provider', command: synchronize({ active: false }) },
    { by: 'an administrator', command: edit({ active: false }) },
  ])('by $by stays in the organization under onDeactivate disable', ({ command }) => {
    given(user, [userProvisioned()])
      .when(command)
      .then(command.type === 'Edit' ? [deactivated, overridden('active')] : [deactivated]);
  });

  it.each([
    {
      by: 'the identity provider',
      command: synchronize({ active: false }, firstClaim, { organization: leaving }),
    },
    {
      by: 'an administrator',
      command: edit({ active: false }, { ...leaving, syncEnabled: false }),
    },
  ])('by $by leaves it under onDeactivate remove', ({ command }) => {
    given(user, [userProvisioned()]).when(command).then([deactivated, left]);
  });

  it('comes back with what it had', () => {
    const history = [userProvisioned(), roleChanged('analyst'), deactivated, left];
    given(user, history).when(synchronize()).then([reactivated]);
    expect(stateAfter(user, [...history, reactivated])).toMatchObject({
      active: true,
      role: 'analyst',
    });
  });

  const protectedUsers: readonly {
    who: string;
    policies: Partial<Policies>;
    lastOwner: boolean;
    protection: string;
  }[] = [
    { who: 'the last owner', policies: {}, lastOwner: true, protection: 'last-owner' },
    {
      who: 'a break-glass user',
      policies: { breakGlassUsers: [ada] },
      lastOwner: false,
      protection: 'break-glass',
    },
    {
      who: 'a break-glass user who is the last owner',
      policies: { breakGlassUsers: [ada] },
      lastOwner: true,
      protection: 'break-glass',
    },
  ];

  it.each(protectedUsers)('by the identity provider is not $who', (each) => {
    const organization = organizationOf(each.policies);
    const { protection, lastOwner } = each;
    given(user, [userProvisioned()])
      .when(synchronize({ active: false }, firstClaim, { organization, lastOwner }))
      .thenRejects('protected-user', { protection });
    given(user, [userProvisioned()])
      .when({ ...remove('identity-provider', organization), lastOwner })
      .thenRejects('protected-user', { protection });
  });

  it('by an administrator is not the last owner, but may be a break-glass user', () => {
    const organization = organizationOf({ breakGlassUsers: [ada], manualDelete: 'allow' });
    given(user, [userProvisioned()])
      .when({ ...edit({ active: false }, organization), lastOwner: true })
      .thenRejects('protected-user', { protection: 'last-owner' });
    given(user, [userProvisioned()])
      .when({ ...remove('administrator', organization), lastOwner: true })
      .thenRejects('protected-user', { protection: 'last-owner' });
    given(user, [userProvisioned()]).when(remove('administrator', organization)).then([deleted]);
  });

  it('may otherwise change in everything, being the last owner', () => {
    given(user, [userProvisioned()])
      .when(synchronize({ profile: { title: 'A' } }, firstClaim, { lastOwner: true }))
      .then([profileChanged({ title: 'A' })]);
  });
});

describe('a user whom an administrator changes', () => {
  const title = { profile: { title: 'A' } };

  it('is unsynced: nothing is overridden', () => {
    given(user, [registered])
      .when(edit(title))
      .then([profileChanged({ title: 'A' })]);
  });

  it('is synced: the attributes are marked, each once', () => {
    given(user, [userProvisioned()])
      .when(edit(title))
      .then([profileChanged({ title: 'A' }), overridden('title')]);
    given(user, [userProvisioned(), profileChanged({ title: 'B' }), overridden('title')])
      .when(edit({ profile: { title: 'A', nickName: 'C' } }))
      .then([profileChanged({ title: 'A', nickName: 'C' }), overridden('nickName')]);
  });

  it('is synced: a change of its name, its activity and what it loses are marked too', () => {
    given(user, [userProvisioned({ profile: { title: 'A' } })])
      .when(edit({ userName: 'Ada', active: false }))
      .then([
        { type: 'UserRenamed', userId: ada, claimId: firstClaim, personal: { userName: 'Ada' } },
        profileChanged({}, ['title']),
        deactivated,
        overridden('userName', 'active', 'title'),
      ]);
  });

  const locked = organizationOf({
    manualUpdates: { users: 'locked', teams: 'warn', memberships: 'warn' },
  });

  it('is refused while it is locked', () => {
    given(user, [userProvisioned()])
      .when(edit(title, locked))
      .thenRejects('managed-by-identity-provider', {
        policy: 'manualUpdates.users',
        value: 'locked',
      });
  });

  it.each([
    { name: 'nothing is changed', history: [userProvisioned()], change: {}, on: locked },
    { name: 'it is unsynced', history: [registered], change: title, on: locked },
    {
      name: 'SCIM is off',
      history: [userProvisioned()],
      change: title,
      on: { ...locked, syncEnabled: false },
    },
  ])('is allowed when $name, and marks nothing', ({ history, change, on }) => {
    const events = user.decide(edit(change, on), stateAfter(user, history));
    expect(events.map(({ type }) => type)).toEqual(change === title ? ['UserProfileChanged'] : []);
  });

  it.each([
    { name: 'all of it', about: 'all' as const, replaced: ['title', 'nickName'] },
    { name: 'one attribute', about: ['title'], replaced: ['title'] },
    { name: 'another attribute', about: ['emails'], replaced: [] },
  ])('is restated by the identity provider, $name: its statement stands', ({ about, replaced }) => {
    const history = [userProvisioned(), overridden('title', 'nickName')];
    given(user, history)
      .when(synchronize({}, firstClaim, { about }))
      .then(
        replaced.length === 0
          ? []
          : [{ type: 'UserOverridesReplaced', userId: ada, attributes: replaced }],
      );
  });

  it('has no override any more after it was replaced', () => {
    const replaced: UserEvent = {
      type: 'UserOverridesReplaced',
      userId: ada,
      attributes: ['title'],
    };
    expect(
      stateAfter(user, [userProvisioned(), overridden('title', 'nickName'), replaced]),
    ).toMatchObject({ overrides: ['nickName'] });
  });
});

describe('a user whom an administrator deletes', () => {
  it.each([
    { name: 'unsynced', history: [registered], manualDelete: 'refuse', allowed: true },
    { name: 'synced', history: [userProvisioned()], manualDelete: 'allow', allowed: true },
    { name: 'synced', history: [userProvisioned()], manualDelete: 'refuse', allowed: false },
  ] as const)('and who is $name goes under manualDelete $manualDelete: $allowed', (each) => {
    const organization = organizationOf({ manualDelete: each.manualDelete });
    const decision = given(user, each.history).when(remove('administrator', organization));
    if (each.allowed) return decision.then([deleted]);
    return decision.thenRejects('managed-by-identity-provider', {
      policy: 'manualDelete',
      value: 'refuse',
    });
  });

  it('goes while SCIM is off, whatever the policy', () => {
    const organization = { ...organizationOf({ manualDelete: 'refuse' }), syncEnabled: false };
    given(user, [userProvisioned()]).when(remove('administrator', organization)).then([deleted]);
  });

  it('is not refused for what the connection may do', () => {
    const capabilities = { create: true, update: true, deactivate: false, groups: true };
    const organization = organizationOf({ capabilities, manualDelete: 'allow' });
    given(user, [userProvisioned()]).when(remove('administrator', organization)).then([deleted]);
    given(user, [userProvisioned()])
      .when(remove('identity-provider', organization))
      .thenRejects('capability-off', { capability: 'deactivate' });
  });
});

describe("a user's role", () => {
  const change = (role: string, lastOwner = false) =>
    ({ type: 'ChangeRole', role, source: 'manual', lastOwner }) as const;

  it.each(['owner', 'member'])('becomes %s', (role) => {
    given(user, [registered])
      .when(change(role))
      .then([roleChanged(role)]);
  });

  it('that it has is not recorded again', () => {
    given(user, [registered, roleChanged('analyst')])
      .when(change('analyst'))
      .thenNothing();
  });

  it('is not taken from the last owner', () => {
    given(user, [registered, roleChanged('owner')])
      .when(change('member', true))
      .thenRejects('protected-user', { protection: 'last-owner' });
  });

  it('may be spelled anew for the last owner', () => {
    given(user, [registered, roleChanged('owner')])
      .when(change('Owner', true))
      .then([roleChanged('Owner')]);
  });

  it.each([
    { name: 'nobody', history: [], owns: false },
    { name: 'a user without a role', history: [registered], owns: false },
    { name: 'an admin', history: [registered, roleChanged('admin')], owns: false },
    { name: 'an owner', history: [registered, roleChanged('Owner')], owns: true },
    {
      name: 'a deactivated owner',
      history: [registered, roleChanged('owner'), deactivated],
      owns: false,
    },
  ])('makes $name an owner: $owns', ({ history, owns }) => {
    expect(isOwner(stateAfter(user, history))).toBe(owns);
  });
});

describe('teams by sign-in', () => {
  const other = '00000000-0000-7000-8000-0000000000aa' as typeof engineering;
  const joined = (teams: readonly (typeof engineering)[], era: number): UserEvent => ({
    type: 'SignInTeamsChanged',
    userId: ada,
    teams,
    era,
  });
  const join = (teams: readonly (typeof engineering)[], era = 1) =>
    ({ type: 'JoinBySignIn', teams, era }) as const;

  it('are recorded whole, each once, in one order', () => {
    given(user, [registered])
      .when(join([engineering, other, engineering]))
      .then([joined([other, engineering], 1)]);
  });

  it.each([
    { name: 'the same', history: [joined([other, engineering], 1)], teams: [engineering, other] },
    { name: 'none, of who had none', history: [], teams: [] },
    { name: 'none, of who had some in another era', history: [joined([other], 1)], era: 2 },
  ])('are not recorded when they are $name', ({ history, teams = [], era = 1 }) => {
    given(user, [registered, ...history])
      .when(join(teams, era))
      .thenNothing();
  });

  it.each([
    { name: 'others', teams: [engineering], era: 1 },
    { name: 'none any more', teams: [], era: 1 },
    { name: 'the same, in a new era', teams: [other], era: 2 },
  ])('are recorded when they are $name', ({ teams, era }) => {
    given(user, [registered, joined([other], 1)])
      .when(join(teams, era))
      .then([joined(teams, era)]);
  });
});

describe('nobody', () => {
  const commands: readonly UserCommand[] = [
    edit(),
    { type: 'ChangeRole', role: 'owner', source: 'manual', lastOwner: false },
    { type: 'JoinBySignIn', teams: [], era: 1 },
    remove('administrator'),
  ];
  it.each(commands)('takes no $type', (command) => {
    const unknown: RejectionReason = 'user-unknown';
    given(user).when(command).thenRejects(unknown);
    given(user, [registered, deleted]).when(command).thenRejects(unknown);
  });
});

const profile = fc.dictionary(
  fc.constantFrom('title', 'name', 'emails', 'urn:x:User', 'constructor', 'toString'),
  fc.jsonValue({ maxDepth: 2 }),
  { noNullPrototype: true },
) as fc.Arbitrary<JsonObject>;
const anyStated = fc.record({
  userName: fc.constantFrom('ada', 'Ada', 'ADA', 'bob'),
  active: fc.boolean(),
  profile,
});

describe('laws of a user', () => {
  it('a statement makes the user what it states', () => {
    fc.assert(
      fc.property(anyStated, anyStated, (before, after) => {
        const history = [userProvisioned(before)];
        const state = stateAfter(user, history);
        const events = user.decide(synchronize(after, secondClaim), state);
        expect(requireUser(stateAfter(user, [...history, ...events]))).toMatchObject({
          active: after.active,
          userName: after.userName,
        });
        expect(requireUser(stateAfter(user, [...history, ...events])).profile).toEqual(
          after.profile,
        );
      }),
    );
  });

  it('the same statement again appends nothing', () => {
    fc.assert(
      fc.property(anyStated, anyStated, (before, after) => {
        const history = [userProvisioned(before)];
        const command = synchronize(after, secondClaim);
        const events = user.decide(command, stateAfter(user, history));
        expect(user.decide(command, stateAfter(user, [...history, ...events]))).toEqual([]);
      }),
    );
  });
});
