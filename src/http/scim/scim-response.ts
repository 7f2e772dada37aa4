import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonObject } from '../../scim/json.js';

const SCIM_JSON = 'application/scim+json; charset=utf-8';
const PLAIN_JSON = 'application/json; charset=utf-8';

/** Sends a SCIM body: as application/scim+json, unless the client takes only application/json. RFC 7644 §3.8 */
export function sendScim(reply: FastifyReply, status: number, body: JsonObject): void {
  void reply
    .code(status)
    .header('content-type', mediaType(reply.request))
    .send(JSON.stringify(body));
}

function mediaType({ headers }: FastifyRequest): string {
  const { accept } = headers;
  if (accept === undefined || !/\bapplication\/json\b/i.test(accept)) return SCIM_JSON;
  return /\bapplication\/scim\+json\b|\*\/\*|\bapplication\/\*/i.test(accept)
    ? SCIM_JSON
    : PLAIN_JSON;
}
