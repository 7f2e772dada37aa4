import type { ValueQuirk } from './quirk.js';

/**
 * Booleans in quotes, of any letter case. Microsoft Entra ID, unless its tenant URL carries aadOptscim062020.
 *
 *     received  {"op":"Replace","path":"active","value":"False"}
 *     intended  {"op":"replace","path":"active","value":false}
 */
export const stringBoolean: ValueQuirk = {
  name: 'string-boolean',
  apply(attribute, value) {
    if (attribute.type !== 'boolean' || typeof value !== 'string') return value;
    const text = value.toLowerCase();
    return text === 'true' || (text === 'false' ? false : value);
  },
};
