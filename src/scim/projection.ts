import { ScimError } from './errors.js';
import { isList, isObject, type JsonObject, type JsonValue } from './json.js';
import { isProblem, resolvePath } from './path.js';
import {
  attributeNamed,
  extensionNamed,
  sameUrn,
  type Attribute,
  type ResourceType,
} from './schema.js';

/** Which attributes a response shows. RFC 7644 §3.9. */
export interface Projection {
  readonly mode: 'only' | 'without';
  /** By attribute name or extension URN; the inner names are sub-attributes, or attributes of the extension. */
  readonly selected: Selection;
}

/** `true` selects the whole, a map only the named parts. */
type Selection = ReadonlyMap<string, Selection | true>;
type WritableSelection = Map<string, WritableSelection | true>;

/** A parameter as query strings give it (comma-separated, perhaps repeated) or as a message body does. */
export interface ProjectionParameters {
  readonly attributes?: string | readonly string[];
  readonly excludedAttributes?: string | readonly string[];
}

/**
 * Reads `attributes` and `excludedAttributes`. Unknown names select nothing; blank parameters count as absent.
 * @returns undefined if neither parameter is given
 * @throws ScimError invalidValue: both are given, although they exclude each other (RFC 7644 §3.9)
 */
export function parseProjection(
  type: ResourceType,
  parameters: ProjectionParameters,
): Projection | undefined {
  const only = namesIn(parameters.attributes);
  const without = namesIn(parameters.excludedAttributes);
  if (only.length > 0 && without.length > 0) {
    const detail = 'attributes: cannot be given together with excludedAttributes';
    throw new ScimError(400, 'invalidValue', detail);
  }
  if (only.length > 0) return { mode: 'only', selected: select(type, only) };
  if (without.length > 0) return { mode: 'without', selected: select(type, without) };
  return undefined;
}

/**
 * The part of a rendered resource that the projection shows. Without a projection that is everything but
 * what is returned only on request (RFC 7643 §7).
 */
export function projectResource(
  type: ResourceType,
  resource: JsonObject,
  projection: Projection | undefined,
): JsonObject {
  if (!projection && showsWhole(type)) return resource;
  const result: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(resource)) {
    const attribute = attributeNamed(type.attributes, key);
    const extension = attribute ? undefined : extensionNamed(type, key);
    const shown = attribute
      ? projectAttribute(attribute, value, projection, projection?.selected.get(key))
      : extension && isObject(value)
        ? projectObject(extension.attributes, value, projection, projection?.selected.get(key))
        : undefined;
    if (shown !== undefined) result[key] = shown;
  }
  return result;
}

const wholeTypes = new WeakMap<ResourceType, boolean>();

/** Whether a response without projection leaves nothing out that a stored resource can hold. */
function showsWhole(type: ResourceType): boolean {
  let whole = wholeTypes.get(type);
  if (whole === undefined) {
    const all = [...type.attributes, ...type.extensions.flatMap(({ schema }) => schema.attributes)];
    const shown = ({ returned, mutability, subAttributes = [] }: Attribute): boolean =>
      (returned !== 'request' && returned !== 'never' && subAttributes.every(shown)) ||
      mutability === 'writeOnly';
    whole = all.every(shown);
    wholeTypes.set(type, whole);
  }
  return whole;
}

/** Whether a response shows anything of the top-level attribute, so that a caller may spare itself its value. */
export function projectionIncludes(projection: Projection | undefined, attribute: string): boolean {
  if (!projection) return true;
  const selected = projection.selected.get(attribute);
  return projection.mode === 'only' ? selected !== undefined : selected !== true;
}

function namesIn(parameter: string | readonly string[] | undefined): readonly string[] {
  const texts = parameter === undefined ? [] : [parameter].flat();
  return texts.flatMap((text) => text.split(',').map((name) => name.trim())).filter(Boolean);
}

function select(type: ResourceType, names: readonly string[]): Selection {
  const selected: WritableSelection = new Map();
  for (const name of names) {
    for (const path of keysOf(type, name)) include(selected, path);
  }
  return selected;
}

function keysOf(type: ResourceType, name: string): readonly (readonly string[])[] {
  const extension = extensionNamed(type, name);
  if (extension) return [[extension.id]];
  if (sameUrn(name, type.schema.id)) return type.schema.attributes.map((core) => [core.name]);
  const resolved = resolvePath(type, name);
  if (isProblem(resolved)) return [];
  const parts = [resolved.extension?.id, resolved.attribute.name, resolved.subAttribute?.name];
  return [parts.filter((part) => part !== undefined)];
}

function include(selected: WritableSelection, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return;
  const present = selected.get(key);
  if (present === true) return;
  if (rest.length === 0) {
    selected.set(key, true);
    return;
  }
  const inner = present ?? new Map();
  selected.set(key, inner);
  include(inner, rest);
}

function projectAttribute(
  attribute: Attribute,
  value: JsonValue,
  projection: Projection | undefined,
  selected: Selection | true | undefined,
): JsonValue | undefined {
  if (attribute.returned === 'never') return undefined;
  const always = attribute.returned === 'always';
  if (projection?.mode === 'only') {
    if (selected === undefined) return always ? value : undefined;
  } else if (!always && (attribute.returned === 'request' || selected === true)) {
    return undefined;
  }
  const { subAttributes } = attribute;
  if (!subAttributes) return value;
  if (selected === true || selected === undefined) {
    return subAttributes.every(isShownByDefault)
      ? value
      : projectParts(subAttributes, value, undefined, undefined);
  }
  return projectParts(subAttributes, value, projection, selected);
}

function isShownByDefault({ returned }: Attribute): boolean {
  return returned === 'always' || returned === 'default';
}

function projectParts(
  attributes: readonly Attribute[],
  value: JsonValue,
  projection: Projection | undefined,
  selected: Selection | undefined,
): JsonValue | undefined {
  if (!isList(value)) {
    return isObject(value) ? projectObject(attributes, value, projection, selected) : value;
  }
  const values = value.flatMap((element) => {
    const shown = isObject(element)
      ? projectObject(attributes, element, projection, selected)
      : element;
    return shown === undefined ? [] : [shown];
  });
  return values.length > 0 ? values : undefined;
}

function projectObject(
  attributes: readonly Attribute[],
  value: JsonObject,
  projection: Projection | undefined,
  selected: Selection | true | undefined,
): JsonObject | undefined {
  if (projection && selected === undefined && projection.mode === 'only') return undefined;
  if (projection && selected === true) {
    if (projection.mode === 'without') return undefined;
    return projectObject(attributes, value, undefined, undefined);
  }
  const result: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    const attribute = attributeNamed(attributes, key);
    const inner = selected === true ? undefined : selected?.get(key);
    const shown = attribute && projectAttribute(attribute, member, projection, inner);
    if (shown !== undefined) result[key] = shown;
  }
  return Object.keys(result).length > 0 ? result : undefined;
}
