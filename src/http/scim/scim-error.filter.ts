import { Injectable, Logger, type ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejection } from '../../domain/rejection.js';
import { errorBody, ScimError } from '../../scim/errors.js';
import { BODY_LIMIT, MalformedBody, UnsupportedBody } from '../body.js';
import { placeOf, RETRY_AFTER_SECONDS, statusOf } from '../failure.js';
import { isUnavailable } from '../unavailable.js';
import { sendScim } from './scim-response.js';

/** Every error of the SCIM edge as a SCIM Error. RFC 7644 §3.12 */
@Injectable()
export class ScimErrorFilter {
  private readonly logger = new Logger('scim');

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = this.translate(exception, request);
    const reply = http.getResponse<FastifyReply>();
    if (error.status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    sendScim(reply, error.status, errorBody(error));
  }

  private translate(exception: unknown, request: FastifyRequest): ScimError {
    if (exception instanceof ScimError) return exception;
    if (exception instanceof Rejection) return rejected(exception);
    if (exception instanceof MalformedBody) {
      return new ScimError(400, 'invalidSyntax', exception.message);
    }
    if (exception instanceof UnsupportedBody) {
      return new ScimError(415, undefined, exception.message);
    }
    const status = statusOf(exception);
    if (status === 413) {
      return new ScimError(413, undefined, `body: expected at most ${BODY_LIMIT} bytes`);
    }
    if (status === 415) {
      const detail = 'Content-Type: expected application/scim+json or application/json';
      return new ScimError(415, undefined, detail);
    }
    if (status === 404) return new ScimError(404, undefined, 'no such endpoint');
    if (status !== undefined && status >= 400 && status < 500) {
      return new ScimError(400, 'invalidSyntax', 'the request is malformed');
    }
    if (isUnavailable(exception)) {
      return new ScimError(503, undefined, 'the directory is not available at present; try again');
    }
    this.logger.error(`unexpected failure ${request.id}: ${placeOf(exception)}`);
    return new ScimError(500, undefined, `unexpected failure; correlation id ${request.id}`);
  }
}

function rejected({ reason, details }: Rejection): ScimError {
  switch (reason) {
    case 'user-unknown':
      return new ScimError(404, undefined, 'no such user');
    case 'group-unknown':
      return new ScimError(404, undefined, 'no such group');
    case 'name-already-claimed':
      return new ScimError(
        409,
        'uniqueness',
        details['kind'] === 'groupName'
          ? 'displayName: another group has this name; names are compared without letter case'
          : 'userName: another user has this name; names are compared without letter case',
      );
    case 'member-unknown':
      return new ScimError(
        400,
        'invalidValue',
        `members: expected ids of users, found ${details['found']}`,
      );
    case 'version-mismatch':
      return new ScimError(412, undefined, 'If-Match: the resource has another version by now');
    case 'sync-disabled':
    case 'organization-unknown':
      return new ScimError(403, undefined, 'SCIM is not enabled for this organization');
    case 'too-much-contention':
      return new ScimError(
        503,
        undefined,
        'too many writers on this resource at present; try again',
      );
    case 'organization-already-exists':
    case 'policy-unknown':
    case 'policy-value-invalid':
    case 'team-unknown':
    case 'token-unknown':
    case 'token-expiry-in-the-past':
      throw new Error(`${reason} cannot come from a SCIM request`);
  }
}
