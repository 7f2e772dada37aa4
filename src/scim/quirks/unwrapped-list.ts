import { isObject } from '../json.js';
import { isReferenceTo } from '../schema.js';
import type { ValueQuirk } from './quirk.js';

/**
 * One value in place of a list of values, in PATCH. Several clients, among them Microsoft's reference client.
 *
 *     received  {"op":"add","path":"members","value":{"value":"26118915"}}
 *     intended  {"op":"add","path":"members","value":[{"value":"26118915"}]}
 */
export const unwrappedList: ValueQuirk = {
  name: 'unwrapped-list',
  apply(attribute, value, expected) {
    if (expected !== 'list') return value;
    const single =
      attribute.type === 'complex'
        ? isObject(value) || (typeof value === 'string' && isReferenceTo(attribute))
        : value !== null && !isObject(value);
    return single ? [value] : value;
  },
};
