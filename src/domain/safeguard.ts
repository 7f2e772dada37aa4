import type { Decider, Recorded } from './decider.js';
import type { SafeguardEvent } from './events.js';
import type { Instant, OrganizationId, UserId } from './identifiers.js';
import { Rejection } from './rejection.js';

const WINDOW_MS = 3_600_000;

interface Removal {
  readonly userId: UserId;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** How many users there were. */
  readonly users: number;
}

export interface SafeguardState {
  /** The earliest first; those older than the window before the latest are left out. */
  readonly removals: readonly Removal[];
  readonly paused: boolean;
}

interface CountRemoval {
  readonly type: 'CountRemoval';
  readonly organization: OrganizationId;
  readonly userId: UserId;
  /** How many users there are now. */
  readonly users: number;
  /** In percent of the users that there were, at most, within the last hour. */
  readonly limit: number;
  readonly now: Instant;
}

export type SafeguardCommand =
  | CountRemoval
  | {
      readonly type: 'Pause';
      readonly organization: OrganizationId;
      readonly users: number;
      readonly now: Instant;
    }
  | { readonly type: 'Resume'; readonly organization: OrganizationId };

const within = (removals: readonly Removal[], now: number): readonly Removal[] =>
  removals.filter(({ at }) => at > now - WINDOW_MS);

/**
 * What the last hour's removals are to be compared with. Those who were deleted are not among the users any more, those
 * who were deactivated are: the greatest number tells how many there were before.
 */
function lately(
  { removals }: SafeguardState,
  users: number,
  now: Instant,
): { readonly removed: number; readonly of: number } {
  const recent = within(removals, Date.parse(now));
  const of = recent.reduce((most, each) => Math.max(most, each.users), users);
  return { removed: recent.length, of };
}

/** Whether the user was removed within the hour: who is deactivated and then deleted is one. */
const isCounted = (
  { removals }: SafeguardState,
  { userId, now }: Pick<CountRemoval, 'userId' | 'now'>,
): boolean => within(removals, Date.parse(now)).some((removal) => removal.userId === userId);

/** Whether one removal more is more than the limit allows within an hour. */
export function exceedsLimit(
  state: SafeguardState,
  removal: Pick<CountRemoval, 'userId' | 'users' | 'limit' | 'now'>,
): boolean {
  if (isCounted(state, removal)) return false;
  const { users, limit, now } = removal;
  const { removed, of } = lately(state, users, now);
  // One user may always go: one out of three is no mass.
  const allowed = Math.max(1, Math.floor((limit * of) / 100));
  return removed + 1 > allowed;
}

/** @throws Rejection removals-paused */
function decide(command: SafeguardCommand, state: SafeguardState): readonly SafeguardEvent[] {
  const { organization } = command;
  switch (command.type) {
    case 'CountRemoval': {
      const { userId, users } = command;
      if (!state.paused && isCounted(state, command)) return [];
      if (state.paused || exceedsLimit(state, command)) throw new Rejection('removals-paused');
      return [{ type: 'RemovalCounted', organization, userId, users }];
    }
    case 'Pause': {
      const { removed, of: users } = lately(state, command.users, command.now);
      return state.paused ? [] : [{ type: 'RemovalsPaused', organization, removed, users }];
    }
    case 'Resume':
      return state.paused ? [{ type: 'RemovalsResumed', organization }] : [];
  }
}

function evolve(
  state: SafeguardState,
  event: SafeguardEvent,
  { occurredAt }: Recorded,
): SafeguardState {
  switch (event.type) {
    case 'RemovalCounted': {
      const { userId, users } = event;
      const at = Date.parse(occurredAt);
      return { ...state, removals: [...within(state.removals, at), { userId, at, users }] };
    }
    case 'RemovalsPaused':
      return { ...state, paused: true };
    case 'RemovalsResumed':
      return { removals: [], paused: false };
  }
}

/** Stops an identity provider that removes users by the hundred until an administrator has looked. */
export const safeguard: Decider<SafeguardState, SafeguardCommand, SafeguardEvent> = {
  initial: { removals: [], paused: false },
  decide,
  evolve,
};
