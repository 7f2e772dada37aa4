/*
 * THE PROTOCOL: RFC 7643, 7644 and 9865 as a pure library that knows nothing of Rollcall.
 * A file of this folder imports this folder and Node's own modules, nothing else.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * One text for all values that `deepEqual` holds equal.
 * Recurses without limit: only for values that the schema walker has bounded.
 */
export function canonicalText(value: JsonValue): string {
  if (isList(value)) return `[${value.map(canonicalText).sort().join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`,
  );
  return `{${members.sort().join()}}`;
}

/**
 * Whether two values are equal. The order of object members and of array elements is without meaning,
 * because the values of a multi-valued attribute are a set (RFC 7643 §2.4).
 */
export function deepEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (isList(a) && isList(b)) return a.length === b.length && sameElements(a, b);
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
  );
}

function sameElements(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  return a.every((element, i) => deepEqual(element, b[i])) || canonicalText(a) === canonicalText(b);
}

/** The members that hold a value. RFC 7643 §2.5: null means unassigned. */
export function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
