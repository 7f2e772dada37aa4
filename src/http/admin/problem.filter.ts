import { Injectable, Logger, type ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejection } from '../../domain/rejection.js';
import { BODY_LIMIT, MalformedBody, UnsupportedBody } from '../body.js';
import { placeOf, RETRY_AFTER_SECONDS, statusOf } from '../failure.js';
import { isUnavailable } from '../unavailable.js';
import type { ProblemDocument } from './problem.contract.js';
import { Problem, problemKinds, problemType, rejectedProblem } from './problem.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Every error of the management API as problem details. RFC 9457 */
@Injectable()
export class ProblemFilter {
  private readonly logger = new Logger('api');

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { id } = http.getRequest<FastifyRequest>();
    const problem = this.translate(exception, id);
    const document = documentOf(problem, id);
    const reply = http.getResponse<FastifyReply>();
    if (document.status === 401) void reply.header('www-authenticate', 'Bearer realm="Rollcall"');
    if (document.status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    void reply
      .status(document.status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(document));
  }

  private translate(exception: unknown, correlationId: string): Problem {
    if (exception instanceof Problem) return exception;
    if (exception instanceof Rejection) return rejectedProblem(exception);
    if (exception instanceof MalformedBody) return new Problem('body-malformed', exception.message);
    if (exception instanceof UnsupportedBody) {
      return new Problem('media-type-unsupported', exception.message);
    }
    const refused = refusedByFramework(exception);
    if (refused) return refused;
    if (isUnavailable(exception)) {
      return new Problem(
        'service-unavailable',
        'what is stored cannot be reached at present; try again',
      );
    }
    this.logger.error(`unexpected failure ${correlationId}: ${placeOf(exception)}`);
    const detail = `correlation id ${correlationId} finds it in the service's log`;
    return new Problem('unexpected-failure', detail);
  }
}

function documentOf({ reason, detail, faults }: Problem, correlationId: string): ProblemDocument {
  const { status, title } = problemKinds[reason];
  return {
    type: problemType(reason),
    title,
    status,
    detail,
    instance: UUID.test(correlationId) ? `urn:uuid:${correlationId}` : correlationId,
    ...(faults.length > 0 && { errors: faults }),
  };
}

/** What Nest or Fastify refused before or beside a controller; undefined when the failure is ours. */
function refusedByFramework(exception: unknown): Problem | undefined {
  const status = statusOf(exception);
  switch (status) {
    case 404:
    case 405:
      return new Problem('endpoint-unknown', 'no endpoint has this path and method; see /docs');
    case 413:
      return new Problem('body-too-large', `body: expected at most ${BODY_LIMIT} bytes`);
    case 415:
      return new Problem('media-type-unsupported', 'Content-Type: expected application/json');
    default:
      return status !== undefined && status >= 400 && status < 500
        ? new Problem('request-invalid', 'the request is malformed')
        : undefined;
  }
}
