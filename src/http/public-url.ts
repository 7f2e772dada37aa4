import type { FastifyRequest } from 'fastify';

export const PUBLIC_URL = Symbol('PUBLIC_URL');

/** What absolute URLs begin with, without a slash at the end: as configured, else as the client reached us. */
export function publicUrl(configured: string | undefined, request: FastifyRequest): string {
  return configured ?? `${request.protocol}://${request.host}`;
}
