import { Rejection, type RejectionReason } from '../../domain/rejection.js';

type EdgeReason =
  | 'unauthenticated'
  | 'forbidden'
  | 'api-key-unknown'
  | 'request-invalid'
  | 'body-malformed'
  | 'body-too-large'
  | 'media-type-unsupported'
  | 'endpoint-unknown'
  | 'change-not-yet-effective'
  | 'service-unavailable'
  | 'unexpected-failure';

/** What a problem is about; the end of its `type`, which never changes. */
export type ProblemReason = RejectionReason | EdgeReason;

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Every problem that the management API answers. docs/errors.md explains each. RFC 9457 §3 */
export const problemKinds: Readonly<Record<ProblemReason, ProblemKind>> = {
  'request-invalid': { status: 400, title: 'The request is not valid' },
  'body-malformed': { status: 400, title: 'The body cannot be read' },
  'policy-unknown': { status: 400, title: 'There is no such policy' },
  'policy-value-invalid': { status: 400, title: 'The policy cannot have this value' },
  'token-expiry-in-the-past': { status: 400, title: 'The token would have expired already' },
  'user-name-not-an-email': { status: 400, title: 'The userName is no e-mail address' },
  'member-unknown': { status: 400, title: 'A member is no user of this organization' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The API key does not permit this' },
  'endpoint-unknown': { status: 404, title: 'There is no such endpoint' },
  'organization-unknown': { status: 404, title: 'There is no such organization' },
  'user-unknown': { status: 404, title: 'There is no such user in this organization' },
  'group-unknown': { status: 404, title: 'There is no such group in this organization' },
  'team-unknown': { status: 404, title: 'There is no such team in this organization' },
  'token-unknown': { status: 404, title: 'There is no such token in this organization' },
  'api-key-unknown': { status: 404, title: 'There is no such API key' },
  'organization-already-exists': { status: 409, title: 'The organization exists already' },
  'policy-conflict': { status: 409, title: 'These policies cannot stand together' },
  'team-sync-conflict': { status: 409, title: 'Team Sync and SCIM group sync exclude each other' },
  'entitlement-missing': { status: 409, title: 'The organization is not entitled to SCIM' },
  'sso-missing': { status: 409, title: 'Single sign-on must be set up first' },
  'sso-mismatch': { status: 409, title: 'Single sign-on and SCIM must be of one provider' },
  'capability-off': { status: 409, title: 'This ability is switched off' },
  'managed-by-identity-provider': { status: 409, title: 'The identity provider manages this' },
  'protected-user': { status: 409, title: 'The user is protected' },
  'seat-limit-reached': { status: 409, title: 'All seats are taken' },
  'removals-paused': { status: 409, title: 'Removals are paused' },
  'link-conflict': { status: 409, title: 'The group feeds another team' },
  'team-archived': { status: 409, title: 'The team is archived' },
  'external-group': { status: 409, title: 'The group is a team that SCIM does not manage' },
  'migration-unavailable': { status: 409, title: 'There is nothing to migrate or to roll back' },
  'name-already-claimed': { status: 409, title: 'The name is in use' },
  'sync-disabled': { status: 409, title: 'SCIM is not enabled for this organization' },
  'version-mismatch': { status: 412, title: 'Somebody else changed it meanwhile' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type-unsupported': { status: 415, title: 'The media type is not supported' },
  'unexpected-failure': { status: 500, title: 'Something failed unexpectedly' },
  'change-not-yet-effective': { status: 503, title: 'The change is recorded, not yet effective' },
  'service-unavailable': { status: 503, title: 'The service is not available at present' },
  'too-much-contention': { status: 503, title: 'Too many requests write to this at present' },
};

/** Where in a request something is wrong: a JSON pointer into the body, or the name of a query parameter. */
export interface Fault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** A request to the management API that is answered with a problem. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /** @param detail what was found and what was expected; no secrets */
  constructor(
    readonly reason: ProblemReason,
    readonly detail: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(detail);
  }
}

export const problemType = (reason: ProblemReason): string => `/problems/${reason}`;

const LONGEST_VALUE = 100;

/** A value of a request for a message: as JSON, cut where it is long, or its kind where it has members. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return cut(JSON.stringify(value));
}

export function rejectedProblem(rejection: Rejection): Problem {
  return new Problem(rejection.reason, detailOf(rejection));
}

function detailOf({ reason, details }: Rejection): string {
  switch (reason) {
    case 'organization-already-exists':
      return 'slug: another organization has it; a slug is never given twice';
    case 'organization-unknown':
      return 'path: expected the slug of an organization';
    case 'policy-unknown':
      return `found policy ${shown(details['policy'])}, expected one of: ${details['expected']}`;
    case 'policy-value-invalid':
      return `${details['policy']}: found ${cut(details['found'])}, expected one of: ${details['expected']}`;
    case 'sync-disabled':
      return 'enable SCIM for this organization first';
    case 'policy-conflict':
      return details['conflict'] ?? '';
    case 'team-sync-conflict':
      return details['on'] === 'scim'
        ? 'SCIM group sync is on (teamSync scim): set teamSync to off first'
        : 'Team Sync is on (teamSync sign-in): set teamSync to off first, or migrate it';
    case 'entitlement-missing':
      return 'policy entitled is false: the plan of this organization does not include SCIM';
    case 'sso-missing':
      return 'policy ssoRequired is true and ssoProvider is null: set up single sign-on first';
    case 'sso-mismatch':
      return `policy ssoMatchesScim is true: single sign-on is ${details['sso']}, SCIM is ${details['scim']}`;
    case 'capability-off':
      return `policy capabilities.${details['capability']} is false`;
    case 'managed-by-identity-provider':
      return `policy ${details['policy']} is ${details['value']} while SCIM is on: make this change in the identity provider`;
    case 'protected-user':
      return details['protection'] === 'last-owner'
        ? 'the user is the last owner of the organization: appoint another owner first'
        : 'the user is a break-glass user: take the user off the policy breakGlassUsers first';
    case 'seat-limit-reached':
      return `all ${details['limit']} seats are taken (policy seatLimit): deactivate a user or raise the limit`;
    case 'removals-paused':
      return 'more users were removed within an hour than policy massRemovalLimit allows';
    case 'link-conflict':
      return `the group feeds team ${details['team']}: unlink it first`;
    case 'team-archived':
      return 'restore the team first';
    case 'external-group':
      return 'the group shows a team that SCIM does not manage';
    case 'migration-unavailable':
      return `found ${details['found']}, expected ${details['expected']}`;
    case 'user-name-not-an-email':
      return 'userName: policy userNameFormat is email: expected an e-mail address';
    case 'name-already-claimed':
      return claimedDetail(details['kind']);
    case 'user-unknown':
      return 'expected the id of a user of this organization';
    case 'group-unknown':
      return 'expected the id of a group of this organization';
    case 'team-unknown':
      return `expected the id of a team of this organization${details['found'] === undefined ? '' : `, found ${shown(details['found'])}`}`;
    case 'token-unknown':
      return 'path: expected the id of a token of this organization';
    case 'member-unknown':
      return `members: expected ids of users, found ${shown(details['found'])}`;
    case 'token-expiry-in-the-past':
      return `expiresAt: found ${details['found']}, expected a time after ${details['now']}`;
    case 'version-mismatch':
      return 'read it again and repeat the change';
    case 'too-much-contention':
      return 'nothing was changed; try again';
  }
}

function claimedDetail(kind: string | undefined): string {
  switch (kind) {
    case 'tokenName':
      return 'name: another token has this name; names are compared without letter case and are free again when the token is revoked';
    case 'userName':
      return 'userName: another user has it; names are compared without letter case and are free again when the user is deleted';
    case 'idempotencyKey':
      return 'Idempotency-Key: it added a user of another userName, or one who was deleted; every user needs a key of its own';
    default:
      return 'the name is taken; names are compared without letter case';
  }
}

const cut = (text = ''): string =>
  text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
