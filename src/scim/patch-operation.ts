import { ScimError } from './errors.js';
import type { JsonValue } from './json.js';
import { invalidFilter, maxFilterLength } from './filter-tokens.js';
import { parseValueFilter, type Filter } from './filter.js';
import { excerpt, isProblem, resolvePath, type ResolvedPath } from './path.js';
import {
  extensionNamed,
  sameUrn,
  subAttributeNamed,
  type ResourceType,
  type SchemaDocument,
} from './schema.js';

/** What an operation of a PATCH changes: an attribute or sub-attribute, of all values or of those that match. */
export interface PatchPath {
  readonly target: ResolvedPath;
  /** Selects values of the multi-valued `target.attribute`; its paths are relative to a value. */
  readonly filter?: Filter;
}

/**
 * One change of one attribute, checked against the schema.
 * An operation without path, or on a whole schema, has become one operation for each attribute that it names.
 */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: PatchPath;
  /**
   * In canonical form. Null unassigns. For a complex attribute, or one value of it, an object of the
   * sub-attributes to change, in which null unassigns. Absent with `remove`.
   */
  readonly value?: JsonValue;
  /** The place in the request, for messages: `Operations[0]`. */
  readonly where: string;
}

/** All attributes of one schema: the path is a URN without an attribute. */
export interface SchemaPath {
  readonly schema: SchemaDocument;
}

/**
 * Parses the path of a PATCH operation. RFC 7644 §3.5.2:
 *
 *     PATH = attrPath / attrPath "[" filter "]" [ "." subAttr ]
 *
 * @param where the place in the request, for messages
 * @throws ScimError invalidPath: malformed, or no such attribute; invalidFilter: malformed between the brackets, or a
 *   test of a URL that only answers have
 */
export function parsePatchPath(
  type: ResourceType,
  text: string,
  where: string,
): PatchPath | SchemaPath {
  if (text.length > maxFilterLength) throw invalidPath(where, 'too long');
  const schema = sameUrn(text, type.schema.id) ? type.schema : extensionNamed(type, text);
  if (schema) return { schema };
  const open = text.indexOf('[');
  const target = resolve(type, open < 0 ? text : text.slice(0, open), where);
  if (open < 0) return { target };
  const { attribute, subAttribute } = target;
  if (subAttribute || attribute.type !== 'complex' || !attribute.multiValued) {
    throw invalidPath(where, `${excerpt(text)} selects values of a single-valued attribute`);
  }
  const close = closingBracket(text, open);
  if (close < 0) throw invalidPath(where, `expected "]" in ${excerpt(text)}`);
  const inner = text.slice(open + 1, close);
  if (inner.trim() === '') throw invalidPath(where, `expected a filter between the brackets`);
  const filter = parseValueFilter(attribute, inner);
  if (testsUrl(filter)) {
    throw invalidFilter(`$ref selects no values of ${attribute.name} in a PATCH: expected value`);
  }
  const rest = text.slice(close + 1);
  if (rest === '') return { target, filter };
  const sub = rest.startsWith('.') ? subAttributeNamed(attribute, rest.slice(1)) : undefined;
  if (!sub) throw invalidPath(where, `no sub-attribute ${excerpt(rest)} in ${attribute.name}`);
  return { target: { ...target, subAttribute: sub }, filter };
}

export function invalidPath(where: string, problem: string): ScimError {
  return new ScimError(400, 'invalidPath', `${where}: ${problem}`);
}

/** Whether the filter needs URLs that only answers have: no value would match, and nothing would say so. */
function testsUrl(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands.some(testsUrl);
    case 'not':
      return testsUrl(filter.operand);
    case 'valuePath':
      return testsUrl(filter.filter);
    case 'compare':
    case 'present': {
      const { type, mutability } = filter.path.attribute;
      return type === 'reference' && mutability === 'readOnly';
    }
  }
}

function resolve(type: ResourceType, text: string, where: string): ResolvedPath {
  const resolved = resolvePath(type, text);
  if (isProblem(resolved)) throw invalidPath(where, resolved.problem);
  return resolved;
}

// A bracket inside a string, as in emails[value eq "a]b"], closes nothing.
function closingBracket(text: string, open: number): number {
  let quoted = false;
  for (let i = open + 1; i < text.length; i++) {
    const character = text[i];
    if (quoted && character === '\\') i++;
    else if (character === '"') quoted = !quoted;
    else if (character === ']' && !quoted) return i;
  }
  return -1;
}
