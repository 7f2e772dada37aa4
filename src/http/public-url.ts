import { isIPv6, type Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';

export const PUBLIC_URL = Symbol('PUBLIC_URL');

/** What absolute URLs begin with, without a slash at the end: as configured, else as the client reached us. */
export function publicUrl(configured: string | undefined, request: FastifyRequest): string {
  return configured ?? `${request.protocol}://${request.host || ownAddress(request.socket)}`;
}

/** HTTP/1.0 names no host: what it has reached is the address that the connection came in on. */
function ownAddress({ localAddress = 'localhost', localPort }: Socket): string {
  const address = localAddress.replace(/^::ffff:/, '');
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`;
}
