import { invalidValue, maxValues } from './attribute-value.js';
import { ScimError } from './errors.js';
import type { Filter } from './filter.js';
import {
  deepEqual,
  isList,
  isObject,
  type JsonObject,
  type JsonValue,
  withoutNulls,
} from './json.js';
import { pathText, type ResolvedPath } from './path.js';
import type { PatchOperation } from './patch-operation.js';
import { completed, refuseGrowth, type Attributes } from './resource.js';
import {
  inSchemaOrder,
  isReferenceTo,
  subAttributeNamed,
  type Attribute,
  type ResourceType,
} from './schema.js';
import { ValueSet } from './value-set.js';

export interface PatchContext {
  /** The id of the resource: an operation without path may name it, but no other. */
  readonly id: string;
}

/**
 * Applies the operations of a PATCH to a copy of `current`, in order, all or none. RFC 7644 §3.5.2.
 * An attribute whose values are the same as before, in whatever order, keeps its value as it is in `current`;
 * if nothing changes the result is `current` itself.
 * @param operations from `readPatch` of the same type
 * @throws ScimError noTarget: a filter selects nothing that could be changed (§3.5.2.3); mutability: a required
 *   attribute is gone in the end, an immutable value would change, or `id` is not the resource's; invalidValue:
 *   several primary values, or more than an attribute or a resource may hold
 */
export function applyPatch(
  type: ResourceType,
  current: Attributes,
  operations: readonly PatchOperation[],
  context: PatchContext,
): Attributes {
  const draft = new Draft(type, current);
  for (const operation of operations) {
    if (isIdentity(operation.path.target)) refuseOtherId(operation, context);
    else draft.apply(operation);
  }
  const after = draft.result();
  if (after !== current) refuseGrowth(type, current, after);
  return after;
}

function isIdentity({ attribute, extension }: ResolvedPath): boolean {
  return !extension && attribute.name === 'id';
}

/** Okta's rename of a group names the group's own id: `{"op":"replace","value":{"id":"…","displayName":"…"}}`. */
function refuseOtherId({ value, where }: PatchOperation, { id }: PatchContext): void {
  if (value !== id && value !== null) {
    throw new ScimError(400, 'mutability', `${where}.value.id: the id of a resource cannot change`);
  }
}

class Draft {
  readonly #type: ResourceType;
  readonly #before: Attributes;
  readonly #core: Record<string, JsonValue>;
  readonly #extensions = new Map<string, Record<string, JsonValue>>();
  readonly #lists = new Map<Attribute, { readonly target: ResolvedPath; readonly set: ValueSet }>();

  constructor(type: ResourceType, current: Attributes) {
    this.#type = type;
    this.#before = current;
    this.#core = { ...current };
    for (const { schema } of type.extensions) {
      const held = current[schema.id];
      this.#extensions.set(schema.id, isObject(held) ? { ...held } : {});
    }
  }

