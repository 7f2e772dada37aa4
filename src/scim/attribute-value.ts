import { normalizeDateTime } from './comparison.js';
import { ScimError } from './errors.js';
import { isList, isObject, type JsonObject, type JsonValue } from './json.js';
import { excerpt } from './path.js';
import type { QuirkListener, ValueQuirk } from './quirks/quirk.js';
import { attributeNamed, isReferenceTo, type Attribute } from './schema.js';
import { distinctValues } from './value-set.js';

/** How values of a request are read: which deviations are understood, and who hears of them. */
export interface Reading {
  readonly quirks: readonly ValueQuirk[];
  readonly onQuirk?: QuirkListener;
  readonly onIgnored?: IgnoredListener;
}

/** Hears of attributes that no schema knows. @param place in the request: `emails[0].sort` */
export type IgnoredListener = (place: string) => void;

/** The longest value of an attribute that must be unique, in UTF-16 units: such values are keys of indexes. */
export const maxUniqueLength = 1_000;

/** The longest value of any other text attribute, in UTF-16 units. */
export const maxTextLength = 100_000;

/** The most values of a multi-valued attribute, unless its values refer to resources, as members do. */
export const maxValues = 1_000;

const unstorable = /\0|\p{Surrogate}/u;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * Checks a value against its attribute and brings it to canonical form: names in schema case and order,
 * unknown and read-only sub-attributes left out, equal values of a list only once.
 * @param where the place in the request, for messages
 * @returns undefined for what leaves the attribute unassigned: absent, null, `[]`, `{}` (RFC 7643 §2.5)
 * @throws ScimError invalidValue; invalidSyntax for a sub-attribute given twice in different letter case
 */
export function readAttribute(
  attribute: Attribute,
  value: JsonValue | undefined,
  where: string,
  reading: Reading,
): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (!attribute.multiValued) return readSingle(attribute, value, where, reading);
  const given = isList(value) ? value : conformingValue(attribute, value, 'list', reading);
  if (given === null) return undefined;
  if (!isList(given)) throw mismatch(attribute, 'an array', given, where);
  if (given.length > maxValues && !isReferenceTo(attribute)) {
    throw invalidValue(where, `expected at most ${maxValues} values, found ${given.length}`);
  }
  return readList(attribute, given, where, reading);
}

/** Reads each attribute of an object; undefined if none is assigned. For errors see `readAttribute`. */
export function readObject(
  attributes: readonly Attribute[],
  object: JsonObject,
  prefix: string,
  reading: Reading,
): JsonObject | undefined {
  const given = givenValues(attributes, object, prefix, reading.onIgnored);
  const result: Record<string, JsonValue> = {};
  let assigned = false;
  for (const attribute of attributes) {
    if (attribute.mutability === 'readOnly') continue;
    const where = prefix + attribute.name;
    const value = readAttribute(attribute, given.get(attribute), where, reading);
    if (value === undefined) {
      if (attribute.required) throw missing(attribute, given.get(attribute), where);
    } else if (attribute.mutability !== 'writeOnly') {
      result[attribute.name] = value;
      assigned = true;
    }
  }
  return assigned ? result : undefined;
}

/**
 * Reads only the attributes that `object` names, null for those that it unassigns: a change of an object.
 * @throws ScimError as `readAttribute`, and invalidValue for a required attribute that would lose its value
 */
export function readChange(
  attributes: readonly Attribute[],
  object: JsonObject,
  prefix: string,
  reading: Reading,
): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [attribute, given] of givenValues(attributes, object, prefix, reading.onIgnored)) {
    if (attribute.mutability === 'readOnly') continue;
    const where = prefix + attribute.name;
    const value = readAttribute(attribute, given, where, reading);
    if (value === undefined && attribute.required) throw missing(attribute, given, where);
    if (attribute.mutability !== 'writeOnly') result[attribute.name] = value ?? null;
  }
  return result;
}

/** RFC 7643 §2.4. */
function refuseSecondPrimary(values: readonly JsonValue[], where: string): void {
  const primaries = values.filter((value) => isObject(value) && value['primary'] === true).length;
  if (primaries > 1) {
    throw invalidValue(where, `expected at most one primary value, found ${primaries}`);
  }
}

export function invalidValue(where: string, problem: string): ScimError {
  return new ScimError(400, 'invalidValue', `${where}: ${problem}`);
}

