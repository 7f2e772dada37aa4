import type { FastifyInstance } from 'fastify';
import { isScimUrl } from './edge-error.filter.js';
import type { HttpMetrics } from './ops/http-metrics.js';

/** Gives every answer its correlation id and counts it. */
export function observeRequests(server: FastifyInstance, metrics: HttpMetrics): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    metrics.observe(
      isScimUrl(request.url) ? 'scim' : 'api',
      request.method,
      reply.statusCode,
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
