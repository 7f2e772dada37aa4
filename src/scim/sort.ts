import { valuesAt } from './filter-evaluate.js';
import { isObject, type JsonObject } from './json.js';
import { isProblem, leafOf, resolvePath, type ResolvedPath } from './path.js';
import { subAttributeNamed, type ResourceType } from './schema.js';

/**
 * The attribute to sort by: a complex one stands for its `value`. RFC 7644 §3.4.2.3.
 * @returns undefined for what cannot be sorted by, which is to be ignored
 */
export function resolveSort(type: ResourceType, sortBy: string): ResolvedPath | undefined {
  const path = resolvePath(type, sortBy);
  if (isProblem(path) || leafOf(path).returned === 'never') return undefined;
  if (leafOf(path).type !== 'complex') return path;
  const subAttribute = subAttributeNamed(path.attribute, 'value');
  return subAttribute && { ...path, subAttribute };
}

/**
 * The value by which a resource is sorted: of several values that of the primary one, or else of the first.
 * Resources without it come last in ascending order and first in descending order.
 * @param document a `searchDocument`
 */
export function sortValue(
  path: ResolvedPath,
  document: JsonObject,
): string | number | boolean | undefined {
  const { subAttribute, ...whole } = path;
  const values = valuesAt(whole, document);
  const chosen = values.find((value) => isObject(value) && value['primary'] === true) ?? values[0];
  const value = subAttribute && isObject(chosen) ? chosen[subAttribute.name] : chosen;
  return typeof value === 'object' || value === undefined ? undefined : value;
}
