/** The entity tags of an If-Match or If-None-Match header, without `W/` and quotes; `*` stands for any. */
export type EntityTags = '*' | readonly string[];

const tag = /(?:W\/)?"([^"]*)"|([^\s,"]+)/gi;

/** Reads a header of RFC 7232 §3.1 or §3.2. A tag without quotes, as some clients send it, is understood. */
export function parseEntityTags(header: string): EntityTags {
  if (header.trim() === '*') return '*';
  return [...header.matchAll(tag)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/**
 * Whether the version of a resource is among the tags, by weak comparison (RFC 7232 §2.3.2): SCIM's tags are weak.
 * @param version an entity tag, such as `W/"3"`; undefined if there is no resource
 */
export function includesVersion(tags: EntityTags, version: string | undefined): boolean {
  if (version === undefined) return false;
  if (tags === '*') return true;
  const [own] = parseEntityTags(version);
  return own !== undefined && tags.includes(own);
}
