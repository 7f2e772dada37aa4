import type { Decider } from './decider.js';
import type { SeatsEvent } from './events.js';
import type { OrganizationId, UserId } from './identifiers.js';
import { MemberSet } from './member-set.js';
import { Rejection } from './rejection.js';

/** The most ids in one SeatsCounted: keeps an event under every store's size limit. */
const USERS_PER_EVENT = 5_000;

export interface SeatsState {
  /** The active users. */
  readonly taken: MemberSet;
  /** The limit that was counted for: the revision of the organization's stream at which it came to be. */
  readonly since: number | null;
}

export type SeatsCommand =
  | {
      readonly type: 'Count';
      readonly organization: OrganizationId;
      readonly users: readonly UserId[];
      readonly since: number;
    }
  | {
      readonly type: 'Take';
      readonly organization: OrganizationId;
      readonly userId: UserId;
      readonly limit: number;
    }
  | { readonly type: 'Release'; readonly organization: OrganizationId; readonly userId: UserId };

/** @throws Rejection seat-limit-reached */
function decide(
  command: SeatsCommand,
  { taken, since: counted }: SeatsState,
): readonly SeatsEvent[] {
  const { organization } = command;
  switch (command.type) {
    case 'Count': {
      const { users, since } = command;
      if (since === counted) return [];
      return inParts(users).map((part) => ({
        type: 'SeatsCounted',
        organization,
        users: part,
        since,
      }));
    }
    case 'Take': {
      const { userId, limit } = command;
      if (taken.has(userId)) return [];
      if (taken.size >= limit) throw new Rejection('seat-limit-reached', { limit: String(limit) });
      return [{ type: 'SeatTaken', organization, userId }];
    }
    case 'Release': {
      const { userId } = command;
      return taken.has(userId) ? [{ type: 'SeatReleased', organization, userId }] : [];
    }
  }
}

/** At least one, which may be empty. */
function inParts(users: readonly UserId[]): readonly (readonly UserId[])[] {
  const parts: (readonly UserId[])[] = [users.slice(0, USERS_PER_EVENT)];
  for (let next = USERS_PER_EVENT; next < users.length; next += USERS_PER_EVENT) {
    parts.push(users.slice(next, next + USERS_PER_EVENT));
  }
  return parts;
}

function evolve(state: SeatsState, event: SeatsEvent): SeatsState {
  switch (event.type) {
    case 'SeatsCounted': {
      const others = event.since === state.since ? state.taken : MemberSet.empty;
      return { taken: others.with(event.users, []), since: event.since };
    }
    case 'SeatTaken':
      return { ...state, taken: state.taken.with([event.userId], []) };
    case 'SeatReleased':
      return { ...state, taken: state.taken.with([], [event.userId]) };
  }
}

/** Who takes a seat while an organization limits them: one stream, so that no two take the last one. */
export const seats: Decider<SeatsState, SeatsCommand, SeatsEvent> = {
  initial: { taken: MemberSet.empty, since: null },
  decide,
  evolve,
};
