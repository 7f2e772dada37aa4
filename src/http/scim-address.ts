import type { FastifyRequest } from 'fastify';

const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The segments of a request target's path, decoded; an absolute target gives what its path alone does. A segment
 * that cannot be decoded stays as sent. RFC 9112 §3.2
 */
export function pathSegments(target: string): readonly string[] {
  const [path = ''] = target.replace(AUTHORITY, '').split(/[?#]/, 1);
  return path.split('/').filter(Boolean).map(decoded);
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Whether the target, which the router may be unable to read, is of the SCIM edge. */
export const isScimTarget = (target: string): boolean =>
  pathSegments(target)[0]?.toLowerCase() === 'scim';

/** Whether the request is of the SCIM edge: its route says so, and its path where there is no route. */
export function isScimRequest(request: FastifyRequest): boolean {
  const route = request.routeOptions.url;
  if (route === undefined) return isScimTarget(request.raw.url ?? '');
  return route === '/scim' || route.startsWith('/scim/');
}

/** Where below /scim/v2/{organization} a request leads; undefined when it leads elsewhere. */
export function scimAddress(
  target: string,
): { readonly organization: string; readonly path: string } | undefined {
  const [edge = '', version = '', organization, ...path] = pathSegments(target);
  if (organization === undefined || !/^scim\/v2$/i.test(`${edge}/${version}`)) return undefined;
  return { organization, path: path.join('/') };
}
