import { claim, type ClaimName } from '../../src/domain/claim.js';
import type { ClaimEvent } from '../../src/domain/events.js';
import { firstClaim, secondClaim } from './facts.js';
import { given, stateAfter } from './specification.js';

const claimed: ClaimEvent = {
  type: 'NameClaimed',
  kind: 'userName',
  claimId: firstClaim,
  owner: 'user-1',
};
const take = (stale: ClaimName['stale'], owner = 'user-2'): ClaimName => ({
  type: 'Claim',
  kind: 'userName',
  claimId: secondClaim,
  owner,
  stale,
});
const taken: ClaimEvent = { ...claimed, claimId: secondClaim, owner: 'user-2' };

describe('a name', () => {
  it('that is free is claimed', () => {
    given(claim).when(take(null)).then([taken]);
  });

  it('that is held is refused to others', () => {
    given(claim, [claimed]).when(take(null)).thenRejects('name-already-claimed', {
      kind: 'userName',
    });
  });

  it('that is held is refused to its owner too: each assignment is a claim of its own', () => {
    given(claim, [claimed]).when(take(null, 'user-1')).thenRejects('name-already-claimed');
  });

  it('is taken from the claim that was found stale', () => {
    given(claim, [claimed]).when(take(firstClaim)).then([taken]);
  });

  it('is not taken from a newer claim than the one that was found stale', () => {
    given(claim, [claimed, taken])
      .when({ ...take(firstClaim, 'user-3') })
      .thenRejects('name-already-claimed');
  });

  it('points to its last owner', () => {
    const { type: _, ...held } = taken;
    expect(stateAfter(claim, [claimed, taken])).toEqual({ status: 'held', ...held });
  });
});
