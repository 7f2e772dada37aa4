import type { Decider } from './decider.js';
import type { ApiKeyEvent } from './events.js';
import type { ApiKeyId } from './identifiers.js';

export type ApiKeyState = { readonly status: 'absent' | 'issued' | 'revoked' };

export interface IssueApiKey {
  readonly type: 'Issue';
  readonly keyId: ApiKeyId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
}

export interface RevokeApiKey {
  readonly type: 'Revoke';
  readonly keyId: ApiKeyId;
}

function decide(
  command: IssueApiKey | RevokeApiKey,
  { status }: ApiKeyState,
): readonly ApiKeyEvent[] {
  const { keyId } = command;
  if (command.type === 'Revoke') {
    return status === 'issued' ? [{ type: 'ApiKeyRevoked', keyId }] : [];
  }
  const { name, hash } = command;
  return status === 'issued' ? [] : [{ type: 'ApiKeyIssued', keyId, name, hash }];
}

function evolve(_state: ApiKeyState, event: ApiKeyEvent): ApiKeyState {
  return { status: event.type === 'ApiKeyIssued' ? 'issued' : 'revoked' };
}

export const apiKey: Decider<ApiKeyState, IssueApiKey | RevokeApiKey, ApiKeyEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
