import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, ScimError } from '../scim/errors.js';
import { isScimUrl } from './edge-error.filter.js';

/** Answers a URL that no router can read, such as one with a broken percent-encoding. */
export function refuseUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'URL: expected valid percent-encoding of UTF-8';
  if (isScimUrl(request.raw.url ?? '')) {
    const error = new ScimError(400, 'invalidSyntax', detail);
    void reply.code(400).header('content-type', 'application/scim+json').send(errorBody(error));
    return;
  }
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail };
  void reply.code(400).header('content-type', 'application/problem+json').send(problem);
}

/** Answers bytes that are no HTTP request; which edge they were meant for cannot be told. */
export function refuseUnreadable(_error: Error, socket: Socket): void {
  if (!socket.writable) return;
  const detail = 'expected an HTTP/1.1 request; spaces in its URL must be percent-encoded';
  const body = JSON.stringify(errorBody(new ScimError(400, 'invalidSyntax', detail)));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/scim+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
