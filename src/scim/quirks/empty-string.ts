import type { ValueQuirk } from './quirk.js';

/**
 * Empty text to unassign an optional attribute. Microsoft Entra ID and its validator.
 *
 *     received  {"op":"Replace","path":"urn:…:enterprise:2.0:User:manager","value":""}
 *     intended  {"op":"replace","path":"urn:…:enterprise:2.0:User:manager","value":null}
 *
 * Booleans and numbers are left alone: an empty `active` must not read as the default, which is true.
 */
export const emptyString: ValueQuirk = {
  name: 'empty-string',
  apply(attribute, value) {
    if (value !== '' || attribute.required) return value;
    const { type } = attribute;
    return type === 'boolean' || type === 'integer' || type === 'decimal' ? value : null;
  },
};
