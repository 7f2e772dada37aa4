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

/** The body is compressed or otherwise encoded. */
export class UnsupportedEncoding extends UnsupportedBody {}

/** No message of SCIM or of the management API nests deeper than six levels. */
const DEEPEST_NESTING = 50;
/** text/json is what Okta's examples send. */
const JSON_TYPE = /^(?:application\/(?:scim\+)?|text\/)json[ \t]*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;
/** Takes a byte order mark away. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Reads JSON bodies of both edges; a body of DELETE means nothing (RFC 9110 §9.3.5) and is not looked at. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  // For every type, so that a refusal is this edge's own: a body without any type is taken for JSON.
  const options = { parseAs: 'buffer', bodyLimit: BODY_LIMIT } as const;
  server.addContentTypeParser<Buffer>('*', options, (request, body, done) => {
    try {
      done(null, request.method === 'DELETE' ? undefined : jsonBody(request, body));
    } catch (error) {
      done(error instanceof Error ? error : new MalformedBody('body: not JSON'));
    }
  });
}

function jsonBody({ headers }: FastifyRequest, bytes: Buffer): unknown {
  refuseType(headers['content-type'] ?? 'application/json');
  const encoding = headers['content-encoding']?.trim() ?? '';
  if (encoding !== '' && !/^identity$/i.test(encoding)) {
    const found = encoding.slice(0, 40);
    throw new UnsupportedEncoding(`Content-Encoding: expected identity, found ${found}`);
  }
  const text = decoded(bytes);
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

function refuseType(type: string): void {
  if (!JSON_TYPE.test(type)) {
    const expected = 'application/scim+json or application/json';
    throw new UnsupportedBody(`Content-Type: expected ${expected}, found ${type.slice(0, 80)}`);
  }
  const charset = CHARSET.exec(type)?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new UnsupportedBody(
      `Content-Type: expected charset utf-8, found ${charset.slice(0, 40)}`,
    );
  }
}

function decoded(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw new MalformedBody('body: expected UTF-8, found other bytes');
  }
}

function parsed(text: string): unknown {
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    if (/prototype property/.test(reason)) {
      throw new MalformedBody(
        'body: expected attributes, found __proto__ or constructor.prototype',
      );
    }
    const place = /at position \d+/.exec(reason)?.[0] ?? `in ${text.length} characters`;
    throw new MalformedBody(`body: expected JSON, found a syntax error ${place}`);
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
