import { isList, isObject } from '../json.js';
import type { ValueQuirk } from './quirk.js';

/**
 * The value of a single-valued attribute as a list of one, in PATCH. Microsoft Entra ID; its older clients wrap
 * simple values like references.
 *
 *     received  {"op":"Add","path":"manager","value":[{"$ref":"…/Users/00aa","value":"00aa"}]}
 *     intended  {"op":"add","path":"manager","value":{"$ref":"…/Users/00aa","value":"00aa"}}
 *
 *     received  {"op":"Replace","path":"displayName","value":[{"$ref":null,"value":"Ada"}]}
 *     intended  {"op":"replace","path":"displayName","value":"Ada"}
 */
export const wrappedValue: ValueQuirk = {
  name: 'wrapped-value',
  apply(attribute, value, expected) {
    if (attribute.multiValued || expected === 'list' || !isList(value)) return value;
    const [only] = value;
    if (value.length !== 1 || only === undefined) return value;
    const wrapped = attribute.type !== 'complex' && isObject(only) ? only['value'] : undefined;
    return wrapped ?? only;
  },
};
