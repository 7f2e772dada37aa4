import {
  conformingValue,
  givenValues,
  invalidValue,
  mismatch,
  readAttribute,
  readChange,
  type IgnoredListener,
  type Reading,
} from './attribute-value.js';
import { ScimError } from './errors.js';
import { isList, isObject, type JsonObject, type JsonValue, withoutNulls } from './json.js';
import { excerpt, leafOf, pathText, type ResolvedPath } from './path.js';
import { parsePatchPath, type PatchOperation, type PatchPath } from './patch-operation.js';
import type { QuirkListener } from './quirks/quirk.js';
import { conformingOperations, patchValueQuirks } from './quirks/registry.js';
import { memberNamed } from './quirks/request-member.js';
import { pathsOfRemovedValues, valuedRemoval } from './quirks/valued-removal.js';
import { attributeNamed, extensionNamed, sameUrn } from './schema.js';
import type { Attribute, ResourceType, SchemaDocument } from './schema.js';

export { applyPatch, type PatchContext } from './patch-apply.js';
export type { PatchOperation, PatchPath } from './patch-operation.js';

export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** No PATCH may have more operations, counting each path among the member names of a value. */
export const maxOperations = 1_000;

type Op = PatchOperation['op'];

/** An operation in the making: names checked, path and value not yet. */
interface RawOperation {
  readonly op: Op;
  readonly path: JsonValue | undefined;
  readonly value: JsonValue | undefined;
  readonly where: string;
  /** The place of `value`. */
  readonly place: string;
}

/**
 * Reads the body of a PATCH. RFC 7644 §3.5.2. No operations at all are understood as no change.
 * @param onQuirk hears of deviations from the RFC that were understood
 * @param onIgnored hears of attributes that no schema knows, in operations without a path
 * @throws ScimError invalidSyntax: not a PatchOp message; invalidPath, invalidFilter: a bad path; invalidValue:
 *   a value of the wrong type, or none; mutability: a read-only target; noTarget: a removal without path
 */
export function readPatch(
  type: ResourceType,
  body: unknown,
  onQuirk?: QuirkListener,
  onIgnored?: IgnoredListener,
): readonly PatchOperation[] {
  const reading: Reading = {
    quirks: patchValueQuirks,
    ...(onQuirk && { onQuirk }),
    ...(onIgnored && { onIgnored }),
  };
  const operations = operationsIn(body).flatMap((operation, i) => {
    const where = `Operations[${i}]`;
    if (!isObject(operation)) throw invalidSyntax(where, 'expected an object');
    return conformingOperations(type, operation, onQuirk).map((each) => readRaw(each, where));
  });
  if (operations.length > maxOperations) {
    const problem = `expected at most ${maxOperations} operations, found ${operations.length}`;
    throw invalidValue('Operations', problem);
  }
  return operations.flatMap((raw) => readOperation(type, raw, reading));
}

function operationsIn(body: unknown): readonly JsonValue[] {
  if (!isObject(body)) throw invalidSyntax('body', 'expected a JSON object');
  const schemas = memberNamed(body, 'schemas')?.value;
  const isPatch = (urn: JsonValue): boolean => typeof urn === 'string' && sameUrn(urn, patchSchema);
  if (!isList(schemas) || !schemas.some(isPatch)) {
    throw invalidSyntax('schemas', `expected an array with ${patchSchema}`);
  }
  const operations = memberNamed(body, 'Operations')?.value;
  if (!isList(operations)) throw invalidSyntax('Operations', 'expected an array');
  return operations;
}

function readRaw(operation: JsonObject, where: string): RawOperation {
  const op = memberNamed(operation, 'op')?.value;
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    const found = typeof op === 'string' ? excerpt(op) : typeof op;
    throw invalidSyntax(`${where}.op`, `expected "add", "replace" or "remove", found ${found}`);
  }
  return {
    op,
    path: memberNamed(operation, 'path')?.value ?? undefined,
    value: memberNamed(operation, 'value')?.value,
    where,
    place: `${where}.value`,
  };
}

function readOperation(
  type: ResourceType,
  raw: RawOperation,
  reading: Reading,
): readonly PatchOperation[] {
  const { op, path, value, where, place } = raw;
  if (op !== 'remove' && value === undefined) throw invalidValue(place, 'missing');
  if (path === undefined) {
    if (op === 'remove') throw new ScimError(400, 'noTarget', `${where}.path: missing`);
    if (!isObject(value)) throw invalidValue(place, 'expected an object');
    return readWhole(type, type.schema, { ...raw, value }, reading);
  }
  if (typeof path !== 'string') {
    throw new ScimError(400, 'invalidPath', `${where}.path: expected a string`);
  }
  const parsed = parsePatchPath(type, path, `${where}.path`);
  if ('schema' in parsed) return readWholeAt(type, parsed.schema, raw, reading);
  refuseReadOnly(parsed.target, where);
  return op === 'remove'
    ? readRemoval(parsed, raw, reading)
    : readAssignment(parsed, { ...raw, value: value ?? null }, op, reading);
}

