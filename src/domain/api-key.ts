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

function decide(command: IssueApiKey, state: ApiKeyState): readonly ApiKeyEvent[] {
  const { keyId, name, hash } = command;
  return state.status === 'absent' ? [{ type: 'ApiKeyIssued', keyId, name, hash }] : [];
}

function evolve(_state: ApiKeyState, event: ApiKeyEvent): ApiKeyState {
  return { status: event.type === 'ApiKeyIssued' ? 'issued' : 'revoked' };
}

export const apiKey: Decider<ApiKeyState, IssueApiKey, ApiKeyEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
