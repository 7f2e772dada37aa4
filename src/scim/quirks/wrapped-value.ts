import { isList } from '../json.js';
import type { ValueQuirk } from './quirk.js';

/**
 * The value of a single-valued attribute as a list of one, in PATCH. Microsoft Entra ID.
 *
 *     received  {"op":"Add","path":"manager","value":[{"$ref":"…/Users/00aa","value":"00aa"}]}
 *     intended  {"op":"add","path":"manager","value":{"$ref":"…/Users/00aa","value":"00aa"}}
 */
export const wrappedValue: ValueQuirk = {
  name: 'wrapped-value',
  apply(attribute, value, expected) {
    if (attribute.multiValued || expected === 'list' || !isList(value)) return value;
    const [only] = value;
    return value.length === 1 && only !== undefined ? only : value;
  },
};