/** An operation whose path is a URN. */
function readWholeAt(
  type: ResourceType,
  schema: SchemaDocument,
  raw: RawOperation,
  reading: Reading,
): readonly PatchOperation[] {
  const { op, value, where, place } = raw;
  if (op === 'add' && value === null) return [];
  if (op === 'remove' || value === null || value === '') {
    return schema.attributes
      .filter(({ mutability }) => mutability !== 'readOnly')
      .map((attribute) => ({
        op: 'remove',
        path: { target: targetIn(type, schema, attribute) },
        where,
      }));
  }
  if (!isObject(value)) throw invalidValue(place, 'expected an object');
  return readWhole(type, schema, { ...raw, value }, reading);
}

/** Each member of `value` as an operation of its own. Unknown and read-only members are ignored, as in a PUT. */
function readWhole(
  type: ResourceType,
  schema: SchemaDocument,
  raw: RawOperation & { readonly value: JsonObject },
  reading: Reading,
): readonly PatchOperation[] {
  const { value, place } = raw;
  const core = schema === type.schema;
  const attributes = core ? type.attributes : schema.attributes;
  const given = givenValues(attributes, value, `${place}.`);
  return Object.entries(value).flatMap(([key, member]): readonly PatchOperation[] => {
    const inner = { ...raw, value: member, place: `${place}.${key}` };
    const attribute = attributeNamed(attributes, key);
    if (attribute && given.has(attribute)) {
      return readMember(targetIn(type, schema, attribute), inner, reading);
    }
    const nested = core ? schemaOf(type, key) : undefined;
    if (nested) return readWholeAt(type, nested, inner, reading);
    reading.onIgnored?.(inner.place);
    return [];
  });
}

function readMember(
  target: ResolvedPath,
  raw: RawOperation,
  reading: Reading,
): readonly PatchOperation[] {
  const { value = null, where, op } = raw;
  if (target.attribute.name === 'id' && !target.extension) {
    return [{ op: 'replace', path: { target }, value, where }];
  }
  if (target.attribute.mutability === 'readOnly') return [];
  return readAssignment({ target }, { ...raw, value }, op, reading);
}

function readAssignment(
  path: PatchPath,
  { value, where, place }: RawOperation & { readonly value: JsonValue },
  op: Op,
  reading: Reading,
): readonly PatchOperation[] {
  if (op === 'add' && value === null) return [];
  const read = path.target.subAttribute
    ? readAttribute(path.target.subAttribute, value, place, reading)
    : readTopLevel(path, value, op, place, reading);
  const leaf = leafOf(path.target);
  if (read === undefined && leaf.required) {
    throw invalidValue(place, `${pathText(path.target)} is required, found no value`);
  }
  if (leaf.mutability === 'writeOnly') return [];
  // An empty list to add is no change, unlike an empty list to put in place.
  if (read === undefined && op === 'add' && isList(value)) return [];
  return [{ op, path, value: read ?? null, where }];
}

function readTopLevel(
  { target, filter }: PatchPath,
  value: JsonValue,
  op: Op,
  place: string,
  reading: Reading,
): JsonValue | undefined {
  const { attribute } = target;
  if (attribute.type !== 'complex') return readAttribute(attribute, value, place, reading);
  if (attribute.multiValued && !filter) return readAttribute(attribute, value, place, reading);
  const one = conformingValue({ ...attribute, multiValued: false }, value, 'value', reading);
  if (one === null) return undefined;
  if (!isObject(one)) throw mismatch(attribute, 'an object', one, place);
  const given = op === 'add' ? withoutNulls(one) : one;
  return readChange(attribute.subAttributes ?? [], given, `${place}.`, reading);
}

function readRemoval(
  path: PatchPath,
  { value, where, place }: RawOperation,
  reading: Reading,
): readonly PatchOperation[] {
  const { attribute, subAttribute } = path.target;
  const remove = (removed: PatchPath): PatchOperation => ({ op: 'remove', path: removed, where });
  const whole = value === undefined || value === null || path.filter || subAttribute;
  if (whole || !attribute.multiValued) return [remove(path)];
  const values = readAttribute(attribute, value, place, reading);
  reading.onQuirk?.(valuedRemoval);
  return isList(values) ? pathsOfRemovedValues(path, values).map(remove) : [];
}

function refuseReadOnly(target: ResolvedPath, where: string): void {
  if (target.attribute.mutability === 'readOnly' || leafOf(target).mutability === 'readOnly') {
    const detail = `${where}.path: ${pathText(target)} is read-only`;
    throw new ScimError(400, 'mutability', detail);
  }
}

/** The schema of the resource whose URN a member of a value bears. */
function schemaOf(type: ResourceType, urn: string): SchemaDocument | undefined {
  return sameUrn(urn, type.schema.id) ? type.schema : extensionNamed(type, urn);
}

function targetIn(type: ResourceType, schema: SchemaDocument, attribute: Attribute): ResolvedPath {
  return schema === type.schema ? { attribute } : { extension: schema, attribute };
}

function invalidSyntax(where: string, problem: string): ScimError {
  return new ScimError(400, 'invalidSyntax', `${where}: ${problem}`);
}
