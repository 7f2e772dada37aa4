import type { Hint } from '../../projections/scim-requests/scim-requests.queries.js';

/** Causes that the log of requests names, each with what to do about it. */
const HINTS = {
  'user-name-is-okta-id':
    'userName looks like the id of a user in Okta (00u…). In the Okta application, tab Sign On, set "Application username format" to Email, and on the tab Provisioning, To App, map userName to user.email; then push the user again.',
  'user-name-not-an-email':
    'userName is no e-mail address. In Okta set "Application username format" to Email on the tab Sign On; in Entra map userName to mail or userPrincipalName under Provisioning, Mappings.',
  'no-match':
    'Nothing matched this look-up, so the provider will create a new resource next. Where one exists already, compare the value of the matching attribute here and there: it must be equal, without regard to letter case for userName.',
  'several-matches':
    'Several resources matched this look-up, and providers refuse to choose (Entra: DuplicateTargetEntries). Make the value of this attribute unique here, or choose another matching attribute in the provider.',
  'id-unknown':
    'The provider uses an id that names nothing here: the resource was deleted here, or the id is of another organization. Okta looks the user up again by itself; in Entra restart provisioning (Provisioning, Restart provisioning), as it never creates such an object anew (InvalidAnchor).',
  'id-foreign':
    'The id in the address was not issued by this service. The provider must store the id that it got when it created the resource, and use no id of its own.',
  'name-taken':
    'The name belongs to another resource. Let the provider look it up before it creates (a filter on the matching attribute), or remove the older one. A user who is not synced yet is linked when it is created only where the value of the policy matchingKey agrees and the policy linkExistingUser is link.',
  'member-unknown':
    'A member of the group is no user here: it was not provisioned yet, was deleted here, or is itself a group, which cannot be a member. Assign the person to the application in the provider and let it provision the person before the group.',
  'license-on-group':
    'A licence cannot be an attribute of a group. Give licences with the policy licenseRules, which names the group and the licence.',
  'attribute-ignored':
    'Attributes that no schema knows were ignored. Remove their mappings in the provider, or map them to attributes that GET /Schemas lists.',
  'token-missing':
    'The request carried no bearer token. Authentication must be "HTTP Header" (Okta) or "Secret Token" (Entra) with a token of this organization; Basic authentication is not accepted.',
  'token-unknown':
    'The bearer token is not one of this organization: it was cut when it was copied, or belongs to another organization. Issue a new token and paste it into the provider without "Bearer" before it.',
  'token-expired': 'The bearer token has expired. Issue a new one and replace it in the provider.',
  'token-revoked': 'The bearer token was revoked. Issue a new one and replace it in the provider.',
  'organization-unknown':
    'No organization has the slug in this address. Compare the base URL in the provider, letter by letter, with the one that GET /api/organizations/{organization}/scim shows.',
  'sync-disabled':
    'SCIM is off for this organization. An administrator turns it on with POST /api/organizations/{organization}/scim/enable.',
  'entitlement-missing':
    'The plan of this organization does not include SCIM: the policy entitled is false. Users stay as they are until it is true again.',
  'ip-not-allowed':
    'The source address is not on the policy ipAllowlist. Add it, or the ranges that the provider publishes: for Okta its IP ranges of your cell, for Entra the service tag AzureActiveDirectory. Behind a proxy, ROLLCALL_TRUST_PROXY must name the proxy.',
  'capability-off':
    'The policy capabilities, which the explanation names, does not let this connection do that. Switch the action off in the provider too (Okta: Provisioning, To App; Entra: Target Object Actions of the mapping), or set the policy to true.',
  'seat-limit-reached':
    'Nobody more can be active (policy seatLimit). Deactivate somebody or raise the limit, then let the provider repeat it: Okta under Dashboard, Tasks; Entra by itself.',
  'protected-user':
    'The provider would take access from somebody who must keep it. Assign the person to the application again in the provider; or, if it is meant, appoint another owner or take the user off the policy breakGlassUsers here first.',
  'removals-paused':
    'Removals wait since more users were removed within an hour than the policy massRemovalLimit allows. Find out in the provider whether that is meant, such as a group that was unassigned; then POST /api/organizations/{organization}/scim/resume, and let the provider repeat what failed.',
  'endpoint-unknown':
    'The address is none that SCIM has. The base URL in the provider must end with the slug of the organization, and nothing after it: the provider itself appends /Users and /Groups.',
  'groups-off':
    'Groups are switched off (policy capabilities.groups). Reads answer as if there were none; switch group push off in the provider too.',
} as const;

export type HintCode = keyof typeof HINTS;

export const hint = (code: HintCode): Hint => ({ code, hint: HINTS[code] });

export const isHintCode = (code: string): code is HintCode => Object.hasOwn(HINTS, code);
