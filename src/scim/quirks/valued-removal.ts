import { comparable } from '../comparison.js';
import type { Filter } from '../filter.js';
import { isObject, type JsonValue } from '../json.js';
import type { PatchPath } from '../patch-operation.js';
import { subAttributeNamed, type Attribute } from '../schema.js';

export const valuedRemoval = 'valued-removal';

/**
 * The values to remove as the value of the operation, instead of in its path. Microsoft Entra ID, JumpCloud.
 * Read as the RFC reads it, the request would remove every value.
 *
 *     received  {"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1091"}]}
 *     intended  {"op":"remove","path":"members[value eq \"u1091\"]"}
 *
 * @param values in canonical form
 * @returns one path for each value
 */
export function pathsOfRemovedValues(
  path: PatchPath,
  values: readonly JsonValue[],
): readonly PatchPath[] {
  const { attribute } = path.target;
  return values.flatMap((value) => {
    const filter = identify(attribute, value);
    return filter ? [{ ...path, filter }] : [];
  });
}

function identify(attribute: Attribute, value: JsonValue): Filter | undefined {
  if (!isObject(value)) return equal(attribute, value);
  const names = 'value' in value ? ['value', 'type'] : Object.keys(value);
  const operands = names.flatMap((name) => {
    const subAttribute = subAttributeNamed(attribute, name);
    const member = value[name];
    return (subAttribute && member !== undefined && equal(subAttribute, member)) || [];
  });
  return operands.length === 1 ? operands[0] : { kind: 'and', operands };
}

function equal(attribute: Attribute, literal: JsonValue): Filter | undefined {
  if (typeof literal === 'object') return undefined;
  const value = comparable(attribute, literal);
  return { kind: 'compare', path: { attribute }, operator: 'eq', value, literal };
}
