import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemFilter } from './admin/problem.filter.js';
import { ScimErrorFilter } from './scim/scim-error.filter.js';

/** Every error is answered in the form of its edge, also where no controller was reached. */
@Catch()
export class EdgeErrorFilter implements ExceptionFilter {
  constructor(
    private readonly scim: ScimErrorFilter,
    private readonly problem: ProblemFilter,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { url } = host.switchToHttp().getRequest<FastifyRequest>();
    const edge = isScimUrl(url) ? this.scim : this.problem;
    edge.catch(exception, host);
  }
}

export const isScimUrl = (url: string): boolean => /^\/+scim(?:[/?]|$)/i.test(url);
