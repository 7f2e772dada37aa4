import type { Decider, Recorded } from './decider.js';
import { sameJson } from './equality.js';
import type { UserEvent, UserProfileChanged } from './events.js';
import type { ClaimId, Instant, JsonObject, JsonValue, UserId } from './identifiers.js';
import { Rejection } from './rejection.js';

export interface ProvisionedUser {
  readonly status: 'provisioned';
  readonly userId: UserId;
  readonly claimId: ClaimId;
  readonly userName: string;
  readonly active: boolean;
  /** Every other attribute that the client may write. */
  readonly profile: JsonObject;
  /** Revision of the last event that changed what is seen of the user. */
  readonly version: number;
  readonly createdAt: Instant;
  readonly modifiedAt: Instant;
}

export type UserState = { readonly status: 'absent' | 'deleted' } | ProvisionedUser;

/** The whole state that a statement of the identity provider describes. */
export interface StatedUser {
  readonly userName: string;
  readonly active: boolean;
  readonly profile: JsonObject;
}

export type UserCommand =
  | {
      readonly type: 'Provision';
      readonly userId: UserId;
      readonly claimId: ClaimId;
      readonly stated: StatedUser;
    }
  /** `claimId` is the claim of the stated userName: the present one unless the name is another. */
  | { readonly type: 'Synchronize'; readonly claimId: ClaimId; readonly stated: StatedUser }
  | { readonly type: 'Delete' }
  | { readonly type: 'FenceClaim'; readonly claimId: ClaimId };

/** @throws Rejection user-unknown */
export function requireUser(state: UserState): ProvisionedUser {
  if (state.status !== 'provisioned') throw new Rejection('user-unknown');
  return state;
}

function decide(command: UserCommand, state: UserState): readonly UserEvent[] {
  switch (command.type) {
    case 'Provision':
      return provision(command);
    case 'Synchronize':
      return synchronize(requireUser(state), command.claimId, command.stated);
    case 'Delete':
      return [{ type: 'UserDeleted', userId: requireUser(state).userId }];
    case 'FenceClaim':
      return [{ type: 'ClaimFenced', claimId: command.claimId }];
  }
}

function provision(command: Extract<UserCommand, { type: 'Provision' }>): readonly UserEvent[] {
  const { userId, claimId, stated } = command;
  const { userName, active, profile } = stated;
  return [{ type: 'UserProvisioned', userId, active, claimId, personal: { userName, profile } }];
}

function synchronize(
  user: ProvisionedUser,
  claimId: ClaimId,
  stated: StatedUser,
): readonly UserEvent[] {
  const { userId } = user;
  const events: UserEvent[] = [];
  if (stated.userName !== user.userName) {
    const { userName } = stated;
    events.push({ type: 'UserRenamed', userId, claimId, personal: { userName } });
  }
  const personal = profileChange(user.profile, stated.profile);
  if (personal) events.push({ type: 'UserProfileChanged', userId, personal });
  if (stated.active !== user.active) {
    events.push({ type: stated.active ? 'UserReactivated' : 'UserDeactivated', userId });
  }
  return events;
}

function profileChange(
  before: JsonObject,
  after: JsonObject,
): UserProfileChanged['personal'] | undefined {
  const set: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(after)) {
    if (!sameJson(before[name], value)) set[name] = value;
  }
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return removed.length > 0 || Object.keys(set).length > 0 ? { set, removed } : undefined;
}

function evolve(state: UserState, event: UserEvent, recorded: Recorded): UserState {
  if (event.type === 'UserProvisioned') {
    const { userId, active, claimId, personal } = event;
    return {
      status: 'provisioned',
      userId,
      claimId,
      active,
      userName: personal.userName,
      profile: personal.profile,
      version: recorded.revision,
      createdAt: recorded.occurredAt,
      modifiedAt: recorded.occurredAt,
    };
  }
  if (event.type === 'ClaimFenced' || state.status !== 'provisioned') return state;
  const seen = { ...state, version: recorded.revision, modifiedAt: recorded.occurredAt };
  switch (event.type) {
    case 'UserRenamed':
      return { ...seen, userName: event.personal.userName, claimId: event.claimId };
    case 'UserProfileChanged':
      return { ...seen, profile: changedProfile(state.profile, event.personal) };
    case 'UserDeactivated':
      return { ...seen, active: false };
    case 'UserReactivated':
      return { ...seen, active: true };
    case 'UserDeleted':
      return { status: 'deleted' };
  }
}

/** The profile after a recorded change. */
export function changedProfile(
  profile: JsonObject,
  change: UserProfileChanged['personal'],
): JsonObject {
  const kept = Object.entries(profile).filter(([name]) => !change.removed.includes(name));
  return { ...Object.fromEntries(kept), ...change.set };
}

export const user: Decider<UserState, UserCommand, UserEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
