import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, ScimError } from '../scim/errors.js';
import { isScimTarget } from './scim-address.js';

/** Answers a URL that no router can read, such as one with a broken percent-encoding. */
export function refuseUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'URL: expected valid percent-encoding of UTF-8';
  if (isScimTarget(request.raw.url ?? '')) {
    const error = new ScimError(400, 'invalidSyntax', detail);
    void reply.code(400).header('content-type', 'application/scim+json').send(errorBody(error));
    return;
  }
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail };
  void reply.code(400).header('content-type', 'application/problem+json').send(problem);
}

/** Answers what does not become an HTTP request; which edge it was meant for cannot be told. */
export function refuseUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const refusal = refusalOf(error.code);
  const body = JSON.stringify(errorBody(refusal));
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/scim+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** @param code of node:http and its parser */
function refusalOf(code: string | undefined): ScimError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ScimError(431, undefined, `headers: expected at most ${maxHeaderSize} bytes`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ScimError(408, undefined, 'the request did not arrive in time');
    default: {
      const detail = 'expected an HTTP/1.1 request; spaces in its URL must be percent-encoded';
      return new ScimError(400, 'invalidSyntax', detail);
    }
  }
}
