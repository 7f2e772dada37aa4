import type { SeatsEvent } from '../../src/domain/events.js';
import type { UserId } from '../../src/domain/identifiers.js';
import { seats } from '../../src/domain/seats.js';
import { acme, ada, bob } from './facts.js';
import { given, stateAfter } from './specification.js';

const counted = (users: readonly UserId[], since = 1): SeatsEvent => ({
  type: 'SeatsCounted',
  organization: acme,
  users,
  since,
});
const taken = (userId = ada): SeatsEvent => ({ type: 'SeatTaken', organization: acme, userId });
const released = (userId = ada): SeatsEvent => ({
  type: 'SeatReleased',
  organization: acme,
  userId,
});
const take = (limit: number) => ({ type: 'Take', organization: acme, userId: ada, limit }) as const;
const release = { type: 'Release', organization: acme, userId: ada } as const;
const count = (users: readonly UserId[], since: number) =>
  ({ type: 'Count', organization: acme, users, since }) as const;

const takenAfter = (history: readonly SeatsEvent[]) =>
  [...stateAfter(seats, history).taken].toSorted();

describe('a seat', () => {
  it.each([
    { name: 'the first', history: [counted([])] },
    { name: 'the last', history: [counted([bob])] },
    { name: 'one that became free', history: [counted([ada, bob]), released()] },
  ])('is taken, $name of two', ({ history }) => {
    given(seats, history).when(take(2)).then([taken()]);
  });

  it.each([
    { name: 'all are taken', history: [counted([bob])], limit: 1 },
    { name: 'the limit was lowered', history: [counted([bob]), taken('x' as UserId)], limit: 1 },
  ])('is not taken when $name', ({ history, limit }) => {
    given(seats, history)
      .when(take(limit))
      .thenRejects('seat-limit-reached', { limit: String(limit) });
  });

  it('is taken once, also when all are', () => {
    given(seats, [counted([ada])])
      .when(take(1))
      .thenNothing();
  });

  it('is given back, once', () => {
    given(seats, [counted([]), taken()])
      .when(release)
      .then([released()]);
    given(seats, [counted([]), taken(), released()])
      .when(release)
      .thenNothing();
  });
});

describe('the count of seats', () => {
  it('says who takes one, for the limit of that time', () => {
    given(seats)
      .when(count([ada, bob], 3))
      .then([counted([ada, bob], 3)]);
  });

  it('is made once for a limit', () => {
    given(seats, [counted([ada], 3), taken(bob)])
      .when(count([], 3))
      .thenNothing();
  });

  it('begins anew for another limit', () => {
    given(seats, [counted([ada], 3)])
      .when(count([bob], 7))
      .then([counted([bob], 7)]);
    expect(takenAfter([counted([ada], 3), taken(), counted([bob], 7)])).toEqual([bob]);
  });

  it('of more than 5,000 has parts, which are one count', () => {
    const users = Array.from({ length: 12_000 }, (_, i) => `user-${i}` as UserId);
    const events = seats.decide(count(users, 3), seats.initial);
    expect(events.map((event) => event.type === 'SeatsCounted' && event.users.length)).toEqual([
      5_000, 5_000, 2_000,
    ]);
    expect(takenAfter([counted([ada], 1), ...events])).toEqual(users.toSorted());
  });
});
