import { invalidValue, readObject, type IgnoredListener, type Reading } from './attribute-value.js';
import { ScimError } from './errors.js';
import { isList, isObject, type JsonObject, type JsonValue } from './json.js';
import { excerpt } from './path.js';
import { legacyCoreUrn } from './quirks/legacy-core.js';
import type { QuirkListener } from './quirks/quirk.js';
import { conformingResource, resourceValueQuirks } from './quirks/registry.js';
import { memberNamed } from './quirks/request-member.js';
import {
  attributeNamed,
  extensionNamed,
  isReferenceTo,
  sameUrn,
  type ResourceType,
} from './schema.js';

/**
 * What clients may write of a resource, in canonical form: names in schema case and order; the data of an
 * extension in a member named by its URN, last; nothing that is read-only, write-only or unassigned.
 * Holds `externalId`; holds neither `id`, `meta`, `schemas` nor `password`.
 */
export type Attributes = JsonObject;

/** What the service provider adds to a resource. Times are dateTimes, `version` is an entity tag. */
export interface ResourceIdentity {
  readonly id: string;
  readonly created: string;
  readonly lastModified: string;
  readonly version: string;
  /** Absolute URL. */
  readonly location: string;
}

/**
 * Reads the body of a POST or PUT. RFC 7644 §3.3 and §3.5.1.
 * Ignores unknown and read-only attributes. An unassigned `active` becomes true.
 * @param body any value that JSON can hold, of any depth
 * @param onQuirk hears of deviations from the RFCs that were understood
 * @param onIgnored hears of attributes that no schema knows
 * @throws ScimError invalidSyntax: no object, or an attribute twice in different letter case; invalidValue:
 *   wrong `schemas`, wrong type, missing required attribute; invalidVers: a schema of SCIM 1.1
 */
export function readResource(
  type: ResourceType,
  body: unknown,
  onQuirk?: QuirkListener,
  onIgnored?: IgnoredListener,
): Attributes {
  if (!isObject(body)) {
    throw new ScimError(400, 'invalidSyntax', 'body: expected a JSON object');
  }
  const resource = conformingResource(type, body, onQuirk);
  checkSchemas(type, memberNamed(resource, 'schemas')?.value);
  const reading: Reading = {
    quirks: resourceValueQuirks,
    ...(onQuirk && { onQuirk }),
    ...(onIgnored && { onIgnored: exceptExtensions(type, onIgnored) }),
  };
  const core = readObject(type.attributes, resource, '', reading);
  return completed(type, { ...core, ...readExtensions(type, resource, reading) });
}

/**
 * The most bytes of JSON that a PATCH may bring a resource to, references to other resources not counted: who reads a
 * resource must be able to send it back in a PUT, and many requests could build what none may hold.
 */
export const maxResourceBytes = 1_000_000;

/** @throws ScimError invalidValue if `after` holds more than a resource may, and more than `before` */
export function refuseGrowth(type: ResourceType, before: Attributes, after: Attributes): void {
  const bytes = bytesOf(type, after);
  if (bytes <= maxResourceBytes || bytes <= bytesOf(type, before)) return;
  const problem = `expected at most ${maxResourceBytes} bytes of JSON, found ${bytes}`;
  throw invalidValue('the resource after the operations', problem);
}

function bytesOf(type: ResourceType, attributes: Attributes): number {
  const counted = Object.entries(attributes).filter(([name]) => {
    const attribute = attributeNamed(type.attributes, name);
    return attribute === undefined || !isReferenceTo(attribute);
  });
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(counted)));
}

/** The attributes with defaults in place of what is unassigned, in canonical order. */
export function completed(type: ResourceType, attributes: Attributes): Attributes {
  const result: Record<string, JsonValue> = {};
  const names = type.attributes.map(({ name }) => name);
  const urns = type.extensions.map(({ schema }) => schema.id);
  for (const key of [...names, ...urns]) {
    const value = attributes[key] ?? type.defaults[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/**
 * The resource as clients receive it, before projection. RFC 7643 §3.
 * @param readOnly values of read-only attributes such as `groups`; they replace attributes of the same name
 */
export function renderResource(
  type: ResourceType,
  attributes: Attributes,
  identity: ResourceIdentity,
  readOnly?: JsonObject,
): JsonObject {
  const { id, created, lastModified, location, version } = identity;
  const schemas = [type.schema.id];
  for (const { schema } of type.extensions) {
    if (Object.hasOwn(attributes, schema.id)) schemas.push(schema.id);
  }
  return {
    schemas,
    id,
    ...attributes,
    ...readOnly,
    meta: { resourceType: type.name, created, lastModified, location, version },
  };
}

/** Beside the core attributes stand the extensions, each in a member named by its URN. */
function exceptExtensions(type: ResourceType, onIgnored: IgnoredListener): IgnoredListener {
  return (place) => {
    if (!extensionNamed(type, place)) onIgnored(place);
  };
}

function checkSchemas(type: ResourceType, schemas: JsonValue | undefined): void {
  if (!isList(schemas) || schemas.length === 0) {
    throw invalidValue('schemas', `expected an array with ${type.schema.id}`);
  }
  for (const [i, urn] of schemas.entries()) {
    if (typeof urn !== 'string') throw invalidValue(`schemas[${i}]`, 'expected a string');
    if (sameUrn(urn, type.schema.id) || extensionNamed(type, urn)) continue;
    if (sameUrn(urn, legacyCoreUrn)) {
      throw new ScimError(400, 'invalidVers', `schemas[${i}]: SCIM 1.1 is not supported`);
    }
    throw invalidValue(`schemas[${i}]`, `no schema ${excerpt(urn)} for a ${type.name}`);
  }
  if (!schemas.some((urn) => typeof urn === 'string' && sameUrn(urn, type.schema.id))) {
    throw invalidValue('schemas', `expected ${type.schema.id} among them`);
  }
}

function readExtensions(type: ResourceType, body: JsonObject, reading: Reading): JsonObject {
  const result: Record<string, JsonValue> = {};
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(body)) {
    const extension = extensionNamed(type, key);
    if (!extension) continue;
    const { id } = extension;
    if (seen.has(id)) {
      throw new ScimError(400, 'invalidSyntax', `${id}: given more than once`);
    }
    seen.add(id);
    if (value === null) continue;
    if (!isObject(value)) throw invalidValue(id, 'expected an object');
    const read = readObject(extension.attributes, value, `${id}:`, reading);
    if (read) result[id] = read;
  }
  return result;
}
