import type { Decider } from './decider.js';
import type { OwnersEvent } from './events.js';
import type { OrganizationId, UserId } from './identifiers.js';

/** The active users of an organization whose role is that of an owner. */
export type OwnersState = ReadonlySet<UserId>;

/** Whether the user is an active owner from here on. */
export interface SetOwner {
  readonly type: 'SetOwner';
  readonly organization: OrganizationId;
  readonly userId: UserId;
  readonly owns: boolean;
}

/**
 * Whether nobody else is recorded as an owner: such an owner cannot be taken away. The ledger never names more owners
 * than there are: who is appointed enters it last, who is dismissed leaves it first.
 */
export const isLastOwner = (owners: OwnersState, userId: UserId): boolean =>
  owners.size === 0 || (owners.size === 1 && owners.has(userId));

function decide(
  { organization, userId, owns }: SetOwner,
  owners: OwnersState,
): readonly OwnersEvent[] {
  if (owners.has(userId) === owns) return [];
  return [{ type: owns ? 'OwnerAppointed' : 'OwnerDismissed', organization, userId }];
}

function evolve(owners: OwnersState, { type, userId }: OwnersEvent): OwnersState {
  return type === 'OwnerAppointed'
    ? new Set([...owners, userId])
    : new Set([...owners].filter((each) => each !== userId));
}

/** A stream of its own, written with every change of an owner: two owners cannot leave at the same moment. */
export const owners: Decider<OwnersState, SetOwner, OwnersEvent> = {
  initial: new Set(),
  decide,
  evolve,
};
