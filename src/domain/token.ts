import type { Decider } from './decider.js';
import type { TokenEvent } from './events.js';
import type { ClaimId, Instant, TokenId } from './identifiers.js';
import { Rejection } from './rejection.js';

export type TokenState =
  | { readonly status: 'absent' | 'revoked' }
  | {
      readonly status: 'issued';
      readonly tokenId: TokenId;
      readonly claimId: ClaimId;
      readonly name: string;
    };

export type TokenCommand =
  | {
      readonly type: 'Issue';
      readonly tokenId: TokenId;
      readonly claimId: ClaimId;
      readonly name: string;
      /** SHA-256 of the secret, hexadecimal. */
      readonly hash: string;
      readonly expiresAt: Instant | null;
      readonly now: Instant;
    }
  | { readonly type: 'Revoke' }
  | { readonly type: 'FenceClaim'; readonly claimId: ClaimId };

function decide(command: TokenCommand, state: TokenState): readonly TokenEvent[] {
  switch (command.type) {
    case 'Issue': {
      const { tokenId, claimId, name, hash, expiresAt, now } = command;
      if (expiresAt !== null && expiresAt <= now) {
        throw new Rejection('token-expiry-in-the-past', { found: expiresAt, now });
      }
      return [{ type: 'TokenIssued', tokenId, name, hash, expiresAt, claimId }];
    }
    case 'Revoke':
      if (state.status === 'absent') throw new Rejection('token-unknown');
      return state.status === 'issued' ? [{ type: 'TokenRevoked', tokenId: state.tokenId }] : [];
    case 'FenceClaim':
      return [{ type: 'ClaimFenced', claimId: command.claimId }];
  }
}

function evolve(state: TokenState, event: TokenEvent): TokenState {
  switch (event.type) {
    case 'TokenIssued':
      return {
        status: 'issued',
        tokenId: event.tokenId,
        claimId: event.claimId,
        name: event.name,
      };
    case 'TokenRevoked':
      return { status: 'revoked' };
    case 'ClaimFenced':
      return state;
  }
}

export const token: Decider<TokenState, TokenCommand, TokenEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