/** The value after the quirks: what the client meant, where it stands for a whole list or a single value. */
export function conformingValue(
  attribute: Attribute,
  value: JsonValue,
  expected: 'list' | 'value',
  { quirks, onQuirk }: Reading,
): JsonValue {
  let result = value;
  for (const quirk of quirks) {
    const before = result;
    result = quirk.apply(attribute, before, expected);
    if (result !== before) onQuirk?.(quirk.name);
  }
  return result;
}

/** The members of `object` by the attribute that each names, in any letter case; unknown members are left out. */
export function givenValues(
  attributes: readonly Attribute[],
  object: JsonObject,
  prefix: string,
  onIgnored?: IgnoredListener,
): ReadonlyMap<Attribute, JsonValue> {
  const given = new Map<Attribute, JsonValue>();
  for (const [key, value] of Object.entries(object)) {
    const attribute = attributeNamed(attributes, key);
    if (!attribute) {
      onIgnored?.(prefix + key);
      continue;
    }
    if (given.has(attribute)) {
      const detail = `${prefix}${attribute.name}: given more than once, in different letter case`;
      throw new ScimError(400, 'invalidSyntax', detail);
    }
    given.set(attribute, value);
  }
  return given;
}

function readList(
  attribute: Attribute,
  given: readonly JsonValue[],
  where: string,
  reading: Reading,
): readonly JsonValue[] | undefined {
  const values: JsonValue[] = [];
  for (const [i, element] of given.entries()) {
    if (element === null) continue;
    const value = readSingle(attribute, element, `${where}[${i}]`, reading);
    if (value !== undefined) values.push(value);
  }
  const distinct = distinctValues(attribute, values);
  refuseSecondPrimary(distinct, where);
  return distinct.length > 0 ? distinct : undefined;
}

function readSingle(
  attribute: Attribute,
  given: JsonValue,
  where: string,
  reading: Reading,
): JsonValue | undefined {
  const value = conformingValue(attribute, given, 'value', reading);
  if (value === null) return undefined;
  switch (attribute.type) {
    case 'complex':
      if (!isObject(value)) throw mismatch(attribute, 'an object', value, where);
      return readObject(attribute.subAttributes ?? [], value, `${where}.`, reading);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(attribute, 'a boolean', value, where);
      return value;
    case 'integer':
      if (!Number.isSafeInteger(value)) throw mismatch(attribute, 'an integer', value, where);
      return value;
    case 'decimal':
      if (typeof value !== 'number') throw mismatch(attribute, 'a number', value, where);
      return value;
    case 'string':
    case 'reference':
    case 'dateTime':
    case 'binary':
      if (typeof value !== 'string') throw mismatch(attribute, 'a string', value, where);
      return readText(attribute, value, where);
  }
}

function readText(attribute: Attribute, value: string, where: string): string {
  const limit = attribute.uniqueness === 'none' ? maxTextLength : maxUniqueLength;
  if (value.length > limit) {
    throw invalidValue(where, `expected at most ${limit} characters, found ${value.length}`);
  }
  if (unstorable.test(value)) throw invalidValue(where, 'holds NUL or a lone surrogate');
  if (attribute.required && value === '') throw missing(attribute, value, where);
  if (attribute.type === 'dateTime' && normalizeDateTime(value) === undefined) {
    throw mismatch(attribute, 'a dateTime such as 2011-05-13T04:42:34Z', value, where);
  }
  if (attribute.type === 'binary' && !base64.test(value)) {
    throw mismatch(attribute, 'Base64', value, where);
  }
  return value;
}

function missing(attribute: Attribute, given: JsonValue | undefined, where: string): ScimError {
  const found = given === undefined ? 'nothing' : describe(attribute, given);
  return invalidValue(where, `required, found ${found}`);
}

/** A value of another type than the attribute's; the message shows no secret. */
export function mismatch(
  attribute: Attribute,
  expected: string,
  found: JsonValue,
  where: string,
): ScimError {
  return invalidValue(where, `expected ${expected}, found ${describe(attribute, found)}`);
}

/** A value as a message may show it: short, and no secret. */
function describe(attribute: Attribute, value: JsonValue): string {
  if (value === null) return 'null';
  if (isList(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (isObject(value)) return 'an object';
  if (attribute.returned === 'never') return `a ${typeof value}`;
  return typeof value === 'string' ? excerpt(value) : String(value);
}
