import { isList } from '../json.js';
import { sameUrn } from '../schema.js';
import type { ResourceQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

export const legacyCoreUrn = 'urn:scim:schemas:core:1.0';

/**
 * The schema of SCIM 1.1 beside that of SCIM 2.0. OneLogin's templates.
 *
 *     received  {"schemas":["urn:scim:schemas:core:1.0","urn:ietf:params:scim:schemas:core:2.0:User"],…}
 *     intended  {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],…}
 */
export const legacyCore: ResourceQuirk = {
  name: 'legacy-core',
  apply(type, body) {
    const schemas = memberNamed(body, 'schemas');
    if (!schemas || !isList(schemas.value)) return body;
    const is = (urn: string, value: unknown): boolean =>
      typeof value === 'string' && sameUrn(urn, value);
    if (!schemas.value.some((urn) => is(type.schema.id, urn))) return body;
    const kept = schemas.value.filter((urn) => !is(legacyCoreUrn, urn));
    return kept.length === schemas.value.length ? body : { ...body, [schemas.key]: kept };
  },
};
