import type { FastifyInstance } from 'fastify';
import type { HttpMetrics } from './ops/http-metrics.js';
import { isScimRequest } from './scim-address.js';

/** Gives every answer its correlation id, counts it, and says goodbye to clients while the service stops. */
export function observeRequests(server: FastifyInstance, metrics: HttpMetrics): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  // A connection that is kept alive would keep a draining service alive as well.
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (!server.server.listening) void reply.header('connection', 'close');
    done(null, payload);
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
