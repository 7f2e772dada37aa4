/**
 * http/ THE EDGE: parses, authenticates, dispatches. Imports command messages, queries, projector and scim; takes no
 * decisions.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';

/** Bodies over this many bytes are refused with 413; a group of 10,000 members with displays still fits. */
export const BODY_LIMIT = 1_572_864;

/** The body is not JSON; the message says why and quotes nothing of it. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody';
}

/** The body is of a type or in an encoding that is not understood. */
export class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/** Reads JSON bodies of both edges; a body of DELETE means nothing (RFC 9110 §9.3.5) and is not read as JSON. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const types = ['application/json', 'application/scim+json'];
  server.addContentTypeParser(
    types,
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (request, body, done) => {
      try {
        done(null, jsonBody(request, String(body)));
      } catch (error) {
        done(error instanceof Error ? error : new MalformedBody('body: not JSON'));
      }
    },
  );
}

function jsonBody(request: FastifyRequest, text: string): unknown {
  if (request.method === 'DELETE') return undefined;
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new UnsupportedBody(
      `Content-Type: expected charset utf-8, found ${charset.slice(0, 40)}`,
    );
  }
  if (text === '') throw new MalformedBody('body: expected JSON, found nothing');
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw new MalformedBody(`body: expected JSON, found ${text.length} characters that are not`);
  }
}
