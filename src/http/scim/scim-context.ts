import type { FastifyRequest } from 'fastify';
import type { CommandContext } from '../../commands/messages.js';
import { callerOf } from './authentication.js';
import { recordOf } from './request-record.js';

/** Events of a SCIM request name the token that made it. */
export const contextOf = (request: FastifyRequest): CommandContext => ({
  actor: `token:${callerOf(request).tokenId}`,
  correlationId: request.id,
  recorded: (events) => recordOf(request).appended(events),
});
