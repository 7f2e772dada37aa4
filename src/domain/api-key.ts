import type { Decider } from './decider.js';
import type { ApiKeyEvent, ApiKeyRole } from './events.js';
import type { ApiKeyId, Instant, OrganizationId } from './identifiers.js';

/** Of the whole installation: a key of one organization cannot have these roles. */
type InstallationRole = Extract<ApiKeyRole, 'owner' | 'operator'>;

/** What a key may do, and where; `organization` is the only one that the key opens, null: every one. */
export type ApiKeyScope =
  | { readonly role: InstallationRole; readonly organization: null }
  | {
      readonly role: Exclude<ApiKeyRole, InstallationRole>;
      readonly organization: OrganizationId | null;
    };

export type ApiKeyState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'issued' | 'revoked';
      readonly role: ApiKeyRole;
      readonly organization: OrganizationId | null;
      readonly issuedAt: Instant;
    };

export interface IssueApiKey {
  readonly type: 'Issue';
  readonly keyId: ApiKeyId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly scope: ApiKeyScope;
}

export interface RevokeApiKey {
  readonly type: 'Revoke';
  readonly keyId: ApiKeyId;
}

function decide(command: IssueApiKey | RevokeApiKey, state: ApiKeyState): readonly ApiKeyEvent[] {
  const { keyId } = command;
  if (command.type === 'Revoke') {
    return state.status === 'issued' ? [{ type: 'ApiKeyRevoked', keyId }] : [];
  }
  const { name, hash, scope } = command;
  return mayBeIssued(state, scope) ? [{ type: 'ApiKeyIssued', keyId, name, hash, ...scope }] : [];
}

/** What a key opens never changes: one that leaked cannot come back as the key of an owner. */
function mayBeIssued(state: ApiKeyState, { role, organization }: ApiKeyScope): boolean {
  if (state.status !== 'revoked') return state.status === 'absent';
  return state.role === role && state.organization === organization;
}

function evolve(
  state: ApiKeyState,
  event: ApiKeyEvent,
  { occurredAt }: { readonly occurredAt: Instant },
): ApiKeyState {
  if (event.type === 'ApiKeyRevoked') {
    return state.status === 'absent' ? state : { ...state, status: 'revoked' };
  }
  const { role, organization } = event;
  return { status: 'issued', role, organization, issuedAt: occurredAt };
}

export const apiKey: Decider<ApiKeyState, IssueApiKey | RevokeApiKey, ApiKeyEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
