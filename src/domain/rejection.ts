/** Why a decision was refused, as a sentence; every edge translates each of them once. */
export type RejectionReason =
  | 'organization-already-exists'
  | 'organization-unknown'
  | 'policy-unknown'
  | 'policy-value-invalid'
  | 'policy-conflict'
  | 'team-sync-conflict'
  | 'sync-disabled'
  | 'entitlement-missing'
  | 'sso-missing'
  | 'sso-mismatch'
  | 'capability-off'
  | 'managed-by-identity-provider'
  | 'protected-user'
  | 'seat-limit-reached'
  | 'removals-paused'
  | 'user-name-not-an-email'
  | 'external-group'
  | 'link-conflict'
  | 'team-archived'
  | 'migration-unavailable'
  | 'name-already-claimed'
  | 'user-unknown'
  | 'group-unknown'
  | 'member-unknown'
  | 'team-unknown'
  | 'token-unknown'
  | 'token-expiry-in-the-past'
  | 'version-mismatch'
  | 'too-much-contention';

/** A decision against a command; nothing was recorded. */
export class Rejection extends Error {
  override readonly name = 'Rejection';

  /** @param details named facts for the message of the edge: no secrets, no personal data of others */
  constructor(
    readonly reason: RejectionReason,
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(reason);
  }
}
