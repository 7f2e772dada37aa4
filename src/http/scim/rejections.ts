import type { Rejection } from '../../domain/rejection.js';
import { ScimError } from '../../scim/errors.js';

/** What an identity provider's administrator sets right when userName is no e-mail address. */
const USER_NAME_SETTINGS: Readonly<Record<string, string>> = {
  okta: 'in Okta set Sign On > Application username format to Email',
  entra: 'in Entra map userName to userPrincipalName or mail under Provisioning > Mappings',
};

/**
 * A rejection as a SCIM Error: 403 speaks of the connection, 409 of the object, so that an identity provider that
 * takes 403 for bad credentials goes on with other objects. RFC 7644 §3.12
 */
export function rejectedScim({ reason, details }: Rejection): ScimError {
  const refused = (status: 403 | 404 | 409 | 412 | 503, detail: string): ScimError =>
    new ScimError(status, undefined, detail);
  switch (reason) {
    case 'user-unknown':
      return refused(404, 'no such user');
    case 'group-unknown':
    case 'team-unknown':
      return refused(404, 'no such group');
    case 'name-already-claimed':
      return new ScimError(
        409,
        'uniqueness',
        details['kind'] === 'groupName'
          ? 'displayName: another group has this name; names are compared without letter case'
          : userTakenDetail(details),
      );
    case 'member-unknown':
      return new ScimError(
        400,
        'invalidValue',
        `members: expected ids of users, found ${details['found']}`,
      );
    case 'user-name-not-an-email':
      return new ScimError(400, 'invalidValue', userNameDetail(details['provider']));
    case 'version-mismatch':
      return refused(412, 'If-Match or If-None-Match: the resource has another version by now');
    case 'sync-disabled':
    case 'organization-unknown':
      return refused(403, 'SCIM is not enabled for this organization');
    case 'entitlement-missing':
      return refused(403, 'the plan of this organization does not include SCIM (policy entitled)');
    case 'capability-off':
      return refused(
        403,
        `this connection may not do that: policy capabilities.${details['capability']} is false`,
      );
    case 'external-group':
      return refused(
        403,
        'this group shows a team that is managed in the application: SCIM cannot delete it',
      );
    case 'protected-user':
      return refused(
        409,
        details['protection'] === 'last-owner'
          ? 'the user is the last owner of the organization: appoint another owner in the application first'
          : 'the user is protected in the application: take the user off the policy breakGlassUsers there first',
      );
    case 'seat-limit-reached':
      return refused(
        409,
        `all ${details['limit']} seats of the organization are taken (policy seatLimit): deactivate a user, or raise the limit`,
      );
    case 'team-archived':
      return refused(409, 'the team of this group is archived: restore it in the application');
    case 'link-conflict':
      return refused(409, 'the group feeds another team: unlink it in the application first');
    case 'removals-paused':
      return refused(
        503,
        'more users were removed within an hour than policy massRemovalLimit allows: removals wait for an administrator of the application',
      );
    case 'too-much-contention':
      return refused(503, 'too many writers on this resource at present; try again');
    case 'organization-already-exists':
    case 'policy-unknown':
    case 'policy-value-invalid':
    case 'policy-conflict':
    case 'team-sync-conflict':
    case 'sso-missing':
    case 'sso-mismatch':
    case 'managed-by-identity-provider':
    case 'migration-unavailable':
    case 'token-unknown':
    case 'token-expiry-in-the-past':
      throw new Error(`${reason} cannot come from a SCIM request`);
  }
}

function userTakenDetail({ key = 'userName', matches, policy }: Rejection['details']): string {
  if (matches !== undefined) {
    return `${key}: ${matches} users have this value (policy matchingKey): only one may`;
  }
  if (policy !== undefined) {
    return `${key}: a user of the application has this value, and existing users are not linked (policy ${policy} refuse)`;
  }
  return key === 'externalId'
    ? 'externalId: another user has this value'
    : `${key}: another user has this ${key === 'userName' ? 'name' : 'value'}; compared without letter case`;
}

function userNameDetail(provider = 'generic'): string {
  const named = USER_NAME_SETTINGS[provider];
  const settings = named ?? Object.values(USER_NAME_SETTINGS).join('; ');
  return `userName: expected an e-mail address (policy userNameFormat): ${settings}`;
}