  apply(operation: PatchOperation): void {
    const { target } = operation.path;
    if (target.attribute.multiValued) changeValues(this.#list(target), operation);
    else changeSingle(this.#container(target), operation);
  }

  result(): Attributes {
    for (const { target, set } of this.#lists.values()) {
      const container = this.#container(target);
      refuseMoreValues(target, container[target.attribute.name], set.size);
      assign(container, target.attribute, set.size > 0 ? set.values() : null);
    }
    for (const { schema } of this.#type.extensions) {
      const held = inSchemaOrder(schema.attributes, this.#extensions.get(schema.id) ?? {});
      if (Object.keys(held).length > 0) this.#core[schema.id] = held;
      else delete this.#core[schema.id];
    }
    this.#requireAttributes();
    const after = Object.entries(completed(this.#type, this.#core));
    const kept = after.map(([key, value]): [string, JsonValue] => {
      const before = this.#before[key];
      return [key, before !== undefined && deepEqual(value, before) ? before : value];
    });
    const unchanged =
      kept.length === Object.keys(this.#before).length &&
      kept.every(([key, value]) => value === this.#before[key]);
    return unchanged ? this.#before : Object.fromEntries(kept);
  }

  #container(target: ResolvedPath): Record<string, JsonValue> {
    return (target.extension && this.#extensions.get(target.extension.id)) ?? this.#core;
  }

  #list(target: ResolvedPath): ValueSet {
    const known = this.#lists.get(target.attribute);
    if (known) return known.set;
    const held = this.#container(target)[target.attribute.name];
    const set = new ValueSet(target.attribute, isList(held) ? held : []);
    this.#lists.set(target.attribute, { target, set });
    return set;
  }

  #requireAttributes(): void {
    const lost = this.#type.attributes.find(
      ({ name, required, mutability }) =>
        required && mutability !== 'readOnly' && this.#core[name] === undefined,
    );
    if (lost) throw new ScimError(400, 'mutability', `${lost.name}: required, cannot be removed`);
  }
}

/** What `readAttribute` asks of the values that a request holds, for those that several requests add up to. */
function refuseMoreValues(target: ResolvedPath, before: JsonValue | undefined, size: number): void {
  if (size <= maxValues || isReferenceTo(target.attribute)) return;
  if (isList(before) && size <= before.length) return;
  throw invalidValue(pathText(target), `expected at most ${maxValues} values, found ${size}`);
}

function changeSingle(container: Record<string, JsonValue>, operation: PatchOperation): void {
  const { path, op, value = null } = operation;
  const { attribute, subAttribute } = path.target;
  const before = container[attribute.name];
  if (op !== 'remove' && attribute.type !== 'complex') {
    refuseImmutable(attribute, before, value, operation);
    assign(container, attribute, value);
  } else if (!subAttribute && (op === 'remove' || value === null)) {
    assign(container, attribute, null);
  } else {
    const change = changeOf(subAttribute, op === 'remove' ? null : value);
    const after = merged(attribute, isObject(before) ? before : {}, change, operation);
    const ordered = inSchemaOrder(attribute.subAttributes ?? [], after);
    assign(container, attribute, Object.keys(after).length > 0 ? ordered : null);
  }
}

function assign(container: Record<string, JsonValue>, { name }: Attribute, value: JsonValue): void {
  if (value === null) delete container[name];
  else container[name] = value;
}

function changeValues(set: ValueSet, operation: PatchOperation): void {
  const { path, op, value = null } = operation;
  if (path.filter || path.target.subAttribute) {
    changeSelected(set, operation);
    return;
  }
  if (op !== 'add') set.clear();
  if (isList(value)) {
    const primaries: string[] = [];
    for (const element of value) {
      const key = set.add(element);
      if (isPrimary(element)) primaries.push(key);
    }
    keepOnePrimary(set, primaries, operation);
  }
}

function changeSelected(set: ValueSet, operation: PatchOperation): void {
  const { path, op, value = null } = operation;
  const { attribute, subAttribute } = path.target;
  const keys = path.filter ? set.select(path.filter) : set.keys();
  if (!subAttribute && (op === 'remove' || value === null)) {
    for (const key of keys) set.remove(key);
    return;
  }
  const change = changeOf(subAttribute, op === 'remove' ? null : value);
  if (keys.length > 0) {
    const changed = set.change(keys, (before) => merged(attribute, before, change, operation));
    if (isPrimary(change)) keepOnePrimary(set, changed, operation);
  } else if (op !== 'remove' && value !== null) {
    const element = withoutNulls({ ...assignedBy(operation), ...change });
    const key = set.add(inSchemaOrder(attribute.subAttributes ?? [], element));
    if (isPrimary(element)) keepOnePrimary(set, [key], operation);
  }
}

/** Of the values that the operation made primary there may be one; it takes that from all others. RFC 7644 §3.5.2. */
function keepOnePrimary(
  set: ValueSet,
  primaries: readonly string[],
  { where }: PatchOperation,
): void {
  const [key, another] = new Set(primaries);
  if (another !== undefined) {
    throw new ScimError(400, 'invalidValue', `${where}.value: more than one primary value`);
  }
  if (key !== undefined) set.handPrimaryTo(key);
}

/**
 * The sub-attributes that a filter without match demands of the value to create. Entra relies on this: RFC 7644
 * §3.5.2.3 would refuse a replacement. It takes a filter of `eq` and `and` only, a sub-attribute in the path
 * of a replacement, and an attribute whose values may be made up, as members may not.
 */
function assignedBy({ path, op, where }: PatchOperation): JsonObject {
  const { attribute, subAttribute } = path.target;
  const assigned = path.filter ? assignments(path.filter) : {};
  const creatable =
    assigned !== undefined &&
    (subAttribute !== undefined || op === 'add') &&
    !attribute.subAttributes?.some(({ required }) => required);
  if (creatable) return assigned;
  const detail = `${where}.path: no value of ${pathText({ attribute })} matches`;
  throw new ScimError(400, 'noTarget', detail);
}

function assignments(filter: Filter): JsonObject | undefined {
  if (filter.kind === 'compare' && filter.operator === 'eq') {
    const { mutability, name } = filter.path.attribute;
    return mutability === 'readOnly' ? undefined : { [name]: filter.literal };
  }
  if (filter.kind !== 'and') return undefined;
  const result: Record<string, JsonValue> = {};
  for (const operand of filter.operands) {
    const assigned = assignments(operand);
    if (!assigned) return undefined;
    for (const [name, value] of Object.entries(assigned)) {
      if (Object.hasOwn(result, name) && result[name] !== value) return undefined;
      result[name] = value;
    }
  }
  return result;
}

function changeOf(subAttribute: Attribute | undefined, value: JsonValue): JsonObject {
  if (subAttribute) return { [subAttribute.name]: value };
  return isObject(value) ? value : {};
}

/** A complex value with some sub-attributes changed; null removes one. */
function merged(
  attribute: Attribute,
  before: JsonObject,
  change: JsonObject,
  operation: PatchOperation,
): JsonObject {
  const after: Record<string, JsonValue> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    const subAttribute = subAttributeNamed(attribute, name);
    if (!subAttribute) continue;
    if (value === null && subAttribute.required) {
      const detail = `${operation.where}.path: ${attribute.name}.${name} is required`;
      throw new ScimError(400, 'mutability', detail);
    }
    refuseImmutable(subAttribute, before[name], value, operation);
    assign(after, subAttribute, value);
  }
  // The URL of a reference belongs to its old id.
  const moved = isReferenceTo(attribute) && !deepEqual(before['value'], after['value']);
  if (moved && !('$ref' in change)) delete after['$ref'];
  return after;
}

function refuseImmutable(
  { mutability, name }: Attribute,
  before: JsonValue | undefined,
  value: JsonValue,
  { where }: PatchOperation,
): void {
  if (mutability === 'immutable' && before !== undefined && !deepEqual(before, value)) {
    throw new ScimError(400, 'mutability', `${where}.value: ${name} cannot change once it is set`);
  }
}

function isPrimary(value: JsonValue | undefined): boolean {
  return isObject(value) && value['primary'] === true;
}
