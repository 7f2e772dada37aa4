import type { SafeguardEvent } from '../../src/domain/events.js';
import type { UserId } from '../../src/domain/identifiers.js';
import { exceedsLimit, safeguard } from '../../src/domain/safeguard.js';
import { acme, ada } from './facts.js';
import { given, recordedAt, stateAfter } from './specification.js';

const counted = (users: number, userId = ada): SafeguardEvent => ({
  type: 'RemovalCounted',
  organization: acme,
  userId,
  users,
});
const somebody = (number: number) => `user-${number}` as UserId;
const paused = (removed: number, users: number): SafeguardEvent => ({
  type: 'RemovalsPaused',
  organization: acme,
  removed,
  users,
});
const resumed: SafeguardEvent = { type: 'RemovalsResumed', organization: acme };
/** So many users were deleted out of these. */
const deletions = (count: number, of: number): SafeguardEvent[] =>
  Array.from({ length: count }, (_, i) => counted(of - i, somebody(i)));
const deactivations = (count: number, of: number): SafeguardEvent[] =>
  Array.from({ length: count }, (_, i) => counted(of, somebody(i)));

/** Right after the last event, or so many minutes later. */
const now = (minutesLater = 0) =>
  new Date(Date.parse(recordedAt(100).occurredAt) + minutesLater * 60_000).toISOString();
const removal = (users: number, limit: number, at = now()) =>
  ({ type: 'CountRemoval', organization: acme, userId: ada, users, limit, now: at }) as const;

describe('the safeguard against mass removals', () => {
  it.each([
    { of: 100, limit: 10, before: 0 },
    { of: 100, limit: 10, before: 9 },
    { of: 3, limit: 10, before: 0 },
    { of: 100, limit: 50, before: 49 },
    { of: 100, limit: 100, before: 99 },
  ])('counts a removal after $before, of $of, under $limit %', ({ of, limit, before }) => {
    given(safeguard, deletions(before, of))
      .when(removal(of - before, limit))
      .then([counted(of - before)]);
    given(safeguard, deactivations(before, of))
      .when(removal(of, limit))
      .then([counted(of)]);
  });

  it.each([
    { of: 100, limit: 10, before: 10 },
    { of: 3, limit: 10, before: 1 },
    { of: 100, limit: 50, before: 50 },
    { of: 100, limit: 1, before: 1 },
  ])('refuses one after $before, of $of, under $limit %', ({ of, limit, before }) => {
    given(safeguard, deletions(before, of))
      .when(removal(of - before, limit))
      .thenRejects('removals-paused');
    given(safeguard, deactivations(before, of))
      .when(removal(of, limit))
      .thenRejects('removals-paused');
    const state = stateAfter(safeguard, deletions(before, of));
    expect(exceedsLimit(state, removal(of - before, limit))).toBe(true);
  });

  it('counts who is deactivated and then deleted once within the hour', () => {
    const history = deletions(10, 100);
    const again = { ...removal(90, 10), userId: somebody(0) };
    given(safeguard, history).when(again).thenNothing();
    expect(exceedsLimit(stateAfter(safeguard, history), again)).toBe(false);
    given(safeguard, history)
      .when({ ...again, now: now(61) })
      .then([counted(90, somebody(0))]);
    given(safeguard, [...history, paused(10, 100)])
      .when(again)
      .thenRejects('removals-paused');
  });

  it('forgets what is longer ago than an hour', () => {
    given(safeguard, deletions(10, 100))
      .when(removal(90, 10, now(59)))
      .thenRejects('removals-paused');
    given(safeguard, deletions(10, 100))
      .when(removal(90, 10, now(61)))
      .then([counted(90)]);
  });

  it('pauses, once, and says of how many how many were removed', () => {
    const pause = { type: 'Pause', organization: acme, users: 90, now: now() } as const;
    given(safeguard, deletions(10, 100))
      .when(pause)
      .then([paused(10, 100)]);
    given(safeguard, [...deletions(10, 100), paused(10, 100)])
      .when(pause)
      .thenNothing();
  });

  it('lets nobody be removed while it pauses, however long', () => {
    given(safeguard, [counted(2), paused(1, 2)])
      .when(removal(1_000, 100, now(600)))
      .thenRejects('removals-paused');
  });

  it('is resumed, and counts anew', () => {
    const history = [...deletions(10, 100), paused(10, 100)];
    given(safeguard, history).when({ type: 'Resume', organization: acme }).then([resumed]);
    given(safeguard, [...history, resumed])
      .when(removal(90, 10))
      .then([counted(90)]);
  });

  it('is not resumed when it does not pause', () => {
    given(safeguard, deletions(3, 100)).when({ type: 'Resume', organization: acme }).thenNothing();
  });
});
