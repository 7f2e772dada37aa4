import {
  createParamDecorator,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { CommandContext } from '../../commands/messages.js';
import type { ApiKeyId } from '../../domain/identifiers.js';
import { AccessQueries } from '../../projections/access/access.queries.js';
import { Problem } from './problem.js';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

const callers = new WeakMap<FastifyRequest, ApiKeyId>();

/** Lets a request in that carries a valid API key. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly access: AccessQueries) {}

  /** @throws Problem unauthenticated */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const key = bearer === undefined ? undefined : await this.access.authenticateKey(bearer);
    if (!key) throw new Problem('unauthenticated', 'expected Authorization: Bearer <API key>');
    callers.set(request, key.id);
    return true;
  }
}

/** The context of commands that the request gives: events name the key that made it. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const key = callers.get(request);
  if (key === undefined) throw new Error('the request was not authenticated');
  return { actor: `key:${key}`, correlationId: request.id } satisfies CommandContext;
});
