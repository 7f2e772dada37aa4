import type { TokenEvent } from '../../src/domain/events.js';
import { token } from '../../src/domain/token.js';
import { firstClaim, oktaToken as tokenId, secondClaim, tokenIssued } from './facts.js';
import { given, stateAfter } from './specification.js';

const revoked: TokenEvent = { type: 'TokenRevoked', tokenId };
const now = '2026-11-22T12:00:00.000Z';
const issue = (expiresAt: string | null) => {
  const { name, hash } = tokenIssued;
  return { type: 'Issue', tokenId, claimId: firstClaim, name, hash, expiresAt, now } as const;
};

describe('a token', () => {
  it('is issued without end', () => {
    given(token).when(issue(null)).then([tokenIssued]);
  });

  it('is issued until a millisecond from now', () => {
    const expiresAt = '2026-11-22T12:00:00.001Z';
    given(token)
      .when(issue(expiresAt))
      .then([{ ...tokenIssued, expiresAt }]);
  });

  it.each([now, '2026-11-22T11:59:59.999Z'])(
    'cannot expire at %s, when it is 12:00',
    (expiresAt) => {
      given(token)
        .when(issue(expiresAt))
        .thenRejects('token-expiry-in-the-past', { found: expiresAt, now });
    },
  );

  it('is revoked', () => {
    given(token, [tokenIssued]).when({ type: 'Revoke' }).then([revoked]);
  });

  it('revoking it again appends nothing', () => {
    given(token, [tokenIssued, revoked]).when({ type: 'Revoke' }).thenNothing();
  });

  it('a token that was never issued cannot be revoked', () => {
    given(token).when({ type: 'Revoke' }).thenRejects('token-unknown');
  });

  it('has a claim fenced, which changes nothing else', () => {
    const fenced: TokenEvent = { type: 'ClaimFenced', claimId: secondClaim };
    given(token).when({ type: 'FenceClaim', claimId: secondClaim }).then([fenced]);
    expect(stateAfter(token, [tokenIssued, fenced])).toEqual(stateAfter(token, [tokenIssued]));
  });
});
