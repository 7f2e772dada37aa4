import { isList } from '../json.js';
import type { ResourceQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

const marker = /^http:\/\/schemas\.microsoft\.com\/2006\/11\/ResourceManagement\/ADSCIM(?:\/|$)/i;

/**
 * A URI of Microsoft's own beside the schema. Microsoft Entra ID, when it creates a group.
 *
 *     received  {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",
 *                           "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],…}
 *     intended  {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],…}
 */
export const microsoftSchemaMarker: ResourceQuirk = {
  name: 'microsoft-schema-marker',
  apply(_type, body) {
    const schemas = memberNamed(body, 'schemas');
    if (!schemas || !isList(schemas.value)) return body;
    const kept = schemas.value.filter((urn) => typeof urn !== 'string' || !marker.test(urn));
    return kept.length === schemas.value.length ? body : { ...body, [schemas.key]: kept };
  },
};
