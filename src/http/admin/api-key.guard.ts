import {
  createParamDecorator,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { CommandContext } from '../../commands/messages.js';
import { AccessQueries, type KeyAccess } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { needOf, permits } from './permissions.js';
import { Problem } from './problem.js';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

/** The same whether that other organization exists or not. */
export const OF_ANOTHER_ORGANIZATION = 'the API key is of another organization';

type Handler = ReturnType<ExecutionContext['getHandler']>;

const callers = new WeakMap<FastifyRequest, KeyAccess>();

/** Lets a request in that carries a valid API key which may do what the endpoint does, in the organization of the path. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly access: AccessQueries,
    private readonly projector: Projector,
  ) {}

  /** @throws Problem unauthenticated, forbidden */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const key = bearer === undefined ? undefined : await this.keyOf(bearer);
    if (!key) throw new Problem('unauthenticated', 'expected Authorization: Bearer <API key>');
    const { organization } = request.params as { readonly organization?: string };
    authorize(key, context.getHandler(), organization);
    callers.set(request, key);
    return true;
  }

  /** Once it is certain: until then a key may be unknown that is good, and good that was revoked. */
  private async keyOf(bearer: string): Promise<KeyAccess | undefined> {
    await this.projector.caughtUp('access');
    return this.access.authenticateKey(bearer);
  }
}

function authorize(key: KeyAccess, handler: Handler, organization: string | undefined): void {
  const need = needOf(handler);
  if (!need) throw new Error(`${handler.name} has no @Needs(permission)`);
  if (!permits(key.role, need.permission)) {
    const detail = `expected a key that permits ${need.permission}, found one of role ${key.role}`;
    throw new Problem('forbidden', detail);
  }
  if (key.organization === null || key.organization === organization) return;
  if (organization === undefined && need.confines) return;
  throw new Problem('forbidden', OF_ANOTHER_ORGANIZATION);
}

/** The context of commands that the request gives: events name the key that made it. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    actor: `key:${keyOf(request).id}`,
    correlationId: request.id,
  } satisfies CommandContext;
});

/** The key that the request was let in by. */
export const CallerKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  keyOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

function keyOf(request: FastifyRequest): KeyAccess {
  const key = callers.get(request);
  if (key === undefined) throw new Error('the request was not authenticated');
  return key;
}
