import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OrganizationId, TokenId } from '../../domain/identifiers.js';
import type { AccessQueries } from '../../projections/access/access.queries.js';
import type { Projector } from '../../projections/projector.js';
import type { TokenUsage } from '../../projections/access/token-usage.js';
import { errorBody, ScimError } from '../../scim/errors.js';
import { isScimRequest, scimAddress } from '../scim-address.js';
import { RETRY_AFTER_SECONDS } from '../failure.js';
import { isUnavailable } from '../unavailable.js';
import { admissionOf, connectionRefusal } from './admission.js';
import { organizationOf } from './representation.js';
import { refusalOf } from './refusal.js';
import { recordOf } from './request-record.js';
import { sendScim } from './scim-response.js';

/** Who calls the SCIM edge, known before the body is read. */
export interface ScimCaller {
  readonly organization: OrganizationId;
  readonly tokenId: TokenId;
  /** Whether groups are served; where not, there are none to read. */
  readonly servesGroups: boolean;
}

const callers = new WeakMap<FastifyRequest, ScimCaller>();

/** The caller of a request that has passed authentication. */
export function callerOf(request: FastifyRequest): ScimCaller {
  const caller = callers.get(request);
  if (!caller) throw new Error('the request was not authenticated');
  return caller;
}

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i;
/** RFC 7643 §5: how to authenticate should be readable without having done so; it is the same for everybody. */
const DISCOVERY =
  /^\/scim\/v2\/:organization\/(?:ServiceProviderConfig|ResourceTypes|Schemas)(?:\/|$)/;

/** What the log of requests says of a token that opens nothing; its bearer is told none of it. */
const UNAUTHENTICATED = {
  'token-missing': 'The request carried no bearer token.',
  'organization-unknown': 'There is no organization of this slug.',
  'token-unknown': 'The bearer token is not one of this organization.',
  'token-expired': 'The bearer token has expired.',
  'token-revoked': 'The bearer token was revoked.',
} as const;

/**
 * Authenticates every SCIM request before its body is read. An unknown organization, a foreign, unknown, expired or
 * revoked token are answered alike: nobody learns which organizations exist.
 */
export function authenticateScim(
  server: FastifyInstance,
  access: AccessQueries,
  usage: TokenUsage,
  projector: Projector,
): void {
  server.addHook('onRequest', async (request, reply) => {
    const id = organizationEntered(request);
    if (id === undefined) return;
    try {
      const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1];
      const now = Date.now();
      if (bearer === undefined) return unauthorized(request, reply, 'token-missing');
      // Until then a token may be unknown that is good, and good that was revoked.
      await projector.caughtUp('access');
      const found = await access.authenticate(id, bearer, now);
      if ('refused' in found) return unauthorized(request, reply, found.refused);
      const { tokenId, policies, syncEnabled } = found;
      // Until then what is there may be missing from reads, and from where commands look.
      await projector.caughtUp('directory');
      const admission = admissionOf(policies);
      recordOf(request).authenticated(tokenId, admission);
      const refusal = connectionRefusal(admission, syncEnabled, request.ip);
      if (refusal) {
        recordOf(request).refused({ reason: refusal.reason, explanation: refusal.detail });
        return refuse(reply, new ScimError(403, undefined, refusal.detail));
      }
      recordOf(request).admit();
      usage.record(id, tokenId, now, request.headers['user-agent'] ?? null);
      const servesGroups = admission.policies.capabilities.groups;
      callers.set(request, { organization: id, tokenId, servesGroups });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      const unavailable = new ScimError(503);
      recordOf(request).refused(refusalOf(error, unavailable));
      void reply.header('retry-after', RETRY_AFTER_SECONDS);
      return refuse(reply, unavailable);
    }
  });
}

/**
 * The organization whose caller the request has to be; undefined where everybody may come in. The router has decoded
 * the path that led to the route: a check of its own on the URL would read some URLs differently.
 */
function organizationEntered(request: FastifyRequest): OrganizationId | undefined {
  const route = request.routeOptions.url;
  if (route?.startsWith('/scim/v2/:organization')) {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    return reads && DISCOVERY.test(route) ? undefined : organizationOf(request);
  }
  if (!isScimRequest(request)) return undefined;
  // No endpoint: also which ones exist is told to callers only.
  return scimAddress(request.raw.url ?? '')?.organization as OrganizationId | undefined;
}

/** RFC 6750 §3: the error is named only when credentials were presented. */
function unauthorized(
  request: FastifyRequest,
  reply: FastifyReply,
  reason: keyof typeof UNAUTHENTICATED,
): FastifyReply {
  const isKnown = reason !== 'token-missing' && reason !== 'organization-unknown';
  recordOf(request).turnedAway(reason, UNAUTHENTICATED[reason], isKnown);
  const presented = request.headers.authorization !== undefined;
  const challenge = `Bearer realm="SCIM"${presented ? ', error="invalid_token"' : ''}`;
  void reply.header('www-authenticate', challenge);
  return refuse(reply, new ScimError(401));
}

function refuse(reply: FastifyReply, error: ScimError): FastifyReply {
  sendScim(reply, error.status, errorBody(error));
  return reply;
}
