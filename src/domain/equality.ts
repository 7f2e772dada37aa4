import type { JsonObject, JsonValue } from './identifiers.js';

/** Whether two JSON values are equal; the order of object members does not matter, that of arrays does. */
export function sameJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || !left || !right) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: JsonValue, index) => sameJson(item, right[index] as JsonValue))
    );
  }
  const [a, b] = [left as JsonObject, right as JsonObject];
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  );
}
