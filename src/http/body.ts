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

/** No message of SCIM or of the management API nests deeper than six levels. */
const DEEPEST_NESTING = 50;
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
  if (nestsDeeper(text, DEEPEST_NESTING)) {
    throw new MalformedBody(
      `body: expected at most ${DEEPEST_NESTING} levels of nesting, found more`,
    );
  }
  const body = parsed(text);
  // Only an escape can bring in what a UTF-8 text cannot hold.
  if (text.includes('\\u')) refuseUnstorable(body);
  return body;
}

function parsed(text: string): unknown {
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw new MalformedBody(`body: expected JSON, found ${text.length} characters that are not`);
  }
}

/** Whether brackets and braces outside strings open more than `levels` deep. */
function nestsDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > levels) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair, and no name has either. */
function refuseUnstorable(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\0'))
      throw new MalformedBody('body: expected text, found the character NUL');
    if (!value.isWellFormed()) {
      throw new MalformedBody('body: expected Unicode text, found half of a surrogate pair');
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseUnstorable(name);
      refuseUnstorable(member);
    }
  }
}
