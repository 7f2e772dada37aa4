import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemFilter } from './admin/problem.filter.js';
import { UnsupportedEncoding } from './body.js';
import { isScimRequest } from './scim-address.js';
import { ScimErrorFilter } from './scim/scim-error.filter.js';

/** Every error is answered in the form of its edge, also where no controller was reached. */
@Catch()
export class EdgeErrorFilter implements ExceptionFilter {
  constructor(
    private readonly scim: ScimErrorFilter,
    private readonly problem: ProblemFilter,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    if (exception instanceof UnsupportedEncoding) {
      // RFC 9110 §12.5.3: only a 415 that is about the encoding says which ones are understood.
      void http.getResponse<FastifyReply>().header('accept-encoding', 'identity');
    }
    const edge = isScimRequest(http.getRequest<FastifyRequest>()) ? this.scim : this.problem;
    edge.catch(exception, host);
  }
}
