import fc from 'fast-check';
import type { UserEvent } from '../../src/domain/events.js';
import type { JsonObject } from '../../src/domain/identifiers.js';
import { requireUser, user, type StatedUser } from '../../src/domain/user.js';
import { ada, firstClaim, secondClaim, userProvisioned } from './facts.js';
import { given, stateAfter } from './specification.js';

const stated = (change: Partial<StatedUser> = {}): StatedUser => ({
  userName: 'ada',
  active: true,
  profile: {},
  ...change,
});
const synchronize = (change: Partial<StatedUser> = {}, claimId = firstClaim) =>
  ({ type: 'Synchronize', claimId, stated: stated(change) }) as const;
const deleted: UserEvent = { type: 'UserDeleted', userId: ada };
const fenced: UserEvent = { type: 'ClaimFenced', claimId: secondClaim };

describe('a user', () => {
  it('is provisioned as stated, with all personal data in one field', () => {
    const profile = { title: 'Analyst' };
    given(user)
      .when({
        type: 'Provision',
        userId: ada,
        claimId: firstClaim,
        stated: stated({ active: false, profile }),
      })
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
    given(user, [userProvisioned()]).when({ type: 'Delete' }).then([deleted]);
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
    given(user, history).when({ type: 'Delete' }).thenRejects('user-unknown');
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
        const events = user.decide({ ...synchronize(after, secondClaim) }, state);
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
