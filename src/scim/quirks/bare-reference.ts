import { isReferenceTo } from '../schema.js';
import type { ValueQuirk } from './quirk.js';

/**
 * The id of a resource in place of a reference to it. Microsoft's validator (manager) and reference client
 * (members).
 *
 *     received  {"urn:…:enterprise:2.0:User":{"manager":"26118915"}}           {"members":["26118915"]}
 *     intended  {"urn:…:enterprise:2.0:User":{"manager":{"value":"26118915"}}} {"members":[{"value":"26118915"}]}
 */
export const bareReference: ValueQuirk = {
  name: 'bare-reference',
  apply(attribute, value, expected) {
    if (expected === 'list' || typeof value !== 'string') return value;
    return attribute.type === 'complex' && isReferenceTo(attribute) ? { value } : value;
  },
};
