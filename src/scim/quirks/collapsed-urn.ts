import { schemaAlias } from './schema-alias.js';

/**
 * The URN of an extension without its last colon. Microsoft Entra ID's documentation.
 *
 *     received  {"schemas":["…:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],…}
 *     intended  {"schemas":["…:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],…}
 */
export const collapsedUrn = schemaAlias('collapsed-urn', (type, urn) => {
  const text = urn.toLowerCase();
  return type.extensions.find(({ schema }) => collapsed(schema.id) === text)?.schema.id;
});

function collapsed(urn: string): string {
  const colon = urn.lastIndexOf(':');
  return (urn.slice(0, colon) + urn.slice(colon + 1)).toLowerCase();
}
