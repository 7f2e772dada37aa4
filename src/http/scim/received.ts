import type { Filter } from '../../scim/filter.js';
import { isList, isObject, type JsonObject, type JsonValue } from '../../scim/json.js';
import { parsePatchPath } from '../../scim/patch-operation.js';
import { leafOf, pathText, type ResolvedPath } from '../../scim/path.js';
import { memberNamed } from '../../scim/quirks/request-member.js';
import type { ResourceType } from '../../scim/schema.js';

/*
 * What a request held, for the log of requests: names and paths, without values. Values are personal data; ids, which
 * we or a provider made, are none.
 */

const REDACTED = '…';
const MOST_NAMES = 100;
const MOST_OPERATIONS = 50;
const ATTRIBUTE_NAME = /^[a-z$][\w$.:-]{0,149}$/i;
const OPERATION = /^(?:add|replace|remove)$/i;
const ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|00[a-z][a-z0-9]{17})$/i;
/** Ids of Okta's users in place of what should be their names. */
const OKTA_USER_ID = /^00u[a-z0-9]+$/i;

/** Whether the text is a UUID or one of Okta's ids. */
export const isId = (text: string): boolean => ID.test(text);

/** The names of a body's attributes and of their sub-attributes. */
export function attributesReceived(body: unknown): readonly string[] {
  if (!isObject(body)) return [];
  const names = Object.entries(body).flatMap(([name, value]) => namesBelow(name, value));
  return [...new Set(names.map(shownName))].slice(0, MOST_NAMES);
}

/** The operations of a PATCH, such as `replace emails[type eq "work"].value`. */
export function operationsReceived(type: ResourceType, body: unknown): readonly string[] {
  return rawOperations(body).map((operation) => {
    const op = memberNamed(operation, 'op')?.value;
    const path = memberNamed(operation, 'path')?.value;
    const value = memberNamed(operation, 'value')?.value;
    const verb = typeof op === 'string' && OPERATION.test(op) ? op : REDACTED;
    if (typeof path === 'string' && path !== '') return `${verb} ${pathReceived(type, path)}`;
    return `${verb} without path: ${attributesReceived(value).join(', ') || REDACTED}`;
  });
}

/** A filter with its values left out, except ids, booleans and the values that the schema itself names. */
export function filterReceived(filter: Filter): string {
  return filterText(filter, (text) => isId(text));
}

/** The same for every filter that differs in its values only. */
export function filterShape(filter: Filter): string {
  return filterText(filter, () => false);
}

/** The one attribute that a look-up compares; undefined for any other filter. */
export function lookupAttribute(filter: Filter): string | undefined {
  if (filter.kind === 'compare' && filter.operator === 'eq') return pathText(filter.path);
  if (filter.kind !== 'valuePath') return undefined;
  const tests = filter.filter.kind === 'and' ? filter.filter.operands : [filter.filter];
  const tested = tests.find(
    (test) => test.kind === 'compare' && pathText(test.path) === 'value' && test.operator === 'eq',
  );
  return tested && `${pathText(filter.path)}.value`;
}

/** The userName in the body of a POST, PUT or PATCH, whatever becomes of it. */
export function userNameReceived(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  const given = [body, ...rawOperations(body).map(assignment)].map(
    (object) => memberNamed(object, 'userName')?.value,
  );
  return given.find((value) => typeof value === 'string');
}

export const isOktaUserId = (userName: string): boolean => OKTA_USER_ID.test(userName);

/** What an operation assigns, as an object. */
function assignment(operation: JsonObject): JsonObject {
  const path = memberNamed(operation, 'path')?.value;
  const value = memberNamed(operation, 'value')?.value ?? null;
  if (typeof path === 'string') return { [path]: value };
  return isObject(value) ? value : {};
}

function rawOperations(body: unknown): readonly JsonObject[] {
  const operations = isObject(body) ? memberNamed(body, 'Operations')?.value : undefined;
  return isList(operations) ? operations.slice(0, MOST_OPERATIONS).filter(isObject) : [];
}

function namesBelow(name: string, value: JsonValue): readonly string[] {
  const object = isList(value) ? value.find(isObject) : value;
  if (object === undefined || !isObject(object)) return [name];
  const separator = name.includes(':') ? ':' : '.';
  return Object.keys(object).map((sub) => `${name}${separator}${sub}`);
}

/** A name as it was sent, unless it may be a value in the wrong place. */
export function shownName(name: string): string {
  return ATTRIBUTE_NAME.test(name) ? name : REDACTED;
}

function pathReceived(type: ResourceType, path: string): string {
  try {
    const parsed = parsePatchPath(type, path, 'path');
    if ('schema' in parsed) return parsed.schema.id;
    const { target, filter } = parsed;
    if (!filter) return shownName(path);
    const { subAttribute, ...whole } = target;
    const sub = subAttribute ? `.${subAttribute.name}` : '';
    return `${pathText(whole)}[${filterReceived(filter)}]${sub}`;
  } catch {
    const bracket = path.indexOf('[');
    return bracket < 0 ? shownName(path) : `${shownName(path.slice(0, bracket))}[${REDACTED}]`;
  }
}

type Shown = (literal: string) => boolean;

function filterText(filter: Filter, shown: Shown): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands.map((operand) => nestedText(operand, shown)).join(` ${filter.kind} `);
    case 'not':
      return `not (${filterText(filter.operand, shown)})`;
    case 'present':
      return `${pathText(filter.path)} pr`;
    case 'valuePath':
      return `${pathText(filter.path)}[${filterText(filter.filter, shown)}]`;
    case 'compare': {
      const { path, operator, literal } = filter;
      return `${pathText(path)} ${operator} ${literalText(path, literal, shown)}`;
    }
  }
}

function nestedText(filter: Filter, shown: Shown): string {
  const text = filterText(filter, shown);
  return filter.kind === 'and' || filter.kind === 'or' ? `(${text})` : text;
}

function literalText(path: ResolvedPath, literal: string | number | boolean, shown: Shown): string {
  if (typeof literal === 'boolean') return String(literal);
  if (typeof literal === 'number') return REDACTED;
  const named = leafOf(path).canonicalValues?.includes(literal) ?? false;
  return named || shown(literal) ? JSON.stringify(literal) : REDACTED;
}
