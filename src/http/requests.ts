import type { FastifyInstance } from 'fastify';
import type { HttpMetrics } from './ops/http-metrics.js';
import { isScimRequest } from './scim-address.js';

/** Gives every answer its correlation id and counts it. */
export function observeRequests(server: FastifyInstance, metrics: HttpMetrics): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    metrics.observe(
      isScimRequest(request) ? 'scim' : 'api',
      request.method,
      reply.statusCode,
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
