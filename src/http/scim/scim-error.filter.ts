import { Injectable, Logger, type ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejection } from '../../domain/rejection.js';
import { errorBody, ScimError } from '../../scim/errors.js';
import { BODY_LIMIT, MalformedBody, UnsupportedBody } from '../body.js';
import { placeOf, RETRY_AFTER_SECONDS, statusOf } from '../failure.js';
import { isUnavailable } from '../unavailable.js';
import { refusalOf } from './refusal.js';
import { recordOf } from './request-record.js';
import { rejectedScim } from './rejections.js';
import { sendScim } from './scim-response.js';

/** What waits for a person is not worth asking for every few seconds. */
const PAUSED_RETRY_SECONDS = '300';

/** Every error of the SCIM edge as a SCIM Error. RFC 7644 §3.12 */
@Injectable()
export class ScimErrorFilter {
  private readonly logger = new Logger('scim');

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = this.translate(exception, request);
    recordOf(request).refused(refusalOf(exception, error));
    const reply = http.getResponse<FastifyReply>();
    if (error.status === 503) void reply.header('retry-after', retryAfter(exception));
    sendScim(reply, error.status, errorBody(error));
  }

  private translate(exception: unknown, request: FastifyRequest): ScimError {
    if (exception instanceof ScimError) return exception;
    if (exception instanceof Rejection) return rejectedScim(exception);
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

const retryAfter = (exception: unknown): string =>
  exception instanceof Rejection && exception.reason === 'removals-paused'
    ? PAUSED_RETRY_SECONDS
    : RETRY_AFTER_SECONDS;
