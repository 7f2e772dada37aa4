import type { Decider } from './decider.js';
import type { ClaimEvent, NameKind } from './events.js';
import type { ClaimId } from './identifiers.js';
import { Rejection } from './rejection.js';

/** Who holds a unique name. The holder is a pointer: the owner's own stream says whether it is still true. */
export type ClaimState =
  | { readonly status: 'free' }
  | {
      readonly status: 'held';
      readonly kind: NameKind;
      readonly claimId: ClaimId;
      /** The stream of the owner. */
      readonly owner: string;
    };

/** Takes the name, from nobody or from the claim that was found stale. */
export interface ClaimName {
  readonly type: 'Claim';
  readonly kind: NameKind;
  readonly claimId: ClaimId;
  readonly owner: string;
  /** The claim whose owner does not hold the name and can no longer come to. */
  readonly stale: ClaimId | null;
}

function decide(command: ClaimName, state: ClaimState): readonly ClaimEvent[] {
  const { kind, claimId, owner, stale } = command;
  if (state.status === 'held' && state.claimId !== stale) {
    throw new Rejection('name-already-claimed', { kind });
  }
  return [{ type: 'NameClaimed', kind, claimId, owner }];
}

function evolve(_state: ClaimState, event: ClaimEvent): ClaimState {
  const { kind, claimId, owner } = event;
  return { status: 'held', kind, claimId, owner };
}

export const claim: Decider<ClaimState, ClaimName, ClaimEvent> = {
  initial: { status: 'free' },
  decide,
  evolve,
};
