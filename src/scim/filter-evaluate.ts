import { compareText } from './comparison.js';
import type { ComparisonFilter, Filter } from './filter.js';
import { isList, isObject, type JsonObject, type JsonValue } from './json.js';
import type { ResolvedPath } from './path.js';

/**
 * Whether a resource matches the filter: the reference for every other execution of filters.
 * @param document a `searchDocument`, or for a value filter the `searchValue` of one value
 */
export function evaluateFilter(filter: Filter, document: JsonObject): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.operands.every((operand) => evaluateFilter(operand, document));
    case 'or':
      return filter.operands.some((operand) => evaluateFilter(operand, document));
    case 'not':
      return !evaluateFilter(filter.operand, document);
    case 'present':
      return valuesAt(filter.path, document).some(isPresent);
    case 'compare':
      return filter.operator === 'ne'
        ? !valuesAt(filter.path, document).some((found) => found === filter.value)
        : valuesAt(filter.path, document).some((found) => compares(filter, found));
    case 'valuePath':
      return valuesAt(filter.path, document).some(
        (element) => isObject(element) && evaluateFilter(filter.filter, element),
      );
  }
}

/** The values that the path leads to, of every element of a list; empty if there is none. */
export function valuesAt(path: ResolvedPath, document: JsonObject): readonly JsonValue[] {
  const container = path.extension ? document[path.extension.id] : document;
  if (!isObject(container)) return [];
  const values = elements(container[path.attribute.name]);
  const { subAttribute } = path;
  if (!subAttribute) return values;
  return values.flatMap((value) => (isObject(value) ? elements(value[subAttribute.name]) : []));
}

function elements(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}

/** RFC 7644 §3.4.2.2: a non-empty value, or a complex value that holds one. */
function isPresent(value: JsonValue): boolean {
  if (isObject(value)) return Object.values(value).flatMap(elements).some(isPresent);
  return value !== '' && value !== null;
}

function compares({ operator, value }: ComparisonFilter, found: JsonValue): boolean {
  switch (operator) {
    case 'eq':
      return found === value;
    case 'ne':
      return found !== value;
    case 'co':
      return typeof found === 'string' && found.includes(String(value));
    case 'sw':
      return typeof found === 'string' && found.startsWith(String(value));
    case 'ew':
      return typeof found === 'string' && found.endsWith(String(value));
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le': {
      const order = compareValues(found, value);
      if (order === undefined) return false;
      if (order === 0) return operator === 'ge' || operator === 'le';
      return order > 0 === (operator === 'gt' || operator === 'ge');
    }
  }
}

function compareValues(a: JsonValue, b: JsonValue): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return undefined;
}
