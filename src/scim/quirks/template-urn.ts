import { schemaAlias } from './schema-alias.js';

const core = 'urn:scim:schemas:core:2.0';
const enterprise = /^urn:scim:schemas:extension:enterprise:[12]\.0$/i;

/**
 * URNs that never were registered. OneLogin's templates, which its customers edit.
 *
 *     received  {"schemas":["urn:scim:schemas:core:2.0","urn:scim:schemas:extension:enterprise:2.0"],…}
 *     intended  {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
 *                           "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],…}
 *
 * `urn:scim:schemas:core:1.0` is SCIM 1.1: beside a schema of SCIM 2.0 it is a leftover of the template
 * (`legacyCore`), alone it is another protocol.
 */
export const templateUrn = schemaAlias('template-urn', (type, urn) => {
  const text = urn.toLowerCase();
  if (text === core || text === `${core}:${type.name.toLowerCase()}`) return type.schema.id;
  return enterprise.test(urn) ? type.extensions[0]?.schema.id : undefined;
});
